package dashboard

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"flowhq"
)

// pageLength is how many summaries a page of the list has where nothing is asked for.
const pageLength = 50

// Board lists tenants with the figures of the day, in the asked order, one page of them.
func (s *Summaries) Board(ctx context.Context, q flowhq.BoardQuery) (flowhq.Board, error) {
	summaries, err := s.All(ctx)
	if err != nil {
		return flowhq.Board{}, err
	}
	b := flowhq.Board{
		All: len(summaries), Counts: map[flowhq.TenantStatus]int{},
		Length: cmp.Or(min(max(q.Length, 0), flowhq.MaxLimit), pageLength),
	}
	wanted := searchFor(q.Query)
	var picked []*flowhq.TenantSummary // a summary is too large to be moved about
	for i := range summaries {
		t := &summaries[i]
		if !wanted.matches(t) {
			continue
		}
		b.Found++
		b.Counts[t.Status]++
		if q.Status == "" || t.Status == q.Status {
			picked = append(picked, t)
		}
	}
	sortSummaries(picked, q.Order, q.Back)
	b.Pages = max(1, (len(picked)+b.Length-1)/b.Length)
	b.Page = min(max(q.Page, 1), b.Pages)
	for _, t := range picked[min((b.Page-1)*b.Length, len(picked)):min(b.Page*b.Length, len(picked))] {
		shown := *t
		s.measure(&shown)
		b.Summaries = append(b.Summaries, shown)
	}
	return b, nil
}

// search is what a list is searched for.
type search struct{ text, digits string }

func searchFor(query string) search {
	text := strings.ToLower(strings.TrimSpace(query))
	return search{text, strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(text)}
}

func (q search) matches(l *flowhq.TenantSummary) bool {
	return q.text == "" || strings.Contains(strings.ToLower(l.Name), q.text) ||
		strings.Contains(strings.ToLower(l.BusinessName), q.text) ||
		strings.Contains(l.PhoneNumber, q.digits) || l.ID == q.text
}

// sortSummaries puts summaries into an order; what is equal in it goes by name, then by id.
func sortSummaries(summaries []*flowhq.TenantSummary, order flowhq.SummaryOrder, back bool) {
	type named struct {
		*flowhq.TenantSummary
		name string // in lower case, once for each summary and not for each comparison
	}
	all := make([]named, len(summaries))
	for i, l := range summaries {
		all[i] = named{l, strings.ToLower(l.Name)}
	}
	slices.SortFunc(all, func(x, y named) int {
		c := 0
		if order == flowhq.OrderName {
			c = strings.Compare(x.name, y.name)
		} else {
			c = compareSummaries(x.TenantSummary, y.TenantSummary, order)
		}
		if back {
			c = -c
		}
		if c == 0 { // not by cmp.Or, which would compare all three each time
			c = strings.Compare(x.name, y.name)
		}
		if c == 0 {
			c = strings.Compare(x.ID, y.ID)
		}
		return c
	})
	for i, l := range all {
		summaries[i] = l.TenantSummary
	}
}

// compareSummaries compares by every order but that by name.
func compareSummaries(x, y *flowhq.TenantSummary, order flowhq.SummaryOrder) int {
	switch order {
	case flowhq.OrderNewest:
		return y.CreatedAt.Compare(x.CreatedAt)
	case flowhq.OrderMessages:
		return cmp.Compare(y.Received+y.Sent, x.Received+x.Sent)
	case flowhq.OrderRequests:
		return cmp.Compare(y.OpenRequests, x.OpenRequests)
	case flowhq.OrderHeard:
		return heard(x).Compare(heard(y))
	case flowhq.OrderMemory:
		return cmp.Compare(y.Memory, x.Memory)
	default:
		return cmp.Compare(urgency(x), urgency(y))
	}
}

func heard(l *flowhq.TenantSummary) time.Time {
	if l.HeardAt == nil {
		return time.Time{}
	}
	return *l.HeardAt
}

// urgency is lower the sooner a person should look.
func urgency(l *flowhq.TenantSummary) int {
	switch {
	case l.Status == flowhq.TenantError:
		return 0
	case l.Phase.Failing() && l.Status != flowhq.TenantPaused:
		return 1
	case l.Status == flowhq.TenantQRPending:
		return 2
	case l.Status == flowhq.TenantActive && l.DesiredState != flowhq.DesiredRunning:
		return 3
	case l.Status == flowhq.TenantNew:
		return 4
	case l.Status == flowhq.TenantActive:
		return 5
	default:
		return 6
	}
}
