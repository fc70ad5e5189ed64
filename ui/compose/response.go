package compose

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/conversation"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// responsePane shows what came of a sending, with the details of Traffic, and leads through
// the sendings of the tab.
type responsePane struct {
	room    *Room
	details *details.Details
	title   *uiwidget.CutLabel
	before  *uiwidget.BarButton
	after   *uiwidget.BarButton
	compare *uiwidget.BarButton
	reveal  *uiwidget.BarButton
	hint    *widget.Label
	empty   fyne.CanvasObject
	object  fyne.CanvasObject

	socket *socketPane
	pages  *uiwidget.TabBar // messages or handshake
	turns  fyne.CanvasObject
	filled bool // the page is being shown: no person chose it
}

// The pages of a WebSocket.
const (
	pageMessages = iota
	pageHandshake
)

func newResponsePane(r *Room) *responsePane {
	p := &responsePane{room: r, details: details.New(r.deps.Details), title: uiwidget.NewCutLabel(theme.ColorNameForeground)}
	p.before = uiwidget.NewBarButton(theme.NavigateBackIcon(), func() { p.step(-1) })
	p.after = uiwidget.NewBarButton(theme.NavigateNextIcon(), func() { p.step(1) })
	p.compare = uiwidget.NewBarButton(nil, r.CompareLast)
	p.reveal = uiwidget.NewBarButton(nil, func() {
		if s := r.now.inSight(); s != nil && s.id != 0 {
			r.deps.Reveal(s.id)
		}
	})
	p.hint = widget.NewLabel("")
	p.hint.Wrapping, p.hint.Alignment = fyne.TextWrapWord, fyne.TextAlignCenter
	p.empty = container.NewStack(uiwidget.NewShade(theme.ColorNameInputBackground),
		container.NewVBox(layout.NewSpacer(), p.hint, layout.NewSpacer()))
	p.details.Tabs.Choose(details.TabResponse)
	p.socket = newSocketPane(r)
	p.pages = uiwidget.NewTabBar(func(page int) {
		if s := r.now.inSight(); s != nil && !p.filled {
			s.handshake = page == pageHandshake
			p.show()
		}
	})
	p.turns = uiwidget.NewBar(p.pages)
	top := container.New(uiwidget.TightColumn{}, uiwidget.NewBar(p.title, p.before, p.after, p.compare, p.reveal), p.turns)
	p.object = uiwidget.NewPage(top, container.NewStack(p.details.Object(), p.socket.object, p.empty))
	return p
}

// place has the messages of a WebSocket be in sight, the details of an exchange, or the hint; it
// reports whether it is the messages.
func (p *responsePane) place(s *sent) bool {
	opened := s != nil && s.talk != nil && s.talk.State().Opened
	if opened != p.turns.Visible() {
		uiwidget.SetShown(p.turns, opened)
		p.object.Refresh()
	}
	messages := opened && !s.handshake
	p.filled = true
	if opened && s.handshake {
		p.pages.Choose(pageHandshake)
	} else {
		p.pages.Choose(pageMessages)
	}
	p.filled = false
	hidden := messages && p.room.deps.Hidden()
	if !messages && p.socket.written() {
		p.room.leave()
	}
	there := s != nil && s.id != 0 && !messages
	uiwidget.SetShown(p.details.Object(), there)
	uiwidget.SetShown(p.socket.object, messages && !hidden)
	uiwidget.SetShown(p.empty, hidden || !there && !messages)
	if hidden {
		p.hint.SetText(i18n.T("compose.socket.hidden"))
	}
	return messages && !hidden
}

// show shows the sending in sight.
func (p *responsePane) show() {
	t := p.room.now
	s := t.inSight()
	p.before.SetVisible(len(t.sends) > 1)
	p.after.SetVisible(len(t.sends) > 1)
	p.compare.SetVisible(p.room.Comparable())
	p.reveal.SetVisible(s != nil && s.id != 0)
	there := s != nil && s.id != 0
	if there {
		p.details.Show(s.id)
	} else {
		p.details.Clear()
	}
	p.tell(s)
	if p.place(s) {
		p.socket.show(s.talk)
	}
}

