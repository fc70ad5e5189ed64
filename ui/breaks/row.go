package breaks

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/breakpoints"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// row is one message in the queue: what it is, of whom, and how long it still waits.
type row struct {
	widget.BaseWidget
	room   *Room
	object fyne.CanvasObject
	name   *uiwidget.CutLabel
	what   *uiwidget.CutLabel
	left   *canvas.Text
}

func newRow(r *Room) *row {
	w := &row{room: r, name: uiwidget.NewCutLabel(theme.ColorNameForeground), what: uiwidget.NewCutLabel(style.ColorMuted),
		left: canvas.NewText("", style.ThemeColor(style.ColorMuted))}
	w.name.Bold = true
	w.left.TextSize, w.what.Shown.TextSize = 12, 11
	w.object = container.New(layout.NewCustomPaddedLayout(2, 2, 8, 8),
		container.NewBorder(nil, nil, nil, container.NewCenter(w.left), container.New(uiwidget.TightColumn{}, w.name, w.what)))
	w.ExtendBaseWidget(w)
	return w
}

func (w *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(w.object) }

// show shows a message.
func (w *row) show(m *breakpoints.Message) {
	w.name.Set(title(w.room, m))
	what := partName(m)
	if m.Row.App != "" {
		what += "  ·  " + visible.Text(m.Row.App)
	}
	if m.Label != "" {
		what += "  ·  " + visible.Text(m.Label)
	}
	w.what.Set(what)
	text := left(m)
	wider := len(text) != len(w.left.Text)
	uiwidget.SetText(w.left, text, style.ThemeColor(style.ColorMuted))
	if wider {
		w.object.Refresh()
	}
}

// title is what a message is of, without secrets while these are hidden.
func title(r *Room, m *breakpoints.Message) string {
	row := r.deps.Mask(&m.Row)
	text := row.Method + " " + words.ShortText(row.URL(), 400)
	if m.Part == breakpoints.Response {
		text = words.CountText(row.Status) + " " + text
	}
	return visible.Text(text)
}
