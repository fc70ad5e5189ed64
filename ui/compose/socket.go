package compose

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/compose"
	"posthouse/app/conversation"
	"posthouse/proxy/websocket"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/virtual"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// socketPane shows the messages of a WebSocket, and edits the one that is sent next.
type socketPane struct {
	room   *Room
	object fyne.CanvasObject
	talk   *conversation.Conversation // in sight; nil for none
	draft  *compose.Draft             // whose message is in sight

	about    *uiwidget.CutLabel
	follower *uiwidget.BarButton
	clear    *uiwidget.BarButton
	said     *uiwidget.NoticeBox
	refused  string // why something was not sent
	list     *virtual.List
	first    uint64  // the number of the first message in the list
	count    int     // of messages in the list
	follows  bool    // the newest one stays in sight
	end      float32 // where the list was scrolled to for that
	chosen   bool    // a message is
	choice   uint64  // its number
	filled   bool    // it is being shown: no person chose

	pages *uiwidget.TabBar
	text  *document.Editor
	hex   *document.HexEditor
	view  *messageView
	ping  *uiwidget.BarButton
	shut  *uiwidget.BarButton
	send  *uiwidget.BarButton
	shown [3]fyne.CanvasObject
}

// The pages below the list.
const (
	pageText = iota
	pageHex
	pageChosen
)

func newSocketPane(r *Room) *socketPane {
	p := &socketPane{room: r, follows: true, about: uiwidget.NewCutLabel(style.ColorMuted), said: uiwidget.NewNoticeBox()}
	p.follower = uiwidget.NewBarButton(theme.MoveDownIcon(), p.followAgain)
	p.clear = uiwidget.NewBarButton(theme.ContentClearIcon(), p.forget)
	p.list = &virtual.List{}
	p.list.HideSeparators = true
	p.list.Length = func() int { return p.count }
	p.list.CreateItem = func() fyne.CanvasObject { return newSocketRow() }
	p.list.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { p.draw(i, o.(*socketRow)) }
	p.list.OnSelected = p.choose
	p.list.ExtendBaseWidget(p.list)
	messages := uiwidget.NewPage(
		container.New(uiwidget.TightColumn{}, uiwidget.NewBar(p.about, p.follower, p.clear), p.said.Object),
		container.NewThemeOverride(p.list, style.DenseTheme{}))
	split, shown := style.CalmSplit(messages, p.newWriter())
	split.SetOffset(0.6)
	p.object = container.NewStack(uiwidget.NewShade(theme.ColorNameInputBackground), shown)
	return p
}

// newWriter makes what is below the list: where messages are written, and one is read.
func (p *socketPane) newWriter() fyne.CanvasObject {
	r := p.room
	p.pages = uiwidget.NewTabBar(p.turned)
	p.text = r.editor.newText()
	p.hex = document.NewHexEditor(r.editor.newText(), func(b []byte) { p.take(b, true) }, p.toldHex)
	p.text.Most = compose.MaxMessage
	p.text.Port.Numbers = true
	p.text.Changed = func() { p.take([]byte(p.text.Text()), false) }
	for _, e := range []*document.Editor{p.text, p.hex.Editor} {
		e.TooLong = func() { p.tell(i18n.T("compose.socket.long", words.SizeText(compose.MaxMessage))) }
	}
	p.view = newMessageView(p)
	p.ping = uiwidget.NewBarButton(nil, r.Sockets.Ping)
	p.shut = uiwidget.NewBarButton(nil, r.Sockets.askClose)
	p.send = uiwidget.NewBarButton(theme.MailSendIcon(), r.Sockets.Send)
	p.shown = [3]fyne.CanvasObject{uiwidget.NewLowered(p.text.LineView), uiwidget.NewLowered(p.hex.LineView), p.view.object}
	return uiwidget.NewPage(uiwidget.NewBar(p.pages, p.ping, p.shut, p.send), container.NewStack(p.shown[0], p.shown[1], p.shown[2]))
}