// changed reads what came again, if it is in sight.
func (p *responsePane) changed(s *sent) {
	if s != p.room.now.inSight() {
		return
	}
	messages := p.place(s)
	if messages {
		p.socket.show(s.talk)
	}
	if s.id == 0 && s.talk == nil {
		return
	}
	if s.id != 0 && !messages {
		p.details.Changed(s.id)
		p.details.Tick()
	}
	p.tell(s)
}

// tell says how the sending in sight fared.
func (p *responsePane) tell(s *sent) {
	t := p.room.now
	if s == nil {
		p.title.SetColored("", style.ColorMuted)
		hint := "compose.empty"
		if t.draft.WebSocket() {
			hint = "compose.socket.empty"
		}
		p.hint.SetText(i18n.T(hint))
		return
	}
	var parts []string
	if len(t.sends) > 1 {
		parts = append(parts, i18n.T("compose.place", t.at+1, len(t.sends)))
	}
	colour := fyne.ThemeColorName(theme.ColorNameForeground)
	row, ok := p.row(s)
	switch {
	case s.talk != nil && s.talk.State().Opened:
		state := s.talk.State()
		if colour = style.ColorGood; state.Problem != nil {
			colour = theme.ColorNameError
		} else if state.Phase != conversation.Open {
			colour = style.ColorMuted
		}
		parts = append(parts, talkText(&state))
	case ok:
		colour = style.StatusColorName(&row)
		parts = append(parts, rowText(&row)...)
	case s.problem != nil && s.id == 0:
		colour = theme.ColorNameError
		p.hint.SetText(i18n.T("compose.notsent", visible.Text(errorText(s.problem))))
		parts = append(parts, i18n.T("compose.notsent.short"))
	case s.ended && s.id == 0:
		p.hint.SetText(i18n.T("compose.unrecorded"))
		parts = append(parts, i18n.T("compose.unrecorded.short"))
	case s.id == 0:
		p.hint.SetText(i18n.T("compose.sending"))
		parts = append(parts, i18n.T("compose.sending"))
	}
	if s.hops > 0 {
		parts = append(parts, i18n.N("compose.hops", s.hops, s.hops))
	}
	if s.problem != nil && s.id != 0 {
		parts = append(parts, visible.Text(errorText(s.problem)))
	}
	if s.forgot {
		parts = append(parts, i18n.T("compose.socket.forgot"))
	}
	p.title.SetColored(strings.Join(parts, "  ·  "), colour)
}

func (p *responsePane) row(s *sent) (flow.Row, bool) {
	if s.id == 0 {
		return flow.Row{}, false
	}
	return p.room.deps.Details.Row(s.id)
}

// rowText is status, size and time of a row.
func rowText(row *flow.Row) []string {
	now := time.Now()
	status := words.StatusText(row, now)
	if row.Phase == flow.PhaseFailed && row.Status == 0 {
		status = words.FailureText(row.Failure)
	}
	return []string{status, words.SizeText(row.ResponseSize), words.DurationText(words.Elapsed(row, now))}
}

// step goes to another sending of the tab.
func (p *responsePane) step(by int) {
	t := p.room.now
	if at := t.at + by; at >= 0 && at < len(t.sends) {
		t.at = at
		p.show()
		p.room.deps.Changed()
	}
}

func (p *responsePane) retranslate() {
	p.compare.SetLabel(i18n.T("compose.compare"))
	p.reveal.SetLabel(i18n.T("compose.reveal"))
	p.pages.SetLabels(i18n.T("compose.socket.messages"), i18n.T("compose.socket.handshake"))
	p.socket.retranslate()
	p.details.Retranslate()
}

// CanFind and CanAsk report whether there is an answer in sight, and whether its body can be asked.
func CanFind(r *Room) bool { return r.response.details.Exchange != nil }
func CanAsk(r *Room) bool  { return CanFind(r) && r.response.details.CanAsk() }

// Find opens the search in the body of the answer, and Ask what asks it.
func Find(r *Room) { r.response.details.FindInBody() }
func Ask(r *Room)  { r.response.details.AskBody() }
