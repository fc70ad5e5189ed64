package widget

import (
	"image/color"
	"time"

	"posthouse/ui/words"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// tipPause is how long the pointer must rest on something before its tip shows.
const tipPause = 600 * time.Millisecond

// Tip is a few words below what the pointer rests on. It lies over the content and
// takes no part in clicks and hovering.
type Tip struct {
	Layer *fyne.Container // as large as the window, without a layout of its own
	Box   *fyne.Container
	back  *canvas.Rectangle
	lines *fyne.Container
	do    func(func())
	timer *time.Timer
	over  fyne.CanvasObject // what the pointer rests on; nil: nothing with a tip
}

// NewTip makes a tip that is not shown; do runs a function on the UI goroutine.
func NewTip(do func(func())) *Tip {
	t := &Tip{back: canvas.NewRectangle(color.Transparent), lines: container.NewVBox(), do: do}
	t.back.CornerRadius, t.back.StrokeWidth = 4, 1
	t.Box = container.NewStack(t.back, container.New(layout.NewCustomPaddedLayout(4, 4, 8, 8), t.lines))
	t.Box.Hide()
	t.Layer = container.NewWithoutLayout(t.Box)
	return t
}

// Hover tells that the pointer has come over something, or left it.
func (t *Tip) Hover(o fyne.CanvasObject, in bool, text func() string) {
	t.Close()
	if !in {
		return
	}
	t.over = o
	t.timer = time.AfterFunc(tipPause, func() {
		t.do(func() {
			if t.over == o {
				t.Show(o, text())
			}
		})
	})
}

// Close takes the tip away.
func (t *Tip) Close() {
	if t.timer != nil {
		t.timer.Stop()
	}
	t.over = nil
	t.Box.Hide()
}

// Show says a text beside an object, or nothing for "".
func (t *Tip) Show(o fyne.CanvasObject, text string) {
	if text == "" {
		return
	}
	t.back.FillColor, t.back.StrokeColor = theme.Color(theme.ColorNameOverlayBackground), theme.Color(theme.ColorNameInputBorder)
	t.lines.Objects = nil
	for _, line := range words.SplitLines(text) {
		c := canvas.NewText(words.VisibleText(line), theme.Color(theme.ColorNameForeground))
		c.TextSize = theme.CaptionTextSize()
		t.lines.Add(c)
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
	size := t.Box.MinSize()
	x := max(4, min(at.X, t.Layer.Size().Width-size.Width-4))
	y := at.Y + o.Size().Height + 2
	if y+size.Height > t.Layer.Size().Height {
		y = max(4, at.Y-size.Height-2) // above, where there is no room below
	}
	t.Box.Resize(size)
	t.Box.Move(fyne.NewPos(x, y))
	t.Box.Show()
	t.Box.Refresh()
}
