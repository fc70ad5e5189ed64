package command

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/virtual"
	uiwidget "posthouse/ui/widget"
)

const (
	paletteWidth = 560
	paletteRows  = 12 // in sight
	paletteTop   = 56 // from the window's top
)

// Palette finds a command by typing, over the window.
type Palette struct {
	table  *Table
	canvas fyne.Canvas
	all    []candidate
	found  []candidate
	at     int // chosen among found

	entry *paletteEntry
	rows  *virtual.List
	none  *widget.Label
	popup *widget.PopUp
}

// OpenPalette opens the palette over a canvas.
func (t *Table) OpenPalette(canvas fyne.Canvas) *Palette {
	p := &Palette{table: t, canvas: canvas, all: t.candidates()}
	p.found = find(p.all, "")
	p.entry = newPaletteEntry(p)
	p.rows = &virtual.List{}
	p.rows.Length = func() int { return len(p.found) }
	p.rows.CreateItem = func() fyne.CanvasObject { return newPaletteRow(p) }
	p.rows.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { o.(*paletteRow).show(i) }
	p.rows.HideSeparators = true
	p.rows.ExtendBaseWidget(p.rows)
	p.none = widget.NewLabel(i18n.T("palette.none"))
	p.none.Importance = widget.MediumImportance
	dense := container.NewThemeOverride(p.rows, style.DenseTheme{})
	list := container.New(fixedSize{fyne.NewSize(paletteWidth, paletteRows*style.RowHeight)}, dense, p.none)
	content := container.NewBorder(p.entry, nil, nil, nil, container.New(layout.NewCustomPaddedLayout(4, 0, 0, 0), list))
	p.popup = widget.NewPopUp(container.New(layout.NewCustomPaddedLayout(4, 4, 4, 4), content), canvas)
	p.none.Hide()
	width := p.popup.MinSize().Width
	p.popup.ShowAtPosition(fyne.NewPos(max(0, (canvas.Size().Width-width)/2), min(paletteTop, canvas.Size().Height/10)))
	canvas.Focus(p.entry)
	return p
}

// Close takes the palette away.
func (p *Palette) Close() { p.popup.Hide() }

// find shows what matches.
func (p *Palette) find(query string) {
	p.found, p.at = find(p.all, query), 0
	p.none.Hidden = len(p.found) > 0
	p.none.Refresh()
	p.rows.ScrollToTop()
	p.rows.Refresh()
}

// step chooses another row.
func (p *Palette) step(by int) {
	if len(p.found) == 0 {
		return
	}
	p.at = min(max(p.at+by, 0), len(p.found)-1)
	p.rows.ScrollTo(p.at)
	p.rows.Refresh()
}

// run does what the chosen row says and closes; one that cannot be done now stays.
func (p *Palette) run(at int) {
	if at < 0 || at >= len(p.found) {
		return
	}
	if c := p.found[at].command; c.enabled() {
		p.Close()
		p.table.Run(c)
	}
}

// fixedSize gives all objects one size.
type fixedSize struct{ size fyne.Size }

func (f fixedSize) MinSize([]fyne.CanvasObject) fyne.Size { return f.size }

func (f fixedSize) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		height := size.Height
		if _, label := o.(*widget.Label); label {
			height = o.MinSize().Height
		}
		o.Resize(fyne.NewSize(size.Width, height))
	}
}

// paletteEntry is typed into; arrows and Enter are for the rows.
type paletteEntry struct {
	uiwidget.ListEntry
	palette *Palette
}

func newPaletteEntry(p *Palette) *paletteEntry {
	e := &paletteEntry{palette: p}
	e.Step, e.Page, e.Choose, e.Leave = p.step, paletteRows-1, func() { p.run(p.at) }, p.Close
	e.Extend(e)
	e.SetPlaceHolder(i18n.T("palette.hint"))
	e.OnChanged = p.find
	return e
}

// TypedShortcut closes the palette with the key that opened it.
func (e *paletteEntry) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*desktop.CustomShortcut); ok {
		if open := e.palette.table.Find(PaletteID); open != nil && open.Key.shortcut().ShortcutName() == s.ShortcutName() {
			e.palette.Close()
		}
		return
	}
	e.ListEntry.TypedShortcut(s)
}
