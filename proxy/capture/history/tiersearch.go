package history

import (
	"context"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// ScanBlocks visits the exchanges of the disk that may have what is looked for, but for those that
// are not shown; see History.ScanBlocks. Without a disk there are none.
func (t *Tiers) ScanBlocks(ctx context.Context, sets [][]string, visit func(*flow.Exchange) bool) (Scanned, error) {
	a := t.disk.Load()
	if a == nil {
		return Scanned{Done: true}, nil
	}
	disk, ok := a.Disk.(interface {
		ScanBlocks(context.Context, [][]string, func(*flow.Exchange) bool) (Scanned, error)
	})
	if !ok {
		return Scanned{}, nil
	}
	return disk.ScanBlocks(ctx, sets, func(x *flow.Exchange) bool { return !a.has(x.ID) || visit(x) })
}

// JudgeAll has a query judge all rows of the disk, but for those that are not shown; see
// History.JudgeAll.
func (t *Tiers) JudgeAll(ctx context.Context, q *query.Query, visit func(*Judged)) {
	a := t.disk.Load()
	if a == nil {
		return
	}
	if disk, ok := a.Disk.(interface {
		JudgeAll(context.Context, *query.Query, func(*Judged))
	}); ok {
		disk.JudgeAll(ctx, q, func(j *Judged) {
			if a.has(j.ID) {
				visit(j)
			}
		})
	}
}
