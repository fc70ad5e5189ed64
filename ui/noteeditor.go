package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// noteEditor is a small dialog in which the note about some rows is written.
type noteEditor struct {
	marks  *marks
	rows   rowStore
	ids    []flow.ID
	entry  *noteEntry
	bound  *widget.Label // says that a note is as long as may be
	shown  string        // as the entry had it at first
	dialog *dialog.CustomDialog
}

// note opens the editor for the note about rows. Where these have different ones it begins
// empty, and leaves them as they are unless something is written.
func (k *marks) note(ids []flow.ID) {
	row, ok := k.tiers.Row(first(ids))
	if !ok {
		return
	}
	same := k.all(ids[:min(len(ids), atOnce)], func(a *flow.Annotation) bool { return a.Note == row.Note })
	e := &noteEditor{marks: k, rows: k.tiers, ids: ids, entry: newNoteEntry(), bound: widget.NewLabel("")}
	if same {
		e.shown = visible.Lines(row.Note) // what has no shape is shown; written anew it is what is read here
	} else {
		e.entry.SetPlaceHolder(i18n.T("note.differ"))
	}
	e.entry.SetText(e.shown)
	e.entry.save, e.entry.leave = e.save, func() { e.dialog.Hide() }
	e.entry.OnChanged = e.changed
	e.bound.Importance = widget.LowImportance
	title := i18n.T("note.title", words.CountText(uint64(ids[0])))
	if len(ids) > 1 {
		title = i18n.T("note.title_several", words.CountText(len(ids)))
	}
	e.dialog = dialog.NewCustomWithoutButtons(title, container.NewBorder(nil, e.bound, nil, nil, e.entry), k.win)
	save := uiwidget.NewKeyButton(i18n.T("settings.save"), e.save, e.dialog.Hide)
	save.Importance = widget.HighImportance
	e.dialog.SetButtons([]fyne.CanvasObject{uiwidget.NewKeyButton(i18n.T("settings.cancel"), e.dialog.Hide, e.dialog.Hide), save})
	e.dialog.Resize(fyne.NewSize(460, 270))
	e.changed(e.shown)
	k.open(e.dialog)
	k.win.Canvas().Focus(e.entry)
	for _, key := range []fyne.KeyName{fyne.KeyPageDown, fyne.KeyEnd} { // to where the text ends
		e.entry.TypedKey(&fyne.KeyEvent{Name: key})
	}
}

func first(ids []flow.ID) flow.ID {
	if len(ids) == 0 {
		return 0
	}
	return ids[0]
}

// changed keeps a note within its bound, and says how it can be saved.
func (e *noteEditor) changed(text string) {
	if len(text) > flow.MaxNote {
		e.entry.SetText(flow.NoteOf(text)) // which calls this again
		return
	}
	hint := i18n.T("note.hint", noteKey())
	if len(text) > flow.MaxNote-200 {
		hint = i18n.T("note.full", words.CountText(len(text)), words.CountText(flow.MaxNote))
	}
	if e.bound.Text != hint {
		e.bound.SetText(hint)
	}
}

// noteKey is the key that saves a note.
func noteKey() string {
	if ctrl == fyne.KeyModifierSuper {
		return "Cmd+Enter"
	}
	return "Ctrl+Enter"
}

// save keeps what was written, if anything was.
func (e *noteEditor) save() {
	text := e.entry.Text
	e.dialog.Hide()
	if text == e.shown {
		return
	}
	e.marks.annotateIn(e.rows, e.ids, func(a *flow.Annotation) { a.Note = flow.NoteOf(text) }, func() {
		if text != "" {
			e.marks.reveal(list.NoteColumn)
		}
	})
}

// noteEntry is an entry of some lines. Ctrl+Enter saves, Escape leaves, Tab goes on.
type noteEntry struct {
	widget.Entry
	save, leave func()
}

func newNoteEntry() *noteEntry {
	e := &noteEntry{}
	e.MultiLine = true
	e.Wrapping = fyne.TextWrapWord
	e.ExtendBaseWidget(e)
	return e
}

// AcceptsTab leaves the key to the dialog.
func (e *noteEntry) AcceptsTab() bool { return false }

// TypedKey hands Escape on.
func (e *noteEntry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		e.leave()
		return
	}
	e.Entry.TypedKey(k)
}

// TypedShortcut saves, and pastes no more than there is room for: the toolkit would lay
// all of it out.
func (e *noteEntry) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *desktop.CustomShortcut:
		if s.Modifier == ctrl && (s.KeyName == fyne.KeyReturn || s.KeyName == fyne.KeyEnter) {
			e.save()
			return
		}
	case *fyne.ShortcutPaste:
		e.Entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: shortClipboard{s.Clipboard}})
		return
	}
	e.Entry.TypedShortcut(s)
}

// shortClipboard holds no more than a note may.
type shortClipboard struct{ fyne.Clipboard }

func (c shortClipboard) Content() string { return flow.NoteOf(c.Clipboard.Content()) }
