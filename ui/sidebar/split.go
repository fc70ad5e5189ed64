package sidebar

import (
	"image/color"

	uiwidget "posthouse/ui/widget"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const (
	// minSide is how narrow the sidebar may be dragged.
	minSide = 120
	// minBeside is what the list keeps: in a window too narrow for both the
	// sidebar makes room, and is not shown where that leaves it less than minSide.
	minBeside = 808
	// gripWidth is the part of the edge that takes hold.
	gripWidth = 7
)

// sideSplit puts the sidebar beside the list, with an edge that can be dragged.
type sideSplit struct {
	object *fyne.Container
	side   fyne.CanvasObject
	edge   *sideEdge
	main   fyne.CanvasObject
	width  float32 // as wanted
	hidden bool
}

func newSideSplit(side, main fyne.CanvasObject, width float32) *sideSplit {
	s := &sideSplit{side: side, main: main, width: width, hidden: true}
	s.edge = newSideEdge(s)
	s.object = container.New(s, side, main, s.edge)
	return s
}

// setHidden takes the sidebar away, or brings it back.
func (s *sideSplit) setHidden(hidden bool) {
	if s.hidden != hidden {
		s.hidden = hidden
		s.object.Refresh()
	}
}

// Layout keeps the sidebar's width while the window's changes.
func (s *sideSplit) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	width := min(s.width, size.Width-minBeside)
	shown := !s.hidden && width >= minSide
	uiwidget.SetShown(s.side, shown)
	uiwidget.SetShown(s.edge, shown)
	if !shown {
		width = 0
	} else {
		s.side.Resize(fyne.NewSize(width, size.Height))
		s.side.Move(fyne.NewPos(0, 0))
		s.edge.Resize(fyne.NewSize(gripWidth, size.Height))
		s.edge.Move(fyne.NewPos(width-gripWidth/2, 0))
		width++ // the line
	}
	s.main.Move(fyne.NewPos(width, 0))
	s.main.Resize(fyne.NewSize(size.Width-width, size.Height))
}

// MinSize is the list's.
func (s *sideSplit) MinSize([]fyne.CanvasObject) fyne.Size { return s.main.MinSize() }

// sideEdge is the line between the sidebar and the list.
type sideEdge struct {
	widget.BaseWidget
	split *sideSplit
	line  *canvas.Rectangle
}

func newSideEdge(s *sideSplit) *sideEdge {
	e := &sideEdge{split: s, line: canvas.NewRectangle(color.Transparent)}
	e.ExtendBaseWidget(e)
	return e
}

// Dragged makes the sidebar wider or narrower.
func (e *sideEdge) Dragged(d *fyne.DragEvent) {
	s := e.split
	s.width = max(minSide, min(s.width+d.Dragged.DX, s.object.Size().Width-minBeside))
	s.object.Refresh()
}

// DragEnd does nothing.
func (e *sideEdge) DragEnd() {}

// Cursor says that the edge can be dragged.
func (e *sideEdge) Cursor() desktop.Cursor { return desktop.HResizeCursor }

func (e *sideEdge) CreateRenderer() fyne.WidgetRenderer { return &sideEdgeRenderer{e} }

type sideEdgeRenderer struct{ e *sideEdge }

func (r *sideEdgeRenderer) Layout(size fyne.Size) {
	r.e.line.Move(fyne.NewPos(gripWidth/2, 0))
	r.e.line.Resize(fyne.NewSize(1, size.Height))
	r.Refresh()
}

func (r *sideEdgeRenderer) MinSize() fyne.Size { return fyne.NewSize(gripWidth, 1) }

func (r *sideEdgeRenderer) Refresh() {
	if tint := theme.Color(theme.ColorNameSeparator); r.e.line.FillColor != tint {
		r.e.line.FillColor = tint
		r.e.line.Refresh()
	}
}

func (r *sideEdgeRenderer) Destroy() {}

func (r *sideEdgeRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.e.line} }

var (
	_ fyne.Draggable     = (*sideEdge)(nil)
	_ desktop.Cursorable = (*sideEdge)(nil)
)
