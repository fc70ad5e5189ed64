package ui

import (
	"context"
	"slices"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"posthouse/app/sessions"
	"posthouse/ui/details"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// maxSessions bounds the sessions that are open together: each reads its file, and keeps 32
// bytes for each of its rows.
const maxSessions = 16

// tabs are Live and the sessions that were opened beside it. One of them is in sight: the
// window's parts show it and act on it (services.tab). They belong to the UI goroutine.
type tabs struct {
	w      *Window
	all    []*tab // Live first
	bar    *uiwidget.FileTabs
	object *fyne.Container // hidden while Live is alone
	hidden bool            // the window is

	mu      sync.Mutex
	closing map[string]chan struct{} // files that are being closed; each is closed when it is
}

func newTabs(w *Window) *tabs {
	s := &tabs{w: w, closing: map[string]chan struct{}{}}
	live := newTab(w.services, w.controller.Exchanges(), nil, w.take)
	s.all = []*tab{live}
	s.bar = uiwidget.NewFileTabs(func(i int) { s.show(s.all[i]) }, func(i int) { s.close(s.all[i]) })
	s.bar.Tip = w.tip.Hover
	s.object = container.New(layout.NewCustomPaddedLayout(2, 0, 4, 8), s.bar)
	s.object.Hide()
	w.tab = live
	w.inSight.Store(live.tiers)
	return s
}

// live is the tab of what passes now.
func (s *tabs) live() *tab { return s.all[0] }

// others are the tabs out of sight.
func (s *tabs) others() []*tab {
	return slices.DeleteFunc(slices.Clone(s.all), func(t *tab) bool { return t == s.w.tab })
}

// find is the tab of a file, nil for none.
func (s *tabs) find(path string) *tab {
	for _, t := range s.all[1:] {
		if t.opened.Path == path {
			return t
		}
	}
	return nil
}

// showFile shows the tab of a file, if there is one.
func (s *tabs) showFile(path string) bool {
	t := s.find(path)
	if t != nil {
		s.showFree(t)
	}
	return t != nil
}

// open adds a session, and shows it unless something lies over the window: a person is in the
// middle of that, and what it is about must not change.
func (s *tabs) open(o *sessions.Opened) {
	if t := s.find(o.Path); t != nil {
		s.discard(o)
		s.showFree(t)
		return
	}
	if len(s.all) > maxSessions {
		s.discard(o)
		s.w.inform("Posthouse", i18n.T("session.many", words.CountText(maxSessions)))
		return
	}
	t := newTab(s.w.services, o.Exchanges, o, s.w.take)
	s.all = append(s.all, t)
	t.feed.SetHidden(true)
	t.feed.Start()
	s.w.wantGroups()
	s.draw()
	s.showFree(t)
}

// showFree shows a tab, from any room, unless something lies over the window.
func (s *tabs) showFree(t *tab) {
	if !s.w.covered() {
		s.w.rooms.show(roomTraffic)
		s.show(t)
	}
}

// discard closes what is not shown.
func (s *tabs) discard(o *sessions.Opened) {
	s.w.work(func() func() {
		_ = o.Close() // nothing was written
		return func() {}
	})
}

// close takes a session away. Its goroutines end before its file is closed.
func (s *tabs) close(t *tab) {
	at := slices.Index(s.all, t)
	if at <= 0 || s.w.covered() {
		return
	}
	if t.opened.Unkept() && !t.forsaken {
		unkept{s.w}.closing(t)
		return
	}
	if t == s.w.tab {
		s.show(s.all[min(at+1, len(s.all)-1)])
		if t == s.w.tab {
			s.show(s.all[at-1])
		}
	}
	s.all = slices.Delete(s.all, at, at+1)
	t.closed = true
	s.w.rows.chosen.forget(t)
	s.draw()
	done := make(chan struct{})
	s.mu.Lock()
	s.closing[t.opened.Path] = done
	s.mu.Unlock()
	s.w.work(func() func() {
		t.feed.Stop()
		err := t.opened.Close()
		close(done)
		return func() {
			if err != nil {
				s.w.notices.answer(notice{source: source{kind: ofSession, what: t.opened.Path},
					text: i18n.T("session.failed", t.name(), words.ReasonText(err))})
			}
		}
	})
}

// settle waits until a file is no longer being closed: opened before, it would be taken for one
// that is in use. It is safe for concurrent use.
func (s *tabs) settle(ctx context.Context, path string) {
	s.mu.Lock()
	done := s.closing[path]
	delete(s.closing, path)
	s.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// closeAll ends what the tabs do; the app is about to end.
func (s *tabs) closeAll() {
	for _, t := range s.all {
		t.closed = true
		t.feed.Stop()
	}
}

// closeFiles closes the files after all has ended that may read them.
func (s *tabs) closeFiles() {
	for _, t := range s.all[1:] {
		_ = t.opened.Close() // there is no window left to say so
	}
}

// show has the window show a tab and leave the one in sight as it stands.
func (s *tabs) show(t *tab) {
	w, from := s.w, s.w.tab
	if t == from || t.closed {
		return
	}
	w.tip.Close()
	from.view, from.filter = w.list.View(), w.filter.text()
	s.live().feed.SetRated(!s.hidden)
	from.feed.SetHidden(true)
	from.feed.Watched.Store(0)
	w.tab = t
	w.inSight.Store(t.tiers)
	details.Turn(w.details, !t.live())
	w.filter.turn(t.filter, &t.last.Looks)
	w.side.Turn(t.groups, t.filter)
	t.feed.SetHidden(s.hidden)
	w.list.Turn(t.model, t.view)
	if t.live() {
		w.clearBtn.Enable()
	} else {
		w.clearBtn.Disable()
	}
	s.draw()
	w.showStatus()
	w.showEmpty()
	w.showSidebar()
	w.syncCommands()
}

// asLeft is how Live is looked at, or was when it was last in sight, and its filter.
func (s *tabs) asLeft() (view list.View, filter string) {
	if live := s.live(); live != s.w.tab {
		return live.view, live.filter
	}
	return s.w.list.View(), s.w.filter.text()
}

// draw shows the row of tabs.
func (s *tabs) draw() {
	var all []uiwidget.FileTab
	for _, t := range s.all {
		all = append(all, uiwidget.FileTab{Name: tabName(t), Tip: t.tip()})
	}
	s.bar.Set(all, slices.Index(s.all, s.w.tab))
	if shown := len(s.all) > 1; shown != s.object.Visible() {
		uiwidget.SetShown(s.object, shown)
		s.w.win.Content().Refresh()
	}
}

// setHidden slows all feeds down while nobody sees the window.
func (s *tabs) setHidden(hidden bool) {
	s.hidden = hidden
	s.live().feed.SetRated(!hidden)
	s.w.tab.feed.SetHidden(hidden)
}

// setGroups says what all feeds are to count.
func (s *tabs) setGroups(g feed.GroupsRequest) {
	for _, t := range s.all {
		t.feed.SetGroups(g)
	}
}

// step shows the tab behind the one in sight, or before it.
func (s *tabs) step(by int) {
	n := len(s.all)
	s.show(s.all[(slices.Index(s.all, s.w.tab)+by+n)%n])
}
