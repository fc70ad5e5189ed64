package compose

import (
	"context"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/conversation"
	"posthouse/proxy/flow"
	"posthouse/proxy/websocket"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

// messageView shows one message as far as it is kept: JSON indented, other text as it is, and
// bytes in hexadecimal.
type messageView struct {
	pane   *socketPane
	object fyne.CanvasObject
	facts  *uiwidget.CutLabel
	copy   *uiwidget.BarButton
	again  *uiwidget.BarButton
	lines  *document.LineView
	entry  *conversation.Entry // nil for none
}

func newMessageView(p *socketPane) *messageView {
	v := &messageView{pane: p, facts: uiwidget.NewCutLabel(style.ColorMuted)}
	r := p.room
	v.copy = uiwidget.NewBarButton(theme.ContentCopyIcon(), v.copyAll)
	v.again = uiwidget.NewBarButton(theme.DocumentCreateIcon(), func() {
		if v.entry != nil {
			p.writeAgain(v.entry)
		}
	})
	v.lines = document.NewLineView(r.editor.copyOut)
	v.object = uiwidget.NewPage(uiwidget.NewBar(v.facts, v.copy, v.again), container.NewStack(uiwidget.NewLowered(v.lines)))
	return v
}

// show shows a message; setting it out is done beside the UI goroutine.
func (v *messageView) show(e conversation.Entry) {
	v.entry = &e
	v.facts.Set(factsText(&e))
	v.again.SetVisible(!e.Opcode.Control() && int64(len(e.Data)) == e.Size)
	v.pane.room.deps.Work(func() func() {
		display := prepared(&e)
		return func() {
			if v.entry == &e {
				display(v.lines)
			}
		}
	})
}

// clear shows no message.
func (v *messageView) clear() {
	v.entry = nil
	v.facts.Set("")
	v.again.SetVisible(false)
	v.lines.Display(document.NewTextDoc(context.Background(), "", nil))
}

// prepared makes what shows a message.
func prepared(e *conversation.Entry) func(*document.LineView) {
	text := e.Opcode == websocket.Text || e.Opcode.Control() && e.Opcode != websocket.Close
	switch {
	case e.Opcode == websocket.Close:
		doc := document.NewTextDoc(context.Background(), closeText(websocket.CloseText(e.Data)), nil)
		return func(l *document.LineView) { l.Display(doc) }
	case text && (!validText(e) || e.Opcode.Control()): // a charset is not guessed: it is wrong, and shown so
		doc := document.NewTextDoc(context.Background(), string(e.Data), nil)
		return func(l *document.LineView) { l.Display(doc) }
	}
	source := &document.Source{Body: flow.Body{State: flow.BodyWhole, Size: int64(len(e.Data)), Bytes: e.Data}}
	choice := document.Choice{Mode: document.ModeHex}
	if text {
		source.ContentType, choice.Mode = "text/plain; charset=utf-8", document.ModeText
		if begin := strings.TrimLeft(string(e.Data[:min(len(e.Data), 64)]), " \t\r\n"); begin != "" && strings.Contains("{[", begin[:1]) {
			source.ContentType, choice.Mode = "application/json", document.ModeReadable
		}
	}
	p := document.Prepare(context.Background(), source, choice)
	return func(l *document.LineView) { l.Display(p.Doc) }
}

func (v *messageView) copyAll() {
	if e := v.entry; e != nil {
		v.pane.room.editor.copyOut(func(int) (string, bool) {
			if e.Opcode == websocket.Text || e.Opcode.Control() {
				return string(e.Data), true
			}
			return document.HexText(e.Data), true
		})
	}
}

func (v *messageView) retranslate() {
	v.copy.SetLabel(i18n.T("compose.socket.copy"))
	v.again.SetLabel(i18n.T("compose.socket.again"))
	if v.entry != nil {
		v.facts.Set(factsText(v.entry))
	}
}

// askClose asks for a code and a reason, and closes the WebSocket with them.
func (w *Sockets) askClose() {
	r := w.room
	talk := r.now.talk()
	if talk == nil {
		return
	}
	code, text := uiwidget.NewKeyEntry(), uiwidget.NewKeyEntry()
	for _, e := range []*uiwidget.KeyEntry{code, text} {
		e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	}
	code.SetText(strconv.Itoa(int(websocket.CloseNormal)))
	d := dialog.NewForm(i18n.T("compose.socket.close.title"), i18n.T("compose.socket.close.do"), i18n.T("compose.cancel"),
		[]*widget.FormItem{widget.NewFormItem(i18n.T("compose.socket.close.code"), code),
			widget.NewFormItem(i18n.T("compose.socket.close.reason"), text)},
		func(ok bool) {
			if ok {
				w.closeWith(talk, code.Text, text.Text)
			}
		}, r.deps.Window)
	d.Resize(fyne.NewSize(420, d.MinSize().Height))
	r.deps.Open(d)
	r.deps.Window.Canvas().Focus(code)
}

// closeWith closes a WebSocket with a code and a reason as they are written.
func (w *Sockets) closeWith(talk *conversation.Conversation, code, text string) {
	r := w.room
	n := uint64(websocket.CloseNone)
	if code = strings.TrimSpace(code); code != "" || text != "" {
		var err error
		if n, err = strconv.ParseUint(code, 10, 16); err != nil {
			r.response.socket.tell(i18n.T("compose.socket.close.wrong"))
			return
		}
	}
	r.response.socket.refuse(talk.Close(uint16(n), text))
}
