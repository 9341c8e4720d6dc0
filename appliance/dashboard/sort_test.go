package dashboard

import (
	"fmt"
	"testing"

	"flowhq"
)

func BenchmarkSortSummaries(b *testing.B) {
	summaries := make([]flowhq.TenantSummary, 10_000)
	for i := range summaries {
		summaries[i] = flowhq.TenantSummary{ID: fmt.Sprint(i), Name: fmt.Sprintf("Duka %05d", (i*7919)%len(summaries)),
			Status: flowhq.TenantActive}
	}
	for b.Loop() {
		picked := make([]*flowhq.TenantSummary, len(summaries))
		for i := range summaries {
			picked[i] = &summaries[i]
		}
		sortSummaries(picked, flowhq.OrderUrgency, false)
	}
}
