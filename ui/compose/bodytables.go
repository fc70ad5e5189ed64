package compose

import (
	"fyne.io/fyne/v2"

	"posthouse/app/compose"
)

// BodyTables are the editor's tables of a form, and of the parts of a body, for a message that is
// edited elsewhere. They belong to the UI goroutine.
type BodyTables struct {
	Form, Parts fyne.CanvasObject
	form, parts *table
}

// NewBodyTables makes tables of the body of draft. changed is called after each change that a person
// made, and file for the part whose button was pressed; the rest is as in NewHeadTable.
func NewBodyTables(draft func() *compose.Draft, changed func(), file func(part int), refused func(text string),
	window func(fyne.Shortcut), escape func()) *BodyTables {
	b := &BodyTables{form: newTableElsewhere(pairRows{draft}, changed, refused, window, escape),
		parts: newTableElsewhere(partRows{draft}, changed, refused, window, escape)}
	b.parts.button = file
	b.Form, b.Parts = b.form.object, b.parts.object
	return b
}

// Show shows the body as it is now; one that is readOnly can be read alone.
func (b *BodyTables) Show(readOnly bool) {
	for _, t := range [...]*table{b.form, b.parts} {
		t.readOnly = readOnly
		t.refresh()
	}
}

// Has reports whether an object is one of the tables'.
func (b *BodyTables) Has(o fyne.Focusable) bool { return b.form.has(o) || b.parts.has(o) }

// EditPair changes a pair of the form as a person does: column 0 is its name, 1 its value.
func (b *BodyTables) EditPair(pair, column int, text string) { b.form.edit(pair, column, text) }

// EditPart is EditPair for a part.
func (b *BodyTables) EditPart(part, column int, text string) { b.parts.edit(part, column, text) }
