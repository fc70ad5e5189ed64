package document

import (
	"context"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/ui/style"
	"posthouse/ui/visible"
)

// Editor edits a text of any size in its LineView, which is the object to be placed. What is edited are bytes: controls are shown as
// everywhere and stay what they are, and a line end that is another than LineEnd is marked. What
// a keystroke costs is a copy of the text and the rows in sight. It belongs to the UI goroutine.
type Editor struct {
	*LineView
	LineEnd  string // what Enter writes
	Most     int    // bytes that the text may have
	ReadOnly bool
	Colours  func(line string, goesOn bool) []Span // as in NewTextDoc
	Changed  func()                                // a person changed the text; may be nil
	TooLong  func()                                // a person tried to make it longer than Most; may be nil
	Escape   func()                                // may be nil: Escape is the window's
	Keys     func(fyne.Shortcut) bool              // sees shortcuts first; may be nil

	text          string
	doc           *TextDoc
	caret, anchor int     // byte offsets: what is between them is selected
	goal          float32 // where up and down go, in pixels; below 0 for where the caret is
	focused       bool
	past, future  history
	copied        string // what was copied last, as it is: on the clipboard controls are words
	held          func() fyne.KeyModifier
}

// NewEditor makes an empty editor; copyOut is as in NewLineView.
func NewEditor(copyOut func(func(int) (string, bool))) *Editor {
	e := &Editor{LineEnd: "\n", Most: 64 << 20, goal: -1, held: heldKeys}
	e.LineView = NewLineView(copyOut)
	e.LineView.edit = e
	e.LineView.Menu = e.menu
	e.renew()
	return e
}

// heldKeys are the keys held down beside the one that is typed.
func heldKeys() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

// Text is what stands in the editor.
func (e *Editor) Text() string { return e.text }

// SetText shows another text, from its start; there is nothing to undo then. The text that is
// there stays as it is looked at.
func (e *Editor) SetText(text string) {
	if text == e.text {
		return
	}
	e.text, e.caret, e.anchor, e.goal = text, 0, 0, -1
	e.past, e.future = history{}, history{}
	e.renew()
	e.Port.home()
	e.Refresh()
}

// SetLineEnd says what Enter writes, and what ends of lines are marked as others.
func (e *Editor) SetLineEnd(end string) {
	if e.LineEnd != end {
		e.LineEnd = end
		e.renew()
		e.Refresh()
	}
}

// LineEndOf is how the lines of a text end: as the first one does.
func LineEndOf(text string) string {
	if at := strings.IndexByte(text, '\n'); at > 0 && text[at-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// renew makes the document of the text.
func (e *Editor) renew() {
	e.doc = NewTextDoc(context.Background(), e.text, e.Colours)
	e.doc.ends = e.LineEnd
	e.Port.Doc = e.doc
	e.mark()
}

// mark has the view show the selection.
func (e *Editor) mark() {
	e.selected.docSelection = docSelection{e.doc.pos(e.anchor), e.doc.pos(e.caret)}
}

// marked takes over what the mouse selected.
func (e *Editor) marked() {
	e.anchor, e.caret, e.goal = e.doc.offset(e.selected.anchor), e.doc.offset(e.selected.head), -1
}

// selection is what is selected.
func (e *Editor) selection() (from, to int) { return min(e.caret, e.anchor), max(e.caret, e.anchor) }

// Insert puts a text in place of what is selected, as a person typed it.
func (e *Editor) Insert(text string) {
	from, to := e.selection()
	e.replace(from, to, text)
}

// replace is every edit that a person makes.
func (e *Editor) replace(from, to int, text string) {
	switch {
	case e.ReadOnly || from == to && text == "":
		return
	case len(e.text)-(to-from)+len(text) > e.Most:
		if e.TooLong != nil {
			e.TooLong()
		}
		return
	}
	e.past.add(change{from, e.text[from:to], text})
	e.future = history{}
	e.apply(from, to, text)
}

func (e *Editor) apply(from, to int, text string) {
	e.text = e.text[:from] + text + e.text[to:]
	e.caret = from + len(text)
	e.anchor, e.goal = e.caret, -1
	e.renew()
	e.follow()
	if e.Changed != nil {
		e.Changed()
	}
}

// Undo takes the last edit back.
func (e *Editor) Undo() {
	if c, ok := e.past.take(); ok {
		e.future.push(c)
		e.apply(c.at, c.at+len(c.now), c.was)
	}
}

// Redo makes it again.
func (e *Editor) Redo() {
	if c, ok := e.future.take(); ok {
		e.past.push(c)
		e.apply(c.at, c.at+len(c.was), c.now)
	}
}

// next is where the character behind a place ends; a line end is one.
func (e *Editor) next(at int) int {
	if strings.HasPrefix(e.text[at:], "\r\n") {
		return at + 2
	}
	_, size := utf8.DecodeRuneInString(e.text[at:])
	return at + size
}

// before is where the character before a place begins.
func (e *Editor) before(at int) int {
	if strings.HasSuffix(e.text[:at], "\r\n") {
		return at - 2
	}
	_, size := utf8.DecodeLastRuneInString(e.text[:at])
	return at - size
}

// lineStart and lineEnd are those of the line of a place.
func (e *Editor) lineStart(at int) int { return strings.LastIndexByte(e.text[:at], '\n') + 1 }

func (e *Editor) lineEnd(at int) int {
	end := strings.IndexByte(e.text[at:], '\n')
	if end < 0 {
		return len(e.text)
	}
	if end += at; end > at && e.text[end-1] == '\r' {
		end--
	}
	return end
}

// word is the place some words on.
func (e *Editor) word(at, by int) int {
	isWord := func(c byte) bool {
		return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
	}
	if by > 0 {
		for at < len(e.text) && !isWord(e.text[at]) {
			at++
		}
		for at < len(e.text) && isWord(e.text[at]) {
			at++
		}
		return at
	}
	for at > 0 && !isWord(e.text[at-1]) {
		at--
	}
	for at > 0 && isWord(e.text[at-1]) {
		at--
	}
	return at
}

// offset is the place in the text of a place that is shown.
func (d *TextDoc) offset(p Pos) int {
	if p.Line >= d.pieces {
		return len(d.text)
	}
	raw, at, _ := d.piece(p.Line)
	return at + min(len(raw), visible.Offset(raw, p.at))
}

// pos is where a place in the text is shown.
func (d *TextDoc) pos(offset int) Pos {
	m := d.match(offset, 0)
	return Pos{m.Line, m.from}
}

// endMark is what is shown of the end of piece i where it is not as the others are.
func (d *TextDoc) endMark(i int) string {
	raw, at, _ := d.piece(i)
	end := d.text[at+len(raw):]
	switch {
	case d.ends == "\r\n" && strings.HasPrefix(end, "\n"):
		return visible.Rune('\n')
	case d.ends == "\n" && strings.HasPrefix(end, "\r\n"):
		return visible.Rune('\r')
	}
	return ""
}

// markEnd adds such a mark to a line.
func (d *TextDoc) markEnd(i int, l *Line) {
	mark := d.endMark(i)
	if mark == "" {
		return
	}
	if n := len(l.Text); n > 0 && (len(l.Spans) == 0 || l.Spans[len(l.Spans)-1].End < n) {
		l.Spans = append(l.Spans, PlainSpan(n, ""))
	}
	l.Text += mark
	l.Spans = append(l.Spans, PlainSpan(len(l.Text), style.ColorMuted))
}
