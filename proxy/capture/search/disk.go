package search

import (
	"context"

	"posthouse/proxy/capture/history"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// scanner is what has blocks with filters: the disk behind memory, a session.
type scanner interface {
	JudgeAll(ctx context.Context, q *query.Query, visit func(*history.Judged))
	Row(flow.ID) (flow.Row, bool)
	ScanBlocks(ctx context.Context, sets [][]string, visit func(*flow.Exchange) bool) (history.Scanned, error)
}

// Blocks is a history or a session as a place to search.
type Blocks struct{ scanner }

// OnDisk makes it.
func OnDisk(of scanner) Blocks { return Blocks{of} }

// Judge has a query judge all rows.
func (b Blocks) Judge(ctx context.Context, q *query.Query, visit func(*history.Judged)) {
	b.JudgeAll(ctx, q, visit)
}

// Scan visits the exchanges of the blocks that may have one text of each set.
func (b Blocks) Scan(ctx context.Context, sets [][]string, visit func(*flow.Exchange)) (Scanned, error) {
	s, err := b.ScanBlocks(ctx, sets, func(x *flow.Exchange) bool {
		visit(x)
		return ctx.Err() == nil
	})
	return Scanned{Unreadable: s.Unreadable, Whole: s.Done && s.Unreadable == 0}, err
}
