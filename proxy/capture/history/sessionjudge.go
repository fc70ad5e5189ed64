package history

import (
	"context"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// Judge is as that of History.
func (s *Session) Judge(q *query.Query, below flow.ID, max int) (rows []Judged, next flow.ID) {
	if !s.readers.enter() {
		return nil, 0
	}
	defer s.readers.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.list()
	to := s.from(below)
	all = all[to-min(to, max) : to]
	if to > len(all) {
		next = all[0].id
	}
	for _, at := range all {
		if row, ok := s.row(at); ok {
			rows = append(rows, Judged{row.ID, &row, q.Row(&row), hidden(query.AllFields, row.Kind, &row)})
		}
	}
	return rows, next
}

// JudgeAll is as that of History.
func (s *Session) JudgeAll(ctx context.Context, q *query.Query, visit func(*Judged)) {
	s.Each(func(row *flow.Row) {
		if ctx.Err() == nil {
			visit(&Judged{row.ID, row, q.Row(row), hidden(query.AllFields, row.Kind, row)})
		}
	})
}
