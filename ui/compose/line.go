package compose

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/compose"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// requestLine is the line with method, URL, and the button that sends.
type requestLine struct {
	room   *Room
	method *uiwidget.KeyEntry
	more   *widget.Button
	url    *urlEntry
	send   *widget.Button
	object fyne.CanvasObject
	filled bool           // it is being shown: what changes is no person's doing
	locked bool           // the URL is not shown as it is, and is edited in the raw text
	of     *compose.Draft // that is shown
}

// methods are offered; any other can be written.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

// urlEntry is where a URL is written, or anything that is recognised is pasted.
type urlEntry struct {
	uiwidget.KeyEntry
	paste func(text string) bool // whether the text was taken otherwise
	undo  func() bool            // whether there was something else to undo
}

// TypedShortcut recognises what is pasted.
func (u *urlEntry) TypedShortcut(s fyne.Shortcut) {
	switch s.(type) {
	case *fyne.ShortcutPaste:
		if u.paste(fyne.CurrentApp().Clipboard().Content()) {
			return
		}
	case *fyne.ShortcutUndo:
		if u.undo() {
			return
		}
	}
	u.KeyEntry.TypedShortcut(s)
}

func newRequestLine(r *Room) *requestLine {
	l := &requestLine{room: r, method: uiwidget.NewKeyEntry(), url: &urlEntry{paste: r.paste, undo: r.unpaste}}
	l.method.Scroll, l.method.Wrapping = fyne.ScrollNone, fyne.TextWrap(fyne.TextTruncateClip)
	l.method.MinWidth = 120
	l.method.TextStyle.Monospace, l.url.TextStyle.Monospace = true, true
	l.more = widget.NewButtonWithIcon("", theme.MenuDropDownIcon(), l.offer)
	l.more.Importance = widget.LowImportance
	l.method.ActionItem = l.more
	l.url.Wrapping, l.url.Scroll = fyne.TextWrap(fyne.TextTruncateClip), fyne.ScrollNone
	l.url.ExtendBaseWidget(l.url)
	for _, e := range []*uiwidget.KeyEntry{l.method, &l.url.KeyEntry} {
		e.Window, e.Escape = r.typedHere, r.leave
		e.OnSubmitted = func(string) { r.Sockets.submit() }
	}
	l.method.OnChanged, l.url.OnChanged = l.methodTyped, l.urlTyped
	l.send = widget.NewButtonWithIcon("", theme.MailSendIcon(), r.Send)
	l.send.Importance = widget.HighImportance
	l.object = container.New(stretched{one: 1, gap: 4}, l.method, l.url, l.send)
	return l
}

// show shows method and URL as the draft has them.
func (l *requestLine) show() {
	d := l.room.now.draft
	l.filled = true
	defer func() { l.filled = false }()
	if l.of != d {
		l.of = d
		l.url.SetText("") // it shows the other one also where that is being written
	}
	if method := visible.Text(d.Head.Method()); l.method.Text != method {
		l.method.SetText(method)
	}
	url := d.Typed
	if url == "" && d.Host != "" {
		url = d.URL()
	}
	seen := visible.Text(words.ShortText(url, maxShown))
	l.locked = seen != url
	url = seen
	if c := canvasOf(l.url); l.url.Text != url && (c == nil || c.Focused() != l.url || l.url.Text == "") {
		l.url.SetText(url)
	}
	l.showSend()
}

// showURL shows the URL even where it is being written.
func (l *requestLine) showURL() {
	l.filled = true
	l.url.SetText("")
	l.show()
}

func (l *requestLine) showSend() {
	text, icon, importance := i18n.T("compose.send"), theme.MailSendIcon(), widget.HighImportance
	t := l.room.now
	switch talk := t.talk(); {
	case talk != nil && talk.State().Opened:
		text, icon, importance = i18n.T("compose.disconnect"), theme.CancelIcon(), widget.MediumImportance
	case t.sending():
		text, icon, importance = i18n.T("compose.cancel"), theme.CancelIcon(), widget.MediumImportance
	case t.draft.WebSocket():
		text = i18n.T("compose.connect")
	}
	if l.send.Text != text {
		l.send.Text, l.send.Icon, l.send.Importance = text, icon, importance
		l.send.Refresh()
		l.object.Refresh() // it may be wider now
	}
}

