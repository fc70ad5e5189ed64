package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

// bodyPane shows one body: a bar that says what it is, notices of what is
// missing, a search, and the body as lines or as a picture.
type bodyPane struct {
	chosen func() // a person wants it shown in another way
	search *searchBar

	shown  *preparedBody
	choice bodyChoice

	info    *uiwidget.CutLabel
	find    *uiwidget.BarButton
	view    *uiwidget.BarButton
	notices *uiwidget.NoticeBox
	lines   *lineView
	picture *canvas.Image
	frame   *fyne.Container // of the picture
	head    *fyne.Container
	object  *fyne.Container
}

func newBodyPane(w *worker, copyOut func(func(int) (string, bool)), chosen func()) *bodyPane {
	b := &bodyPane{chosen: chosen, lines: newLineView(copyOut), notices: uiwidget.NewNoticeBox(), info: uiwidget.NewCutLabel(style.ColorMuted),
		picture: &canvas.Image{FillMode: canvas.ImageFillContain}}
	b.lines.port.numbers = true
	b.search = newSearchBar(w, b.lines)
	b.find = uiwidget.NewBarButton(theme.SearchIcon(), b.openSearch)
	b.view = uiwidget.NewBarButton(theme.MenuDropDownIcon(), b.openMenu)
	b.view.IconLast = true
	b.lines.onFind = b.openSearch
	b.lines.onKey = b.search.key
	b.picture.ScaleMode = canvas.ImageScaleFastest // it was made smaller on the worker's goroutine
	b.frame = container.New(&pictureLayout{b}, uiwidget.NewShade(style.ColorPictureBack), b.picture)
	b.frame.Hide()
	body := container.NewStack(uiwidget.NewLowered(b.lines), b.frame)
	b.head = container.New(uiwidget.TightColumn{}, uiwidget.NewBar(b.info, b.find, b.view), b.notices.Object, b.search.object)
	b.object = uiwidget.NewPage(b.head, body)
	b.search.parent = b.object.Refresh
	return b
}

// show puts a body into view; same is whether it is a newer state of the one that was.
func (b *bodyPane) show(p *preparedBody, same bool) {
	if b.shown == p {
		return
	}
	b.shown = p
	b.showPicture()
	_, text := p.doc.(*textDoc)
	b.lines.port.numbers = text
	if same {
		b.lines.replace(p.doc)
	} else {
		b.lines.show(p.doc)
	}
	b.search.changed(same)
	b.retranslate()
}

func (b *bodyPane) showPicture() {
	p := b.shown
	uiwidget.SetShown(b.lines, p.picture == nil)
	uiwidget.SetShown(b.frame, p.picture != nil)
	b.picture.Image = p.picture
	if p.picture != nil {
		b.frame.Refresh()
	}
}

// pictureLayout puts the picture and what is behind it in the middle, no larger
// than the picture is.
type pictureLayout struct{ pane *bodyPane }

func (*pictureLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(60, 30) }

func (l *pictureLayout) Layout(objects []fyne.CanvasObject, room fyne.Size) {
	if l.pane.shown == nil || l.pane.shown.picture == nil {
		return
	}
	size := l.pane.shown.picture.Bounds().Size()
	wide, high := float32(size.X), float32(size.Y)
	scale := min(1, (room.Width-2*style.LeftSpace)/wide, (room.Height-2*style.LeftSpace)/high)
	shown := fyne.NewSize(max(1, wide*scale), max(1, high*scale))
	for _, o := range objects {
		o.Resize(shown)
		o.Move(fyne.NewPos((room.Width-shown.Width)/2, (room.Height-shown.Height)/2))
	}
}

// clear shows nothing, and shows the next body as is usual for its kind.
func (b *bodyPane) clear() {
	b.choice = bodyChoice{}
	b.show(&preparedBody{}, false)
}

func (b *bodyPane) retranslate() {
	p := b.shown
	if p == nil {
		return
	}
	b.info.Set(infoText(p))
	b.view.SetLabel(i18n.T(modeNames[b.choice.mode]))
	b.find.SetVisible(p.doc != nil && p.doc.Len() > 0)
	b.view.SetVisible(p.size > 0)
	var words []string
	for _, n := range p.notices {
		words = append(words, n.text())
	}
	if b.notices.Show(words) {
		b.object.Refresh()
	}
	b.search.retranslate()
}

// modeNames are keys of the catalogue.
var modeNames = map[bodyMode]string{modeReadable: "details.mode_readable", modeText: "details.mode_text", modeHex: "details.mode_hex"}

func (b *bodyPane) openSearch() {
	if b.find.Visible() {
		b.search.open()
	}
}

func (b *bodyPane) openMenu() { showMenuUnder(b.view, b.menu()) }

// menu offers the ways to show the body.
func (b *bodyPane) menu() *fyne.Menu {
	item := func(label string, checked bool, chosen func(*bodyChoice)) *fyne.MenuItem {
		m := fyne.NewMenuItem(label, func() {
			chosen(&b.choice)
			b.view.SetLabel(i18n.T(modeNames[b.choice.mode]))
			b.chosen()
		})
		m.Checked = checked
		return m
	}
	mode := func(m bodyMode) *fyne.MenuItem {
		return item(i18n.T(modeNames[m]), b.choice.mode == m, func(c *bodyChoice) { c.mode = m })
	}
	wrap := fyne.NewMenuItem(i18n.T("details.wrap"), func() { b.lines.setWrap(!b.lines.port.wrap) })
	wrap.Checked = b.lines.port.wrap
	names := []*fyne.MenuItem{item(i18n.T("details.charset_found"), b.choice.charset == "", func(c *bodyChoice) { c.charset = "" })}
	for _, name := range charsets {
		names = append(names, item(strings.ToUpper(name), b.choice.charset == name, func(c *bodyChoice) { c.charset = name }))
	}
	charset := fyne.NewMenuItem(i18n.T("details.charset"), nil)
	charset.ChildMenu = fyne.NewMenu("", names...)
	return fyne.NewMenu("", mode(modeReadable), mode(modeText), mode(modeHex), fyne.NewMenuItemSeparator(), wrap, charset)
}

// showMenuUnder opens a menu under the right edge of an object.
func showMenuUnder(o fyne.CanvasObject, menu *fyne.Menu) {
	driver := fyne.CurrentApp().Driver()
	c := driver.CanvasForObject(o)
	if c == nil {
		return
	}
	pop := widget.NewPopUpMenu(menu, c)
	at := driver.AbsolutePositionForObject(o)
	pop.ShowAtPosition(at.AddXY(min(0, o.Size().Width-pop.MinSize().Width), o.Size().Height))
}