// show shows a conversation and the message that is written in its tab.
func (p *socketPane) show(talk *conversation.Conversation) {
	if talk != p.talk {
		p.talk, p.refused, p.chosen = talk, "", false
		p.first, p.count, p.follows, p.end = 0, 0, true, 0
		p.filled = true
		p.list.UnselectAll()
		p.filled = false
		p.view.clear()
		p.hex.Forget()
		p.showWritten()
	} else if p.draft != p.room.now.draft { // a paste took the place of the request
		p.hex.Forget()
		p.showWritten()
	}
	p.refresh()
}

// forget forgets the messages; of a conversation that has ended nobody else says that there is something new.
func (p *socketPane) forget() {
	p.talk.Clear()
	p.refresh()
}

// showWritten shows the page with the message that is written.
func (p *socketPane) showWritten() {
	page := pageText
	if p.room.now.draft.Socket.Hex {
		page = pageHex
	}
	p.filled = true
	p.pages.Choose(page)
	p.filled = false
	p.showPage()
}

// refresh shows what is new.
func (p *socketPane) refresh() {
	state := p.talk.State()
	at := p.list.GetScrollOffset()
	if at < p.end-1 {
		p.follows = false // a person scrolled back
	}
	gone := state.First - p.first
	p.first, p.count = state.First, int(state.Next-state.First)
	p.list.Refresh()
	p.reselect()
	switch {
	case p.follows:
		p.list.ScrollToBottom()
		p.end = p.list.GetScrollOffset()
	case gone > 0 && gone < conversation.MaxEntries:
		p.list.ScrollToOffset(max(0, at-float32(gone)*socketRowHeight))
	}
	p.follower.SetVisible(!p.follows)
	p.clear.SetVisible(p.count > 0)
	open := state.Phase == conversation.Open
	for _, b := range []*uiwidget.BarButton{p.ping, p.shut, p.send} {
		b.SetVisible(open)
	}
	p.about.Set(aboutText(&state))
	p.notices(&state)
}

// reselect keeps the message that is chosen where it is now.
func (p *socketPane) reselect() {
	p.filled = true
	defer func() { p.filled = false }()
	switch {
	case !p.chosen:
	case p.choice < p.first:
		p.chosen = false
		p.list.UnselectAll()
	default:
		p.list.Select(int(p.choice - p.first))
	}
}

func (p *socketPane) notices(state *conversation.State) {
	var lines []string
	if p.refused != "" {
		lines = append(lines, p.refused)
	}
	if line := p.brokenHex(); line > 0 {
		lines = append(lines, i18n.T("compose.socket.hex.line", line))
	}
	if state.Unsent > 0 {
		lines = append(lines, i18n.T("compose.socket.unsent", words.CountText(state.Unsent)))
	}
	if p.said.Show(lines) {
		p.object.Refresh()
	}
}

// tell says why something was not done; "" takes the words away.
func (p *socketPane) tell(text string) {
	p.refused = text
	if p.talk != nil {
		state := p.talk.State()
		p.notices(&state)
	}
}

// refuse says what went wrong; nil takes the words away.
func (p *socketPane) refuse(err error) {
	text := ""
	if err != nil {
		text = errorText(err)
	}
	p.tell(text)
}

// followAgain has the newest message be in sight.
func (p *socketPane) followAgain() {
	p.follows, p.chosen, p.end = true, false, 0
	p.filled = true
	p.list.UnselectAll()
	p.filled = false
	if p.pages.Selected == pageChosen {
		p.showWritten()
	}
	p.refresh()
}

func (p *socketPane) draw(i int, row *socketRow) {
	if p.talk == nil {
		return
	}
	if e, ok := p.talk.Entry(p.first + uint64(i)); ok {
		row.show(&e)
	} else {
		row.blank()
	}
}