// hide covers the URL while secrets are hidden: they may stand in it.
func (l *requestLine) hide(hidden bool) {
	if l.url.Password != hidden {
		l.url.Password = hidden
		l.url.Refresh()
	}
}

func (l *requestLine) offer() {
	menu := fyne.NewMenu("")
	for _, m := range methods {
		menu.Items = append(menu.Items, fyne.NewMenuItem(m, func() { l.method.SetText(m) }))
	}
	socket := fyne.NewMenuItem("WebSocket", l.turnSocket)
	socket.Checked = l.room.Sockets.Asked()
	menu.Items = append(menu.Items, fyne.NewMenuItemSeparator(), socket)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(l.method)
	widget.ShowPopUpMenuAtPosition(menu, canvasOf(l.method), at.AddXY(0, l.method.Size().Height))
}

// turnSocket has the request ask for a WebSocket, or not any more.
func (l *requestLine) turnSocket() {
	r := l.room
	r.now.draft.AskSocket(!r.Sockets.Asked())
	r.show()
	l.showURL()
	r.edited()
}

func (l *requestLine) methodTyped(text string) {
	r := l.room
	if l.filled {
		return
	}
	if err := r.now.draft.Head.SetMethod(text); err != nil || visible.Text(text) != text {
		r.editor.refuse(errLines)
		l.show()
		return
	}
	r.editor.Refresh()
	r.edited()
}

func (l *requestLine) urlTyped(text string) {
	r := l.room
	if l.filled {
		return
	}
	if l.locked || len(text) > maxShown || visible.Text(text) != text {
		r.editor.refuse(errLarge)
		l.showURL()
		return
	}
	d := r.now.draft
	d.Typed = ""
	switch err := d.SetURL(text); {
	case strings.TrimSpace(text) == "":
		d.Host = ""
	case err != nil:
		d.Typed = text
	}
	r.editor.Refresh()
	r.edited()
}

func (l *requestLine) retranslate() {
	l.url.SetPlaceHolder(i18n.T("compose.url.hint"))
	l.send.Text = ""
}

// maxURL bounds what is pasted as a URL, in bytes.
const maxURL = 256 << 10

// paste takes what is pasted where a URL stands; false leaves it to the entry.
func (r *Room) paste(text string) bool {
	p, err := compose.Recognise(text)
	switch {
	case err != nil:
		r.tell(i18n.T("compose.paste.broken", errorText(err)))
		return true
	case p != nil:
		r.pasted(p)
		return true
	case len(text) > maxURL || strings.ContainsAny(strings.TrimSpace(text), "\r\n"):
		r.tell(i18n.T("compose.paste.unknown"))
		return true
	case len(text) > maxShown || r.line.locked: // it takes the place of all
		before := r.now.draft.Clone()
		if r.now.draft.SetURL(text) != nil {
			r.tell(i18n.T("compose.paste.unknown"))
			return true
		}
		r.now.draft.Typed = ""
		r.show()
		r.line.showURL()
		r.edited()
		r.now.undo = before
		return true
	}
	return false
}

// pasted puts what was recognised in the place of the request in sight.
func (r *Room) pasted(p *compose.Pasted) {
	t := r.now
	before := t.draft
	t.draft = p.Draft
	t.draft.Name = before.Name
	t.notes = nil
	for _, why := range p.Notes {
		t.notes = append(t.notes, i18n.T("compose.paste.note", reasonText(why)))
	}
	r.show()
	r.line.showURL()
	t.undo = before
	r.touch()
}

// unpaste has the request back that a paste replaced.
func (r *Room) unpaste() bool {
	t := r.now
	if t.undo == nil {
		return false
	}
	t.draft, t.undo, t.notes = t.undo, nil, nil
	r.show()
	r.line.showURL()
	r.touch()
	return true
}
