package details

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

// bodyPane shows one body: a bar that says what it is, notices of what is
// missing, a search, and the body as lines or as a picture.
type bodyPane struct {
	chosen func() // a person wants it shown in another way
	search *document.SearchBar
	ask    *document.AskBar
	// wantFind has the search opened with the next body that is shown.
	wantFind bool
	wantAsk  bool // the same for what asks it

	shown  *document.Prepared
	choice document.Choice

	info    *uiwidget.CutLabel
	find    *uiwidget.BarButton
	asking  *uiwidget.BarButton
	view    *uiwidget.BarButton
	notices *uiwidget.NoticeBox
	lines   *document.LineView
	picture *canvas.Image
	frame   *fyne.Container // of the picture
	head    *fyne.Container
	object  *fyne.Container
}

func newBodyPane(w *document.Worker, copyOut func(func(int) (string, bool)), chosen func()) *bodyPane {
	b := &bodyPane{chosen: chosen, lines: document.NewLineView(copyOut), notices: uiwidget.NewNoticeBox(),
		info:    uiwidget.NewCutLabel(style.ColorMuted),
		picture: &canvas.Image{FillMode: canvas.ImageFillContain}}
	b.lines.Port.Numbers = true
	b.search = document.NewSearchBar(w, b.lines)
	b.ask = document.NewAskBar(w, b.lines)
	b.ask.Shown = func() { b.search.Changed(false) }
	b.find = uiwidget.NewBarButton(theme.SearchIcon(), b.openSearch)
	b.asking = uiwidget.NewBarButton(nil, b.ask.Open)
	b.asking.Label = "jq"
	b.view = uiwidget.NewBarButton(theme.MenuDropDownIcon(), b.openMenu)
	b.view.IconLast = true
	b.lines.OnFind = b.openSearch
	b.lines.OnKey = b.search.Key
	b.picture.ScaleMode = canvas.ImageScaleFastest // it was made smaller on the worker's goroutine
	b.frame = container.New(&pictureLayout{b}, uiwidget.NewShade(style.ColorPictureBack), b.picture)
	b.frame.Hide()
	body := container.NewStack(uiwidget.NewLowered(b.lines), b.frame)
	b.head = container.New(uiwidget.TightColumn{}, uiwidget.NewBar(b.info, b.asking, b.find, b.view), b.notices.Object,
		b.ask.Object, b.search.Object)
	b.object = uiwidget.NewPage(b.head, body)
	b.search.Parent, b.ask.Parent = b.object.Refresh, b.object.Refresh
	return b
}

// show puts a body into view; same is whether it is a newer state of the one that was.
func (b *bodyPane) show(p *document.Prepared, same bool) {
	if b.shown == p {
		return
	}
	b.shown = p
	b.showPicture()
	_, text := p.Doc.(*document.TextDoc)
	b.lines.Port.Numbers = text
	if same {
		b.lines.Replace(p.Doc)
	} else {
		b.lines.Display(p.Doc)
	}
	b.ask.Changed(p)
	b.search.Changed(same)
	b.retranslate()
	if b.wantFind && b.find.Visible() {
		b.findSoon()
	}
	if b.wantAsk {
		b.askSoon()
	}
}

func (b *bodyPane) showPicture() {
	p := b.shown
	uiwidget.SetShown(b.lines, p.Picture == nil)
	uiwidget.SetShown(b.frame, p.Picture != nil)
	b.picture.Image = p.Picture
	if p.Picture != nil {
		b.frame.Refresh()
	}
}

// pictureLayout puts the picture and what is behind it in the middle, no larger
// than the picture is.
type pictureLayout struct{ pane *bodyPane }

func (*pictureLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(60, 30) }

func (l *pictureLayout) Layout(objects []fyne.CanvasObject, room fyne.Size) {
	if l.pane.shown == nil || l.pane.shown.Picture == nil {
		return
	}
	size := l.pane.shown.Picture.Bounds().Size()
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
	b.choice, b.wantFind = document.Choice{}, false
	b.wantAsk = false
	b.show(&document.Prepared{}, false)
}

func (b *bodyPane) retranslate() {
	p := b.shown
	if p == nil {
		return
	}
	b.info.Set(document.InfoText(p))
	b.view.SetLabel(i18n.T(modeNames[b.choice.Mode]))
	b.find.SetVisible(p.Doc != nil && p.Doc.Len() > 0)
	b.view.SetVisible(p.Size > 0)
	b.asking.SetVisible(b.ask.Can())
	var words []string
	for _, n := range p.Notices {
		words = append(words, n.Text())
	}
	if b.notices.Show(words) {
		b.object.Refresh()
	}
	b.search.Retranslate()
	b.ask.Retranslate()
}

// modeNames are keys of the catalogue.
var modeNames = map[document.Mode]string{document.ModeReadable: "details.mode_readable", document.ModeText: "details.mode_text",
	document.ModeHex: "details.mode_hex"}

func (b *bodyPane) openSearch() {
	if b.find.Visible() {
		b.search.Open()
	}
}

// findSoon opens the search, or has the next body that is shown open it.
func (b *bodyPane) findSoon() {
	b.wantFind = !b.find.Visible()
	b.openSearch()
}

// askSoon opens the box that asks the body, or has the next body that is shown open it.
func (b *bodyPane) askSoon() {
	b.wantAsk = !b.wantAsk && !b.ask.Can()
	b.ask.Open()
}

func (b *bodyPane) openMenu() { showMenuUnder(b.view, b.menu()) }

// menu offers the ways to show the body.
func (b *bodyPane) menu() *fyne.Menu {
	item := func(label string, checked bool, chosen func(*document.Choice)) *fyne.MenuItem {
		m := fyne.NewMenuItem(label, func() {
			chosen(&b.choice)
			b.view.SetLabel(i18n.T(modeNames[b.choice.Mode]))
			b.chosen()
		})
		m.Checked = checked
		return m
	}
	mode := func(m document.Mode) *fyne.MenuItem {
		return item(i18n.T(modeNames[m]), b.choice.Mode == m, func(c *document.Choice) { c.Mode = m })
	}
	wrap := fyne.NewMenuItem(i18n.T("details.wrap"), func() { b.lines.SetWrap(!b.lines.Port.Wrap) })
	wrap.Checked = b.lines.Port.Wrap
	names := []*fyne.MenuItem{item(i18n.T("details.charset_found"), b.choice.Charset == "", func(c *document.Choice) { c.Charset = "" })}
	for _, name := range document.Charsets {
		names = append(names, item(strings.ToUpper(name), b.choice.Charset == name, func(c *document.Choice) { c.Charset = name }))
	}
	charset := fyne.NewMenuItem(i18n.T("details.charset"), nil)
	charset.ChildMenu = fyne.NewMenu("", names...)
	return fyne.NewMenu("", mode(document.ModeReadable), mode(document.ModeText), mode(document.ModeHex), fyne.NewMenuItemSeparator(),
		wrap, charset)
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
