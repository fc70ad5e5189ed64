package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"posthouse/app/settings"
	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
)

// keeping is a controller whose history lies in a folder.
func keeping(t *testing.T, dir, keep string) *Controller {
	t.Helper()
	s := settings.Default()
	s.Proxy.Port, s.History.Keep = 0, keep
	c := New(Options{Settings: &s, HistoryDir: dir})
	<-c.history.ready
	t.Cleanup(func() { quit(t, c) })
	return c
}

func quit(t *testing.T, c *Controller) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
}

func recordOne(s *capture.Store) flow.ID {
	r := s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte("GET http://a.test/ HTTP/1.1\r\n\r\n")})
	id := r.ID()
	r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
	return id
}

func onDisk(t *testing.T, c *Controller, n uint64) {
	t.Helper()
	eventually.Holds(t, "the history is as it should be", func() bool { s := c.History().Status(); return s.Stats.Rows == n })
}

// lock keeps a history open as another process would.
func lock(t *testing.T, dir string) *history.History {
	t.Helper()
	h, err := history.Open(history.Options{Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHistoryIsThereTomorrow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	c := keeping(t, dir, "7d")
	first := recordOne(c.Store())
	quit(t, c)
	c = keeping(t, dir, "7d")
	if s := c.History().Status(); !s.On || s.Left != 0 || s.Before != first {
		t.Fatalf("%+v", s)
	}
	if _, ok := c.Exchanges().Row(first); !ok {
		t.Error("what was recorded yesterday is not there")
	}
	if id := recordOne(c.Store()); id <= first {
		t.Errorf("ID %d is given after %d", id, first)
	}
}

func TestUntilQuitKeepsNothingButMarksOverQuit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	c := keeping(t, dir, settings.KeepUntilQuit)
	first, second := recordOne(c.Store()), recordOne(c.Store())
	if !c.Exchanges().Annotate(second, flow.Annotation{Star: true}) {
		t.Fatal("no star")
	}
	quit(t, c)
	c = keeping(t, dir, settings.KeepUntilQuit)
	if s := c.History().Status(); s.Left != 0 {
		t.Errorf("%d are offered after a clean end", s.Left)
	}
	if _, ok := c.Exchanges().Row(first); ok {
		t.Error("it is still there")
	}
	if row, ok := c.Exchanges().Row(second); !ok || !row.Star {
		t.Error("the star is gone")
	}
}

// A run that did not end by itself leaves what it recorded, and a person is asked.
func TestWhatACrashLeftIsOffered(t *testing.T) {
	for _, show := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "history")
		first := crashed(t, dir)
		c := keeping(t, dir, settings.KeepUntilQuit)
		if s := c.History().Status(); s.Left != 1 {
			t.Fatalf("%d are offered", s.Left)
		}
		if _, ok := c.Exchanges().Row(first); ok {
			t.Error("it is shown before anybody said so")
		}
		second := recordOne(c.Store())
		if show {
			c.History().ShowLeft()
		} else if err := c.History().DiscardLeft(); err != nil {
			t.Fatal(err)
		}
		if _, ok := c.Exchanges().Row(first); ok != show {
			t.Errorf("shown %v, it is there: %v", show, ok)
		}
		if _, ok := c.Exchanges().Row(second); !ok || c.History().Status().Left != 0 {
			t.Error("the new one is gone, or it is offered again")
		}
		quit(t, c)
	}
}

// crashed leaves one exchange of a run that was to keep nothing over its end.
func crashed(t *testing.T, dir string) flow.ID {
	t.Helper()
	h := lock(t, dir)
	s := capture.New(capture.Options{FirstID: h.LastID() + 1})
	if err := h.SetUnkept(h.LastID() + 1); err != nil {
		t.Fatal(err)
	}
	h.Follow(s)
	id := recordOne(s)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	return id
}

// A run that keeps nothing over its end removes what it recorded itself, and what another such
// one has left, but not what days keep: that stays, is listed, and is there for the next.
func TestUntilQuitLeavesWhatDaysKeep(t *testing.T) {
	for _, crash := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "history")
		c := keeping(t, dir, "7d")
		kept := recordOne(c.Store())
		quit(t, c)
		left := flow.ID(0)
		if crash {
			left = crashed(t, dir)
		}
		c = keeping(t, dir, settings.KeepUntilQuit)
		if s := c.History().Status(); crash != (s.Left == 1) || s.Left > 1 {
			t.Errorf("%d are offered", s.Left)
		}
		if _, ok := c.Exchanges().Row(kept); !ok {
			t.Error("what days keep is not listed")
		}
		if _, ok := c.Exchanges().Row(left); ok {
			t.Error("what a crash has left is listed")
		}
		own := recordOne(c.Store())
		if crash {
			if err := c.History().DiscardLeft(); err != nil {
				t.Fatal(err)
			}
			onDisk(t, c, 2)
		}
		quit(t, c)
		c = keeping(t, dir, "7d")
		onDisk(t, c, 1)
		if _, ok := c.Exchanges().Row(kept); !ok {
			t.Error("what days keep is gone")
		}
		if _, ok := c.Exchanges().Row(own); ok {
			t.Error("what was to be kept until quit is there")
		}
		quit(t, c)
	}
}

