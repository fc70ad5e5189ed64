package ui

import (
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/ui/feed"
	"posthouse/ui/uitest"
)

// What a feed prepares first can be taken before the toolkit runs, and is taken once.
func TestTheFirstRowsAreTakenBeforeTheToolkitRuns(t *testing.T) {
	store := capture.New(capture.Options{})
	uitest.Record(store, "a.test", "/", 200)
	queue := make(chan func(), 16)
	var totals []int
	live := newTab(&services{do: func(f func()) { queue <- f }}, history.NewTiers(store), nil, func(t *tab, u *feed.Update) {
		totals = append(totals, u.Total)
	})
	live.feed.Start()
	defer live.feed.Stop()
	live.await()()
	if len(totals) != 1 || totals[0] != 1 {
		t.Fatalf("taken with %v rows", totals)
	}
	live.await()() // there is nothing to wait for any more
	if (<-queue)(); len(totals) != 1 {
		t.Errorf("taken again: %v", totals)
	}
}
