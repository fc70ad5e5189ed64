package ui

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/ui/i18n"
)

// Good news goes after a while, not from under the pointer, and takes nothing else with it.
func TestGoodNewsGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ui sync.Mutex // is what the UI goroutine is elsewhere
		do := func(f func()) {
			ui.Lock()
			defer ui.Unlock()
			f()
		}
		gone, busy := 0, false
		g := goodNews{after: goodNewsTime, busy: func() bool { return busy }}
		show := func(good bool) { do(func() { g.shown(good, do, func() { gone++ }) }) }
		pass := func(d time.Duration, want int, what string) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			do(func() {
				if gone != want {
					t.Errorf("%s: %d went", what, gone)
				}
			})
		}
		show(true)
		pass(goodNewsTime-1, 0, "just before")
		pass(1, 1, "at its time")
		show(true)
		pass(goodNewsTime/2, 1, "half of its time")
		show(false)
		pass(10*goodNewsTime, 1, "a warning in its place")
		do(func() { busy = true })
		show(true)
		pass(3*goodNewsTime, 1, "the pointer rests on the rows")
		do(func() { busy = false })
		pass(goodNewsPause, 2, "the pointer has left them")
		show(true)
		do(g.stop)
		pass(10*goodNewsTime, 2, "the window is closed")
	})
}

// The banner is empty then, or has what was covered.
func TestTheBannerLosesGoodNews(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.notices.good.after = time.Millisecond
	w.notices.answer(notice{source: source{kind: ofComparing}, good: true, text: "well done"})
	if w.said() != "well done" {
		t.Fatalf("it says %q", w.said())
	}
	w.until("it is gone", func() bool { return !w.notices.banner.Object.Visible() })
	w.notices.trayGone = true
	w.notices.answer(notice{source: source{kind: ofComparing}, good: true, text: "well done"})
	w.until("what was covered is said", func() bool {
		return w.notices.banner.Object.Visible() && w.said() == i18n.T("news.tray")
	})
}

// What is to be done next is no longer asked for when it has been done.
func TestComparingEndsItsNotice(t *testing.T) {
	w := openFilled(t, windowOptions{})
	w.selectFirst(1)
	w.commands.table.Run(w.commands.table.Find("compare.choose"))
	if !strings.Contains(w.said(), compareKey().Text()) {
		t.Fatalf("it says %q", w.said())
	}
	w.list.SelectID(w.model.At(2))
	w.commands.table.Run(w.commands.table.Find("compare"))
	w.until("they are compared", w.covered)
	if w.notices.banner.Object.Visible() {
		t.Errorf("it says %q", w.said())
	}
}