// choose shows a message whole, as far as it is kept.
func (p *socketPane) choose(i widget.ListItemID) {
	if p.filled || p.talk == nil {
		return
	}
	p.chosen, p.choice, p.follows = true, p.first+uint64(i), false
	if e, ok := p.talk.Entry(p.choice); ok {
		p.view.show(e)
	}
	if p.pages.Selected == pageChosen {
		p.showPage()
	}
	p.pages.Choose(pageChosen)
	p.follower.SetVisible(true)
}

// turned is called when a person chose another page.
func (p *socketPane) turned(page int) {
	if p.filled {
		return
	}
	if page != pageChosen {
		p.room.now.draft.Socket.Hex = page == pageHex
		p.room.touch()
	}
	p.showPage()
}

// showPage shows the page that is chosen, as the draft is now.
func (p *socketPane) showPage() {
	d := p.room.now.draft
	p.draft = d
	switch p.pages.Selected {
	case pageText:
		text := string(d.Socket.Bytes)
		p.text.SetText(text)
		p.text.SetLineEnd(document.LineEndOf(text))
	case pageHex:
		p.hex.ShowBytes(d.Socket.Bytes, false)
	}
	for i, o := range p.shown {
		uiwidget.SetShown(o, i == p.pages.Selected)
	}
}

// take has the message be these bytes.
func (p *socketPane) take(b []byte, hex bool) {
	d := p.room.now.draft
	if err := d.SetMessage(b); err != nil {
		p.tell(i18n.T(refusal(err)))
		return
	}
	d.Socket.Hex = hex
	p.tell("")
	p.room.touch()
}

// brokenHex is the line, from 1, where what is written is no hexadecimal; 0 for none.
func (p *socketPane) brokenHex() int {
	if p.pages.Selected != pageHex {
		return 0
	}
	return p.hex.BrokenLine()
}

func (p *socketPane) toldHex() {
	if p.brokenHex() > 0 {
		p.tell("")
	}
}

// say sends the message that is written.
func (p *socketPane) say(talk *conversation.Conversation) {
	if p.brokenHex() > 0 {
		p.tell("")
		return
	}
	written := &p.room.now.draft.Socket
	opcode := websocket.Text
	if written.Hex {
		opcode = websocket.Binary
	}
	err := talk.Say(opcode, written.Bytes)
	if err == nil && !p.chosen {
		p.follows, p.end = true, 0
	}
	p.refuse(err)
}

// writeAgain writes a message that passed once more.
func (p *socketPane) writeAgain(e *conversation.Entry) {
	d := p.room.now.draft
	if err := d.SetMessage(e.Data); err != nil {
		return
	}
	d.Socket.Hex = e.Opcode != websocket.Text
	p.room.touch()
	p.showWritten()
	p.focus()
}

// focus goes to where the message is written, also where that has not been drawn yet: no canvas
// is known of it then.
func (p *socketPane) focus() {
	c := p.room.deps.Window.Canvas()
	if p.room.now.draft.Socket.Hex {
		c.Focus(p.hex.LineView)
	} else {
		c.Focus(p.text.LineView)
	}
}

// written reports whether the focus is where the message is written.
func (p *socketPane) written() bool {
	at := p.room.deps.Window.Canvas().Focused()
	return at == p.text.LineView || at == p.hex.LineView
}

func (p *socketPane) retranslate() {
	p.pages.SetLabels(i18n.T("compose.mode.text"), i18n.T("compose.mode.hex"), i18n.T("compose.socket.chosen"))
	p.ping.SetLabel(i18n.T("compose.socket.ping"))
	p.shut.SetLabel(i18n.T("compose.socket.close"))
	p.send.SetLabel(i18n.T("compose.send"))
	p.follower.SetLabel(i18n.T("compose.socket.follow"))
	p.clear.SetLabel(i18n.T("compose.socket.clear"))
	p.view.retranslate()
	if p.talk != nil {
		p.refresh()
	}
}
