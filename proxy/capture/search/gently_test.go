package search

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// While somebody needs the processors, one exchange is looked at at a time; else none waits for another.
func TestGentlyLooksAtOneAtATime(t *testing.T) {
	q, err := query.ParseAnywhere("body:needle")
	if err != nil {
		t.Fatal(err)
	}
	for _, gently := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := &run{q: q, found: func(Hit) {}, gently: func() bool { return gently }, turn: make(chan struct{}, 1),
				bodies: make(chan *query.Bodies, 2), spaces: map[int]*known{0: {}}}
			r.bodies <- query.NewBodies(context.Background(), 0)
			r.bodies <- query.NewBodies(context.Background(), 0)
			r.turn <- struct{}{} // one is looked at
			var done atomic.Bool
			go func() {
				r.look(context.Background(), 0, &flow.Exchange{Row: flow.Row{ID: 1, Phase: flow.PhaseDone}})
				done.Store(true)
			}()
			synctest.Wait()
			if done.Load() == gently {
				t.Errorf("gently %v: done %v", gently, done.Load())
			}
			<-r.turn
			synctest.Wait()
			if !done.Load() {
				t.Error("it did not go on")
			}
		})
	}
}
