package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/ui/style"
)

// body is the list, alone or with the details of the selected exchange.
type body struct {
	object *fyne.Container
	list   fyne.CanvasObject
	split  *container.Split
	both   fyne.CanvasObject // the split, as it is drawn
}

func newBody(list, details fyne.CanvasObject, offset float64) *body {
	b := &body{list: list, split: container.NewVSplit(list, details)}
	b.split.SetOffset(offset)
	b.both = style.CalmSplit(b.split)
	b.object = container.NewStack(list)
	return b
}

// open shows the details, or the list alone; it reports whether that is a change.
func (b *body) open(details bool) bool {
	shown := b.list
	if details {
		shown = b.both
	}
	if b.object.Objects[0] == shown {
		return false
	}
	b.object.Objects = []fyne.CanvasObject{shown}
	b.object.Refresh()
	return true
}
