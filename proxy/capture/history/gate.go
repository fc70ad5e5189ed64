package history

import (
	"context"
	"sync"
)

// gate lets readers in until it is shut.
type gate struct {
	ctx    context.Context // ends when it is shut
	cancel context.CancelFunc

	mu    *sync.Mutex
	last  *sync.Cond // the last reader has left
	count int
}

func newGate() gate {
	ctx, cancel := context.WithCancel(context.Background())
	mu := &sync.Mutex{}
	return gate{ctx: ctx, cancel: cancel, mu: mu, last: sync.NewCond(mu)}
}

// enter reports whether a reader may go in; it leaves after that.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ctx.Err() != nil {
		return false
	}
	g.count++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.count--; g.count == 0 {
		g.last.Broadcast()
	}
}

// shut lets no more in and waits until all have left; it reports whether it was open.
func (g *gate) shut() (open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	open = g.ctx.Err() == nil
	g.cancel()
	for g.count > 0 {
		g.last.Wait()
	}
	return open
}
