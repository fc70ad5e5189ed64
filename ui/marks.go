package ui

import (
	"fyne.io/fyne/v2"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// marks gives rows the colours that a person chose. It belongs to the UI goroutine.
type marks struct {
	*services
	memory     *memory
	notices    *notices
	showColumn func() // has the list show marks
	remember   func() // writes down how the window stands
}

// markShown is what is remembered once the first mark has brought its column into
// sight: whoever hides the column after that wants it hidden.
const markShown = "mark column"

// set marks a row.
func (k *marks) set(id flow.ID, m flow.Mark) {
	store := k.controller.Store()
	row, there := store.Row(id)
	said := row.Annotation
	said.Mark = m
	if !store.Annotate(id, said) {
		if there {
			k.notices.answer(notice{source: source{kind: ofMarking}, text: i18n.T("mark.full")})
		}
		return
	}
	k.notices.withdraw(ofMarking)
	if m == flow.MarkNone {
		return
	}
	k.memory.Mark = m.String()
	if !k.memory.said(markShown) {
		k.showColumn()
		k.memory.say(markShown)
		k.remember() // with the column: a crash must not leave it hidden for good
	}
}

// toggle marks a row with the colour used last, or takes its mark off.
func (k *marks) toggle(id flow.ID) {
	row, ok := k.controller.Store().Row(id)
	if !ok {
		return
	}
	m := flow.MarkNone
	if row.Mark == flow.MarkNone {
		if m, ok = flow.ParseMark(k.memory.Mark); !ok {
			m = flow.MarkRed
		}
	}
	k.set(id, m)
}

// menu has the colours that a row can be marked with below it.
func (k *marks) menu(row *flow.Row) *fyne.MenuItem {
	item := fyne.NewMenuItem(i18n.T("row.mark"), nil)
	item.ChildMenu = fyne.NewMenu("")
	for _, m := range append([]flow.Mark{flow.MarkNone}, flow.Marks[:]...) {
		color := fyne.NewMenuItem(words.MarkText(m), func() { k.set(row.ID, m) })
		color.Icon, color.Checked = uiwidget.MarkPicture(m), row.Mark == m
		item.ChildMenu.Items = append(item.ChildMenu.Items, color)
	}
	return item
}
