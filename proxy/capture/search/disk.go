package search

import (
	"context"

	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
)

// scanner is what has blocks with filters: the disk behind memory, a session.
type scanner interface {
	Each(visit func(*flow.Row))
	ScanBlocks(ctx context.Context, literals []string, visit func(*flow.Exchange) bool) (history.Scanned, error)
}

// Blocks is a history or a session as a place to search.
type Blocks struct{ scanner }

// OnDisk makes it.
func OnDisk(of scanner) Blocks { return Blocks{of} }

// Scan visits the exchanges of the blocks that may have all texts of which there is no choice.
func (b Blocks) Scan(ctx context.Context, sets [][]string, visit func(*flow.Exchange)) (Scanned, error) {
	var literals []string
	for _, set := range sets {
		if len(set) == 1 {
			literals = append(literals, set[0])
		}
	}
	s, err := b.ScanBlocks(ctx, literals, func(x *flow.Exchange) bool {
		visit(x)
		return ctx.Err() == nil
	})
	return Scanned{Unreadable: s.Unreadable, Whole: s.Done && s.Unreadable == 0}, err
}
