package compose

import (
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/app/compose"
)

// writing goes to a place, and to another tab by a key; what is typed then is typed blindly.
func (r *testRoom) writing(in fyne.Focusable) {
	r.t.Helper()
	c := r.win.Canvas()
	if c.Focus(in); c.Focused() != in {
		r.t.Fatalf("the focus is at %T", c.Focused())
	}
	r.Step(1)
	if at := c.Focused(); at != nil {
		at.TypedRune('x')
	}
}

// What is typed into a place of one request is not written into another one, whose body has another
// form or whose head is shorter.
func TestWhatIsWrittenInATabStaysThere(t *testing.T) {
	r := openRoom(t, roomOptions{})
	first, second := compose.New(), compose.New()
	for range 9 {
		first.Head.Lines = append(first.Head.Lines, compose.Line{Name: "A", Sep: ": ", Value: "b", End: "\r\n"})
	}
	_ = first.SetBytes([]byte("a text"))
	_ = second.SetBytes([]byte("a=b"))
	second.SetMode(compose.Form)
	head, body := second.Head.Text(), string(second.Body.Bytes)
	untouched := func() {
		t.Helper()
		if string(second.Head.Text()) != string(head) || string(second.Body.Bytes) != body || len(second.Socket.Bytes) > 0 {
			t.Errorf("it became %q %q", second.Head.Text(), second.Body.Bytes)
		}
	}
	r.Add(first)
	r.Add(second)
	r.Choose(0)
	table := r.editor.fields
	last := len(first.Head.Lines) - 1
	if !table.focus(last, 1) {
		t.Fatal("the last field cannot be gone to")
	}
	row := table.shown[last]
	r.writing(row.cells[1])
	untouched()
	row.cells[1].SetText("still written into")
	row.on.SetChecked(!row.on.Checked)
	row.button.OnTapped()
	untouched()
	r.Choose(0)
	r.editor.Choose(pageBody)
	r.writing(r.editor.body.text.LineView)
	untouched()
}
