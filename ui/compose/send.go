package compose

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/app/compose"
	"posthouse/app/conversation"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// sendKey sends what is in sight; compareKey compares what came with what came before.
func sendKey() *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierShortcutDefault}
}

func compareKey() desktop.CustomShortcut {
	return desktop.CustomShortcut{KeyName: fyne.KeyJ, Modifier: fyne.KeyModifierShortcutDefault}
}

// Typed reports whether a shortcut is one of the room's.
func (r *Room) Typed(s fyne.Shortcut) bool {
	custom, ok := s.(*desktop.CustomShortcut)
	if !ok {
		return false
	}
	switch *custom {
	case *sendKey(), desktop.CustomShortcut{KeyName: fyne.KeyEnter, Modifier: fyne.KeyModifierShortcutDefault}:
		r.Sockets.Act()
		return true
	case compareKey():
		r.CompareLast()
		return true
	case desktop.CustomShortcut{KeyName: fyne.KeyLeft, Modifier: fyne.KeyModifierAlt}:
		r.response.step(-1)
		return true
	case desktop.CustomShortcut{KeyName: fyne.KeyRight, Modifier: fyne.KeyModifierAlt}:
		r.response.step(1)
		return true
	}
	return false
}

// typedHere is for entries: the room's keys, else the window's.
func (r *Room) typedHere(s fyne.Shortcut) {
	if !r.Typed(s) {
		r.deps.Shortcut(s)
	}
}

// Sending reports whether the request in sight is under way.
func (r *Room) Sending() bool { return r.now.sending() }

// Ready reports whether the request in sight can be sent.
func (r *Room) Ready() bool { return r.now.ready() }

// Send sends the request in sight, or cancels it while it is under way; see Stop.
func (r *Room) Send() {
	t := r.now
	switch {
	case t.sending():
		r.Sockets.stop(t)
		return
	case !t.ready():
		r.tell(i18n.T("compose.nowhere"))
		focusURL(r)
		return
	}
	t.notes = nil
	r.tell()
	ctx, cancel := context.WithCancel(r.deps.Context)
	t.cancel = cancel
	s := &sent{}
	if t.draft.WebSocket() {
		s.talk = conversation.New()
		if t.draft.FreshKey() {
			r.editor.Refresh()
			r.touch()
		}
	}
	t.add(s)
	d := t.draft.Clone()
	r.deps.Work(func() func() {
		defer cancel()
		result, err := r.carry(ctx, t, s, d)
		return func() { r.ended(t, s, result, err) }
	})
	r.line.showSend()
	r.response.show()
	r.deps.Changed()
}

// livePause is how often what arrives is looked at.
const livePause = 250 * time.Millisecond

// carry sends a draft and tells how it goes on. It is on a goroutine beside the UI's.
func (r *Room) carry(ctx context.Context, t *tab, s *sent, d *compose.Draft) (outgoing.Result, error) {
	m, files, err := d.Message()
	if err != nil {
		return outgoing.Result{}, err
	}
	defer closeRead(files)
	if s.talk != nil {
		return r.Sockets.converse(ctx, t, s, m)
	}
	sending, err := r.deps.Send(ctx, m)
	if err != nil {
		return outgoing.Result{}, err
	}
	select {
	case <-sending.Begun():
	case <-sending.Done():
	}
	if id := sending.ID(); id != 0 {
		r.deps.Do(func() { r.begun(t, s, id) })
	}
	var waiting atomic.Bool // for the UI goroutine to look
	tick := time.NewTicker(livePause)
	defer tick.Stop()
	for {
		select {
		case <-sending.Done():
			return sending.Wait(), nil
		case <-tick.C:
			if waiting.CompareAndSwap(false, true) {
				r.deps.Do(func() {
					waiting.Store(false)
					r.response.changed(s)
				})
			}
		}
	}
}

// closeRead closes what was but read.
func closeRead(c io.Closer) { _ = c.Close() }

func (r *Room) begun(t *tab, s *sent, id flow.ID) {
	s.id = id
	if r.now == t {
		r.response.show()
	}
}

func (r *Room) ended(t *tab, s *sent, result outgoing.Result, err error) {
	t.cancel = nil
	s.ended, s.problem = true, err
	if err == nil && result.Row.ID != 0 {
		s.id = result.Row.ID
	}
	s.hops = max(0, len(result.Hops)-1)
	if s.problem == nil {
		s.problem = result.Problem
	}
	if s.talk != nil {
		r.Sockets.hungUp(s)
	}
	if r.now == t {
		r.line.showSend()
		r.response.show()
		r.response.changed(s)
	}
	r.deps.Changed()
}

// CompareLast compares what is in sight with what came before it.
func (r *Room) CompareLast() {
	if r.Comparable() {
		t := r.now
		r.deps.Compare(t.sends[t.at-1].id, t.sends[t.at].id)
	}
}

// Comparable reports whether CompareLast has two to compare.
func (r *Room) Comparable() bool {
	t := r.now
	return t.at > 0 && t.at < len(t.sends) && t.sends[t.at].id != 0 && t.sends[t.at-1].id != 0
}

// errorText is an error in the window's language.
func errorText(err error) string { return words.ReasonText(err) }

func reasonText(why flow.Reason) string { return words.Reason(why) }
