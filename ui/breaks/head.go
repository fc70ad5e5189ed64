package breaks

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	composed "posthouse/app/compose"
	"posthouse/ui/compose"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// headEditor edits the head of the message in sight: its first line and its fields in a table, or
// the bytes as they are.
type headEditor struct {
	room   *Room
	object fyne.CanvasObject
	tabs   *uiwidget.TabBar
	start  *uiwidget.KeyEntry
	fields *compose.HeadTable
	table  *fyne.Container
	raw    *document.Editor
	pages  [2]fyne.CanvasObject
	of     *composed.Head // what the table shows
	text   string         // the bytes
	locked bool           // they can be read alone
	filled bool           // it is being shown: what changes is no person's doing
}

// maxStart bounds the first line that an entry shows, in bytes; a longer one is edited in the bytes.
const maxStart = 2000

func newHeadEditor(r *Room) *headEditor {
	h := &headEditor{room: r, of: &composed.Head{}, raw: r.newText(), start: uiwidget.NewKeyEntry()}
	h.tabs = uiwidget.NewTabBar(func(int) { h.showPage() })
	h.raw.SetLineEnd("\r\n")
	h.raw.Changed = func() {
		h.text = h.raw.Text()
		r.typed(0, h.text)
		h.label()
	}
	leave := func() { r.deps.Window.Canvas().Unfocus() }
	h.start.Window, h.start.Escape, h.start.OnChanged = r.deps.Shortcut, leave, h.startTyped
	h.start.TextStyle.Monospace = true
	h.start.Wrapping, h.start.Scroll = fyne.TextWrap(fyne.TextTruncateClip), fyne.ScrollNone
	h.fields = compose.NewHeadTable(func() *composed.Head { return h.of }, h.edited, r.refuse, r.deps.Shortcut, leave)
	h.table = uiwidget.NewPage(container.New(layout.NewCustomPaddedLayout(3, 0, 6, 4), h.start), h.fields.Object)
	h.pages = [2]fyne.CanvasObject{h.table, uiwidget.NewLowered(h.raw.LineView)}
	h.object = uiwidget.NewPage(uiwidget.NewBar(h.tabs),
		container.NewStack(uiwidget.NewShade(theme.ColorNameInputBackground), h.pages[0], h.pages[1]))
	h.label()
	return h
}

// show shows the text of a head; parsed is the same for the table, which keeps there what is off.
func (h *headEditor) show(text string, parsed *composed.Head, readOnly bool) {
	h.text, h.of, h.locked = text, parsed, readOnly
	h.raw.ReadOnly = readOnly
	h.showPage()
}

// showPage shows the page that is chosen, and the bytes, which are there in any case.
func (h *headEditor) showPage() {
	h.raw.SetText(h.text)
	inTable := h.tabs.Selected == 0
	if inTable {
		h.showTable()
	}
	for i, page := range h.pages {
		uiwidget.SetShown(page, inTable == (i == 0))
	}
	h.label()
}

// follow has the table's head be that of the text.
func (h *headEditor) follow() {
	if string(h.of.Raw()) != h.text {
		*h.of = composed.ParseHead([]byte(h.text), h.of.Lines)
	}
}

func (h *headEditor) showTable() {
	h.follow()
	line := strings.TrimRight(h.of.Start, "\r\n")
	seen := visible.Text(words.ShortText(line, maxStart))
	h.filled = true
	if h.start.Text != seen {
		h.start.SetText(seen)
	}
	h.filled = false
	if locked := h.locked || seen != line; locked != h.start.Disabled() {
		if locked {
			h.start.Disable()
		} else {
			h.start.Enable()
		}
	}
	h.fields.Show(h.locked)
}

// startTyped takes over the first line.
func (h *headEditor) startTyped(text string) {
	line := strings.TrimRight(h.of.Start, "\r\n")
	if h.filled || text == line {
		return
	}
	if visible.Text(text) != text || len(text) > maxStart {
		h.room.refuse(i18n.T("compose.refused.unseen"))
		h.showTable()
		return
	}
	end := h.of.Start[len(line):]
	if end == "" {
		end = "\r\n"
	}
	h.of.Start = text + end
	h.edited()
}

// edited takes over what was changed in the table.
func (h *headEditor) edited() {
	h.text = string(h.of.Raw())
	h.room.typed(0, h.text)
	h.label()
}

// label names the pages, with how many fields there are.
func (h *headEditor) label() {
	h.follow()
	n := 0
	for i := range h.of.Lines {
		if l := &h.of.Lines[i]; !l.Off && l.Raw() != "" {
			n++
		}
	}
	h.tabs.SetLabels(i18n.T("details.headers_count", n), i18n.T("compose.raw"))
}
