package search

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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

// Who looks gently rests for most of the time, but never long, and not at all once the search is called off.
func TestGentlyRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &run{turn: make(chan struct{}, 1)}
		ctx, cancel := context.WithCancel(context.Background())
		for _, c := range []struct{ worked, rest time.Duration }{
			{gentleWork / 2, 0},
			{gentleWork / 2, gentleRest * gentleWork}, // with what was worked before
			{gentleWork - 1, 0},
			{time.Hour, longestRest},
			{0, 0},
		} {
			r.turn <- struct{}{}
			begun := time.Now()
			r.rest(ctx, c.worked)
			if rested := time.Since(begun); rested != c.rest {
				t.Errorf("after %v of work it rests %v, not %v", c.worked, rested, c.rest)
			}
			if len(r.turn) != 0 {
				t.Fatal("the turn is not given back")
			}
		}
		cancel()
		r.turn <- struct{}{}
		begun := time.Now()
		if r.rest(ctx, time.Hour); time.Since(begun) != 0 {
			t.Error("a search that was called off rests")
		}
	})
}