// So it is where the setting changes while Posthouse runs.
func TestUntilQuitBeginsWhereItIsChosen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	c := keeping(t, dir, "7d")
	kept := recordOne(c.Store())
	if err := c.Change(func(s *settings.Settings) { s.History.Keep = settings.KeepUntilQuit }); err != nil {
		t.Fatal(err)
	}
	eventually.Holds(t, "the setting is in force", func() bool { return c.History().Status().Stats.Unkept > 0 })
	recordOne(c.Store())
	onDisk(t, c, 2)
	quit(t, c)
	c = keeping(t, dir, "7d")
	onDisk(t, c, 1)
	if _, ok := c.Exchanges().Row(kept); !ok {
		t.Error("what days keep is gone")
	}
}

func TestPrivateStretchesLeaveNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	c := keeping(t, dir, "7d")
	recordOne(c.Store())
	c.History().SetPrivate(true)
	private := recordOne(c.Store())
	c.History().SetPrivate(false)
	recordOne(c.Store())
	eventually.Holds(t, "the history is as it should be", func() bool { return c.History().Status().Stats.NotOnDisk.Private == 1 })
	quit(t, c)
	c = keeping(t, dir, "7d")
	onDisk(t, c, 2)
	if _, ok := c.Exchanges().Row(private); ok {
		t.Error("it is there")
	}
}

// A history that another one has, or that cannot be used, is said and stops nothing.
func TestHistoryThatCannotBeHad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	other := lock(t, dir)
	c := keeping(t, dir, "7d")
	var locked *history.LockedError
	if s := c.History().Status(); s.On || !errors.As(s.Err, &locked) {
		t.Fatalf("%+v", s)
	}
	c.Start()
	if _, err := c.Wait(t.Context(), func(s Status) bool { return s.State == Running }); err != nil {
		t.Fatal(err)
	}
	if id := recordOne(c.Store()); id == 0 {
		t.Error("nothing is recorded")
	}
	_ = other.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var unusable *history.UnusableError
	if s := keeping(t, filepath.Join(file, "history"), "7d").History().Status(); s.On || !errors.As(s.Err, &unusable) {
		t.Errorf("%+v", s)
	}
}

// The settings hold at run time.
func TestHistoryFollowsTheSettings(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	c := keeping(t, dir, settings.KeepNever)
	if s := c.History().Status(); s.On || s.Err != nil {
		t.Fatalf("%+v", s)
	}
	keep := func(keep string) {
		t.Helper()
		if err := c.Change(func(s *settings.Settings) { s.History.Keep, s.History.Budget = keep, 32<<20 }); err != nil {
			t.Fatal(err)
		}
	}
	keep("7d")
	eventually.Holds(t, "the history is as it should be", func() bool { return c.History().Status().On })
	recordOne(c.Store())
	onDisk(t, c, 1)
	if s := c.History().Status(); s.Stats.Budget != 32<<20 {
		t.Errorf("the budget is %d", s.Stats.Budget)
	}
	keep(settings.KeepNever)
	eventually.Holds(t, "the history is as it should be", func() bool { return !c.History().Status().On })
	keep("7d") // of days nothing is removed
	eventually.Holds(t, "the history is as it should be", func() bool { return c.History().Status().Stats.Rows == 1 })
	keep(settings.KeepUntilQuit)
	eventually.Holds(t, "the setting is in force", func() bool { return c.History().Status().Stats.Unkept > 0 })
	recordOne(c.Store())
	onDisk(t, c, 2)
	keep(settings.KeepNever)
	eventually.Holds(t, "the history is as it should be", func() bool { return !c.History().Status().On })
	h := lock(t, dir)
	defer h.Close()
	if n := h.Stats().Rows; n != 1 {
		t.Errorf("%d are left, not what days keep alone", n)
	}
}

// A history that is being opened without end, or closed, does not keep the end from coming.
func TestTheEndDoesNotWaitForAHistoryWithoutEnd(t *testing.T) {
	c := keeping(t, "", settings.KeepNever)
	for _, opened := range []bool{false, true} {
		h := newHistory(c, t.TempDir()) // its goroutine stands still: there is none
		h.waits = [2]time.Duration{time.Hour, time.Hour}
		if opened {
			close(h.ready)
			h.waits[1] = time.Millisecond
		} else {
			h.waits[0] = time.Millisecond
		}
		closed := make(chan struct{})
		go func() {
			h.close()
			close(closed)
		}()
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Fatalf("it waits; opened: %v", opened)
		}
	}
}
