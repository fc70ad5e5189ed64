package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// wheel lies over what a page scrolls, is not seen, and takes nothing but the wheel: an
// entry of several lines would keep it to itself, and the page would stop there.
type wheel struct {
	widget.BaseWidget
	page *container.Scroll
}

var _ fyne.Scrollable = (*wheel)(nil)

// NewPageScroll scrolls o up and down, wherever in it the pointer is.
func NewPageScroll(o fyne.CanvasObject) *container.Scroll {
	page := container.NewVScroll(nil)
	w := &wheel{page: page}
	w.ExtendBaseWidget(w)
	page.Content = container.NewStack(o, w)
	return page
}

// Scrolled is the wheel.
func (w *wheel) Scrolled(e *fyne.ScrollEvent) { w.page.Scrolled(e) }

// CreateRenderer draws nothing.
func (w *wheel) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(color.Transparent))
}
