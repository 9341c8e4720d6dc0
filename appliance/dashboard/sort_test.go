package dashboard

import (
	"fmt"
	"testing"

	"flowhq"
)

func BenchmarkSortLines(b *testing.B) {
	lines := make([]flowhq.TenantSummary, 10_000)
	for i := range lines {
		lines[i] = flowhq.TenantSummary{ID: fmt.Sprint(i), Name: fmt.Sprintf("Duka %05d", (i*7919)%len(lines)), Status: flowhq.TenantActive}
	}
	for b.Loop() {
		picked := make([]*flowhq.TenantSummary, len(lines))
		for i := range lines {
			picked[i] = &lines[i]
		}
		sortLines(picked, flowhq.OrderUrgency, false)
	}
}
