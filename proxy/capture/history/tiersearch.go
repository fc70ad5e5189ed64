package history

import (
	"context"

	"posthouse/proxy/flow"
)

// ScanBlocks visits the exchanges of the disk that may hold every one of the literals, but
// for those that are not shown; see History.ScanBlocks. Without a disk there are none.
func (t *Tiers) ScanBlocks(ctx context.Context, literals []string, visit func(*flow.Exchange) bool) (Scanned, error) {
	a := t.disk.Load()
	if a == nil {
		return Scanned{Done: true}, nil
	}
	disk, ok := a.Disk.(interface {
		ScanBlocks(context.Context, []string, func(*flow.Exchange) bool) (Scanned, error)
	})
	if !ok {
		return Scanned{}, nil
	}
	return disk.ScanBlocks(ctx, literals, func(x *flow.Exchange) bool { return !a.has(x.ID) || visit(x) })
}
