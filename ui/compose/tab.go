package compose

import (
	"context"
	"strings"

	"posthouse/app/compose"
	"posthouse/app/conversation"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"

	"fyne.io/fyne/v2"
)

// tab is a request that is written, and what came of sending it.
type tab struct {
	draft  *compose.Draft
	sends  []*sent // the newest last; at most maxSends
	at     int     // of them in sight
	cancel context.CancelFunc
	undo   *compose.Draft // what a paste replaced, until something is edited
	notes  []string       // what is to be known of what was pasted
}

// sent is one sending.
type sent struct {
	id      flow.ID // 0 until it has a row
	ended   bool
	problem error // why it was not sent
	hops    int   // redirects that were followed

	talk      *conversation.Conversation // over the WebSocket that it opens; nil for none
	phase     conversation.Phase         // that is shown
	handshake bool                       // a person looks at its handshake, not at its messages
	forgot    bool                       // its messages are no longer kept
}

const (
	maxSends  = 100 // that a tab remembers
	maxClosed = 8   // tabs that can be had back
)

// sending reports whether something is under way.
func (t *tab) sending() bool { return t.cancel != nil }

// inSight is the sending in sight, nil for none.
func (t *tab) inSight() *sent {
	if t.at < 0 || t.at >= len(t.sends) {
		return nil
	}
	return t.sends[t.at]
}

func (t *tab) add(s *sent) {
	t.sends = append(t.sends, s)
	if len(t.sends) > maxSends {
		t.sends = append([]*sent(nil), t.sends[1:]...)
	}
	t.at = len(t.sends) - 1
}

// addEnded adds one that has ended. What is under way stays the newest.
func (t *tab) addEnded(s *sent) {
	if !t.sending() {
		t.add(s)
		return
	}
	n := len(t.sends) - 1
	live := t.sends[n]
	t.sends[n] = s
	t.add(live)
}

// nameWidth bounds the name of a tab, in pixels.
const nameWidth = 200

// name is what the tab is called.
func (t *tab) name() string {
	title := t.draft.Title()
	if title == "" {
		return i18n.T("compose.untitled")
	}
	return uiwidget.CutMiddle(visible.Text(strings.ToValidUTF8(title[:min(len(title), 400)], "")), nameWidth, func(text string) float32 {
		return fyne.MeasureText(text, style.MonoSize, fyne.TextStyle{Bold: true}).Width
	})
}
