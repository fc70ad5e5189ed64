package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/app"
	"posthouse/ui/details"
	uiwidget "posthouse/ui/widget"
)

// body is the list, alone or with the details of the selected exchange below or beside it.
type body struct {
	object *fyne.Container
	list   fyne.CanvasObject
	split  *uiwidget.TurningSplit
}

// roomForDetails is the width of list and details together from which the details may
// stand beside the list: there the list still shows what was asked and how it ended.
const roomForDetails = 820

// newBody puts the details where they were when the window was left.
func newBody(list fyne.CanvasObject, d *details.Details, left *app.WindowState) *body {
	s := uiwidget.NewTurningSplit(list, d.Object(), roomForDetails)
	s.SetOffsets(left.Split, left.SplitSide)
	s.OnTurn = func() { d.SetBeside(s.Wanted(), s.Fits()) }
	s.SetWanted(left.Beside)
	return &body{list: list, split: s, object: container.NewStack(list)}
}

// open shows the details, or the list alone; it reports whether that is a change.
func (b *body) open(details bool) bool {
	shown := b.list
	if details {
		shown = b.split.Object
	}
	if b.object.Objects[0] == shown {
		return false
	}
	b.object.Objects = []fyne.CanvasObject{shown}
	b.object.Refresh()
	return true
}
