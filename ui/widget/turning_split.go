package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/ui/style"
)

// TurningSplit has two parts beside each other where that is wanted and there is room,
// else one below the other. Each way has its own offset. It belongs to the UI goroutine.
type TurningSplit struct {
	Object fyne.CanvasObject
	OnTurn func() // whether the parts stand beside each other changed, or whether there is room for it

	split  *container.Split
	room   float32 // the width from which there is room
	wanted bool
	fits   bool    // there is room, as far as is known
	other  float64 // the offset of the way that it does not stand now
}

// NewTurningSplit has the first part take its share of the height or, beside the second, of the width.
func NewTurningSplit(first, second fyne.CanvasObject, room float32) *TurningSplit {
	split, shown := style.CalmSplit(first, second)
	s := &TurningSplit{split: split, room: room, other: 0.5}
	s.Object = container.New(turningLayout{s}, shown)
	return s
}

// SetOffsets sets the shares of the first part, 0 to 1.
func (s *TurningSplit) SetOffsets(below, beside float64) {
	if s.split.Horizontal {
		below, beside = beside, below
	}
	s.other = beside
	s.split.SetOffset(below)
}

// Offsets are the shares of the first part.
func (s *TurningSplit) Offsets() (below, beside float64) {
	if s.split.Horizontal {
		return s.other, s.split.Offset
	}
	return s.split.Offset, s.other
}

// SetWanted says whether the parts shall stand beside each other.
func (s *TurningSplit) SetWanted(beside bool) {
	if s.wanted != beside {
		s.wanted = beside
		s.turn()
		s.told()
	}
}

// Wanted is what SetWanted said.
func (s *TurningSplit) Wanted() bool { return s.wanted }

// Fits reports whether there is room for both beside each other.
func (s *TurningSplit) Fits() bool { return s.fits }

// Beside reports whether the parts stand beside each other.
func (s *TurningSplit) Beside() bool { return s.split.Horizontal }

// turn has the parts stand as they are to.
func (s *TurningSplit) turn() {
	if beside := s.wanted && s.fits; beside != s.split.Horizontal {
		s.split.Horizontal = beside
		s.split.Offset, s.other = s.other, s.split.Offset
		s.split.Refresh()
	}
}

func (s *TurningSplit) told() {
	if s.OnTurn != nil {
		s.OnTurn()
	}
}

// turningLayout turns the split as its width asks for.
type turningLayout struct{ s *TurningSplit }

// MinSize is that of the parts one below the other, however they stand: else a window
// with both beside each other could not be made narrow.
func (l turningLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	first, second := l.s.split.Leading.MinSize(), l.s.split.Trailing.MinSize()
	height := first.Height + second.Height
	if l.s.split.Horizontal {
		height = max(first.Height, second.Height)
	}
	return fyne.NewSize(max(first.Width, second.Width), height)
}

func (l turningLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	s := l.s
	if fits := size.Width >= s.room; fits != s.fits {
		s.fits = fits
		s.turn()
		s.told()
	}
	objects[0].Resize(size)
}
