package history

import (
	"context"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// Judge is as that of History.
func (s *Session) Judge(q *query.Query, below flow.ID, max int) (rows []Judged) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.list()
	to := s.from(below)
	for _, at := range all[to-min(to, max) : to] {
		if row, ok := s.row(at); ok {
			rows = append(rows, Judged{row.ID, &row, q.Row(&row), hides(row.Kind, &row)})
		}
	}
	return rows
}

// JudgeAll is as that of History.
func (s *Session) JudgeAll(ctx context.Context, q *query.Query, visit func(*Judged)) {
	s.Each(func(row *flow.Row) {
		if ctx.Err() == nil {
			visit(&Judged{row.ID, row, q.Row(row), hides(row.Kind, row)})
		}
	})
}
