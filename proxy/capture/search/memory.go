package search

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// Memory is a store as a place to search.
type Memory struct{ *capture.Store }

// Judge has a query judge all rows.
func (m Memory) Judge(ctx context.Context, q *query.Query, visit func(*history.Judged)) {
	m.Each(func(row *flow.Row) {
		if ctx.Err() == nil {
			visit(&history.Judged{ID: row.ID, Alike: row, Result: q.Row(row)}) // what is hidden is seen when it is visited
		}
	})
}

// Scan visits all exchanges, the newest first: there are no filters in memory.
func (m Memory) Scan(ctx context.Context, _ [][]string, visit func(*flow.Exchange)) (s Scanned, _ error) {
	var ids []flow.ID
	m.Each(func(row *flow.Row) { ids = append(ids, row.ID) })
	slices.Sort(ids)
	var next, gone atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1))
				if i > len(ids) {
					return
				}
				x, ok := m.Get(ids[len(ids)-i])
				if !ok {
					gone.Add(1)
					continue
				}
				visit(&x)
				runtime.Gosched() // who waits for a processor, such as the window, has it first
			}
		})
	}
	all.Wait()
	s.Left = gone.Load() > 0
	s.Whole = !s.Left
	return s, nil
}
