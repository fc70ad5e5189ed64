package ui

import uiwidget "posthouse/ui/widget"

// roomForDetails is the width of list and details together from which the details may
// stand beside the list: there the list still shows what was asked and how it ended.
const roomForDetails = 820

// newSplit puts the details below the list or beside it, as the window was left.
func (w *Window) newSplit() *uiwidget.TurningSplit {
	s := uiwidget.NewTurningSplit(w.listArea, w.details.Object(), roomForDetails)
	s.SetOffsets(w.state.Split, w.state.SplitSide)
	s.OnTurn = func() { w.details.SetBeside(s.Wanted(), s.Fits()) }
	s.SetWanted(w.state.Beside)
	s.OnTurn()
	return s
}

// toggleBeside has the details stand beside the list where there is room, or below it.
func (w *Window) toggleBeside() {
	w.split.SetWanted(!w.split.Wanted())
	if w.list.Selected != 0 {
		w.list.Reveal(w.list.Selected)
	}
}
