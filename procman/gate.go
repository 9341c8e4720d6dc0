package procman

import (
	"container/heap"
	"sync"
)

// gate bounds the number of simultaneous starts. Higher priority comes first;
// among equals, a process that ran before (one that crashed does not wait behind
// 500 that start for the first time); then the order of asking.
type gate struct {
	mu    sync.Mutex
	free  int
	seq   uint64
	queue ticketQueue
}

// ticket is a place in the queue; ready is closed when it is admitted.
type ticket struct {
	g        *gate
	priority int
	again    bool
	seq      uint64
	index    int
	ready    chan struct{}
	done     bool
}

func newGate(n int) *gate { return &gate{free: n} }

func (g *gate) enter(priority int, again bool) *ticket {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seq++
	t := &ticket{g: g, priority: priority, again: again, seq: g.seq, index: -1, ready: make(chan struct{})}
	heap.Push(&g.queue, t)
	g.admit()
	return t
}

func (g *gate) admit() {
	for g.free > 0 && len(g.queue) > 0 {
		g.free--
		t, _ := heap.Pop(&g.queue).(*ticket)
		close(t.ready)
	}
}

// leave gives back the slot, or the place in the queue; it may be called more than once.
func (t *ticket) leave() {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	if t.done {
		return
	}
	t.done = true
	if t.index >= 0 {
		heap.Remove(&t.g.queue, t.index)
		return
	}
	t.g.free++
	t.g.admit()
}

type ticketQueue []*ticket

func (q ticketQueue) Len() int { return len(q) }

func (q ticketQueue) Less(i, j int) bool {
	if q[i].priority != q[j].priority {
		return q[i].priority > q[j].priority
	}
	if q[i].again != q[j].again {
		return q[i].again
	}
	return q[i].seq < q[j].seq
}

func (q ticketQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *ticketQueue) Push(x any) {
	t, _ := x.(*ticket)
	t.index = len(*q)
	*q = append(*q, t)
}

func (q *ticketQueue) Pop() any {
	old := *q
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	t.index = -1
	return t
}
