package ui

import (
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/app/sessions"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// tab is a list of exchanges with how it is looked at: what passes now, or a session that was
// opened. Each has its own feed, which goes on more slowly out of sight. It belongs to the UI
// goroutine, but for the rows.
type tab struct {
	opened *sessions.Opened // nil: Live
	tiers  *history.Tiers
	model  *feed.Model
	feed   *feed.Feed
	last   feed.Update
	groups *feed.GroupsView // what the sidebar showed last
	first  chan func()      // takes what its feed prepared first; nil: that was waited for
	closed bool             // what its feed still tells is passed over

	forsaken   bool // what its file does not keep may go
	saidUnkept bool // that its file does not keep what is said about its rows

	// How it was left, while another is in sight.
	view   list.View
	filter string
}

// newTab makes a tab; take gets what its feed prepared, on the UI goroutine.
func newTab(s *services, tiers *history.Tiers, opened *sessions.Opened, take func(*tab, *feed.Update)) *tab {
	first := make(chan func(), 1)
	t := &tab{opened: opened, tiers: tiers, model: feed.NewModel(tiers, list.SortKeys), view: list.Still(), first: first}
	offered := false
	t.feed = feed.New(tiers.Memory(), t.model, func(u feed.Update) {
		show := func() { take(t, &u) }
		if !offered {
			offered, show = true, sync.OnceFunc(show)
			first <- show
		}
		s.do(show)
	})
	return t
}

// firstPatience bounds what a window that is about to be shown waits for its first rows.
const firstPatience = 100 * time.Millisecond

// await takes what the feed prepared first, before the toolkit runs: rows stand in the first picture then,
// and none is painted without. The feed rests until seen is called.
func (t *tab) await() (seen func()) {
	if t.first == nil {
		return t.feed.Hold()
	}
	late := time.NewTimer(firstPatience)
	defer late.Stop()
	select {
	case show := <-t.first:
		show()
	case <-late.C:
	}
	t.first = nil
	return t.feed.Hold()
}

// live reports whether it is what passes now.
func (t *tab) live() bool { return t.opened == nil }

// took keeps what the feed prepared; see row for what becomes of programs.
func (t *tab) took(u *feed.Update) {
	t.last = *u
	if u.Groups == nil {
		return
	}
	t.groups = u.Groups
	if !t.live() {
		for i := range t.groups.Apps.Names {
			t.groups.Apps.Names[i].Programs = nil
		}
	}
}

// row is a row as it is drawn in this tab: a file may name any program as the one that asked,
// and its icon is not looked for on this computer.
func (t *tab) row(r flow.Row) flow.Row {
	if !t.live() {
		r.AppPath = ""
	}
	return r
}

// nameWidth bounds the name of a session in a line of text, in pixels.
const nameWidth = 260

// name is what a session is called in a line of text.
func (t *tab) name() string {
	return uiwidget.CutMiddle(words.VisibleText(t.opened.Name), nameWidth, func(text string) float32 {
		return fyne.MeasureText(text, style.TextSize, fyne.TextStyle{}).Width
	})
}

// tip is what resting on a session's tab says.
func (t *tab) tip() string {
	if t.live() {
		return i18n.T("session.live.tip")
	}
	return strings.Join(append([]string{t.opened.Path}, t.notes()...), "\n")
}

// marks are the few words for notes that the status bar has room for.
func (t *tab) marks() (all []string) {
	if t.opened.Problem != nil {
		all = append(all, i18n.T("status.session.broken"))
	}
	if t.opened.ReadOnly {
		all = append(all, i18n.T("status.session.readonly"))
	}
	return all
}

// notes are what is to be known of a session beside its rows.
func (t *tab) notes() (all []string) {
	if t.opened.Problem != nil {
		all = append(all, i18n.T("session.problem", words.ReasonText(t.opened.Problem)))
	}
	if t.opened.ReadOnly {
		all = append(all, i18n.T("session.readonly"))
	}
	return all
}
