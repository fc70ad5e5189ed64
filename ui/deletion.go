package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// askFrom is how many rows are deleted only after a question: the way back is there for seconds, and not for all.
const askFrom = 20

// doomed is what is about to be deleted.
type doomed struct {
	ids       []flow.ID // those that have ended
	flight    int       // how many others are under way, and stay
	annotated int       // of ids, those about which something is said
	undoable  bool      // they may be brought back
}

// doom looks at rows that are to be deleted.
func (k *marks) doom(ids []flow.ID) (d doomed) {
	for _, id := range ids {
		row, ok := k.controller.Exchanges().Row(id)
		switch {
		case !ok:
			continue
		case !row.Phase.Final():
			d.flight++
			continue
		case row.Annotated():
			d.annotated++
		}
		d.ids = append(d.ids, id)
	}
	d.undoable = k.controller.Exchanges().MayUndo(d.ids)
	return d
}

// remove deletes rows, and asks before where they are many or something is said about
// some of them.
func (k *marks) remove(ids []flow.ID) {
	if !k.live() {
		return // its file keeps them
	}
	k.work(func() func() {
		d := k.doom(ids)
		return func() {
			switch {
			case len(d.ids) == 0 && d.flight > 0:
				k.notices.answer(notice{source: source{kind: ofMarking, what: "delete"}, text: i18n.T("delete.flight")})
			case len(d.ids) >= askFrom || d.annotated > 0:
				k.askRemove(d)
			case len(d.ids) > 0:
				k.removed(d.ids)
			}
		}
	})
}

// askRemove asks whether rows may go.
func (k *marks) askRemove(d doomed) {
	lines := []string{i18n.T("delete.text")}
	if d.undoable {
		lines[0] = i18n.T("delete.text.undo")
	}
	if d.annotated > 0 {
		lines = append(lines, i18n.N("delete.annotated", d.annotated, words.CountText(d.annotated)))
	}
	if d.flight > 0 {
		lines = append(lines, i18n.N("delete.flight_stay", d.flight, words.CountText(d.flight)))
	}
	box := container.NewVBox()
	for _, line := range lines {
		text := widget.NewLabel(line)
		text.Wrapping = fyne.TextWrapWord
		box.Add(text)
	}
	ask := dialog.NewCustomWithoutButtons(i18n.N("delete.title", len(d.ids), words.CountText(len(d.ids))), box, k.win)
	ok := uiwidget.NewKeyButton(i18n.T("delete"), func() {
		ask.Hide()
		k.removed(d.ids)
	}, ask.Hide)
	ok.Importance = widget.DangerImportance
	ask.SetButtons([]fyne.CanvasObject{uiwidget.NewKeyButton(i18n.T("settings.cancel"), ask.Hide, ask.Hide), ok})
	ask.Resize(fyne.NewSize(420, ask.MinSize().Height))
	k.open(ask)
	k.win.Canvas().Focus(ok) // Enter deletes, Escape leaves
}

// removed deletes rows that may go.
func (k *marks) removed(ids []flow.ID) {
	k.notices.withdraw(ofMarking)
	k.work(func() func() {
		n, undo := k.controller.Exchanges().DeleteUndoably(ids...)
		return func() {
			k.deleted()
			if undo != nil {
				k.offerUndo(n, undo)
			}
		}
	})
}

// offerUndo says that rows were deleted, and brings them back. When that is out of sight nothing of them is
// kept for it.
func (k *marks) offerUndo(n int, undo *history.Deleted) {
	from := source{kind: ofMarking, what: "deleted"}
	k.notices.answer(notice{source: from, text: i18n.N("delete.done", n, words.CountText(n)), good: true,
		remedy: i18n.T("delete.undo"), gone: func() { undo = nil },
		act: func() {
			rows := undo
			k.notices.withdraw(ofMarking)
			if rows == nil {
				return
			}
			k.work(func() func() {
				back := rows.Undo()
				return func() {
					if !back {
						k.notices.answer(notice{source: from, text: i18n.T("delete.undo.failed")})
					}
				}
			})
		}})
}
