package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/words"
)

// diskMeter says in the status bar how full the disk tier is, and what is not there. It is
// hidden where nothing stays on the disk. Resting on it says more; a click opens its settings.
type diskMeter struct {
	widget.BaseWidget
	status app.HistoryStatus
	tapped func()
	tip    func(in bool)

	track, fill *canvas.Rectangle
	label       *canvas.Text
	share       float32
}

var (
	_ fyne.Tappable      = (*diskMeter)(nil)
	_ desktop.Cursorable = (*diskMeter)(nil)
	_ desktop.Hoverable  = (*diskMeter)(nil)
)

func newDiskMeter() *diskMeter {
	m := &diskMeter{track: canvas.NewRectangle(color.Transparent), fill: canvas.NewRectangle(color.Transparent),
		label: canvas.NewText("", color.Black), tapped: func() {}, tip: func(bool) {}}
	m.track.CornerRadius, m.fill.CornerRadius = 3, 3
	m.label.TextSize = 12
	m.ExtendBaseWidget(m)
	m.Hide()
	return m
}

// text is what stands beside the meter.
func (m *diskMeter) text() (text string, tint color.Color) {
	s := &m.status
	switch not := notOnDisk(&s.Stats.NotOnDisk); {
	case s.Err != nil || !s.Stats.Problem.IsZero():
		return i18n.T("history.trouble"), theme.Color(theme.ColorNameWarning)
	case s.Private:
		return i18n.T("history.private"), theme.Color(theme.ColorNameWarning)
	case not > 0:
		return i18n.T("history.meter.not", words.SizeText(s.Stats.Bytes), words.SizeText(s.Stats.Budget), words.CountText(not)),
			style.ThemeColor(style.ColorMuted)
	}
	return i18n.T("history.meter", words.SizeText(m.status.Stats.Bytes), words.SizeText(m.status.Stats.Budget)),
		style.ThemeColor(style.ColorMuted)
}

// show draws where the history stands; it reports whether that is as wide as before.
func (m *diskMeter) show(s app.HistoryStatus) (same bool) {
	m.status = s
	hidden := !s.On && s.Err == nil
	text, tint := m.text()
	share := float32(0)
	if s.Stats.Budget > 0 {
		share = min(1, float32(s.Stats.Bytes)/float32(s.Stats.Budget))
	}
	track := theme.Color(theme.ColorNameSeparator)
	if hidden == m.Hidden && m.label.Text == text && m.label.Color == tint && m.share == share && m.track.FillColor == track {
		return true
	}
	same = hidden == m.Hidden && len(m.label.Text) == len(text)
	m.Hidden, m.share = hidden, share
	m.label.Text, m.label.Color = text, tint
	m.track.FillColor, m.fill.FillColor = track, style.ThemeColor(style.ColorInfo)
	m.Refresh()
	return same
}

// Tapped opens the settings.
func (m *diskMeter) Tapped(*fyne.PointEvent) { m.tapped() }

// Cursor shows that there is something to click.
func (m *diskMeter) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn tells of the pointer.
func (m *diskMeter) MouseIn(*desktop.MouseEvent) { m.tip(true) }

// MouseMoved does nothing.
func (m *diskMeter) MouseMoved(*desktop.MouseEvent) {}

// MouseOut tells of the pointer.
func (m *diskMeter) MouseOut() { m.tip(false) }

func (m *diskMeter) CreateRenderer() fyne.WidgetRenderer { return &diskMeterRenderer{m} }

type diskMeterRenderer struct{ m *diskMeter }

func (r *diskMeterRenderer) MinSize() fyne.Size {
	text := fyne.MeasureText(r.m.label.Text, r.m.label.TextSize, r.m.label.TextStyle)
	return fyne.NewSize(14+meterWidth+8+text.Width, max(text.Height, 18))
}

func (r *diskMeterRenderer) Layout(size fyne.Size) {
	at := fyne.NewPos(14, (size.Height-meterHeight)/2)
	r.m.track.Move(at)
	r.m.track.Resize(fyne.NewSize(meterWidth, meterHeight))
	r.m.fill.Move(at)
	r.m.fill.Resize(fyne.NewSize(max(meterHeight, meterWidth*r.m.share), meterHeight))
	r.m.label.Move(fyne.NewPos(14+meterWidth+8, 0))
	r.m.label.Resize(fyne.NewSize(size.Width-22-meterWidth, size.Height))
}

func (r *diskMeterRenderer) Refresh() {
	r.Layout(r.m.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *diskMeterRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.m.track, r.m.fill, r.m.label}
}

func (r *diskMeterRenderer) Destroy() {}
