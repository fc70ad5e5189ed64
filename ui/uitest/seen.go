package uitest

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// Walk visits what is seen of an object, and all that it is made of.
func Walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	visit(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			Walk(child, visit)
		}
	case *container.Scroll:
		Walk(o.Content, visit)
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			Walk(child, visit)
		}
	}
}

// Seen are the objects of a type that are seen in an object.
func Seen[T fyne.CanvasObject](in fyne.CanvasObject) (all []T) {
	Walk(in, func(o fyne.CanvasObject) {
		if one, is := o.(T); is {
			all = append(all, one)
		}
	})
	return all
}

// Texts are the bare texts that are seen in an object.
func Texts(in fyne.CanvasObject) (all []string) {
	for _, text := range Seen[*canvas.Text](in) {
		if text.Text != "" {
			all = append(all, text.Text)
		}
	}
	return all
}

// Words are what the labels, buttons and rich texts that are seen in an object say,
// line by line; those of a button stand in brackets.
func Words(in fyne.CanvasObject) string {
	var all []string
	Walk(in, func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *widget.Label:
			all = append(all, o.Text)
		case *widget.Button:
			all = append(all, "["+o.Text+"]")
		case *widget.RichText:
			all = append(all, o.String())
		}
	})
	return strings.Join(all, "\n")
}

// Press presses the first button with a text, which must be there and not be disabled.
func Press(t testing.TB, in fyne.CanvasObject, text string) {
	t.Helper()
	for _, b := range Seen[*widget.Button](in) {
		if b.Text == text && !b.Disabled() {
			test.Tap(b)
			return
		}
	}
	t.Fatalf("no button %q among\n%s", text, Words(in))
}

// ListRow is a row of a list that is in sight, and how far below the list's top it stands.
type ListRow struct {
	Object fyne.CanvasObject
	Y      float32
}

// scroller is the part of the toolkit's list that scrolls, and what it moves.
func scroller(list fyne.Widget) (fyne.Widget, *fyne.Container) {
	s := test.WidgetRenderer(list).Objects()[0].(fyne.Widget)
	return s, test.WidgetRenderer(s).Objects()[0].(*fyne.Container)
}

// ListFrame lays out a list of the toolkit that has another least size now, as the
// toolkit does before it draws a frame, whether the list was refreshed or not.
func ListFrame(list fyne.Widget) {
	s, content := scroller(list)
	if content.MinSize() != content.Size() {
		test.WidgetRenderer(s).Layout(s.Size())
	}
}

// ListRows are the rows of a list of the toolkit that are drawn where they can be seen,
// each of them height high, and where the list is drawn as scrolled to.
func ListRows(list fyne.Widget, height float32) (rows []ListRow, offset float32) {
	s, content := scroller(list)
	offset = -content.Position().Y
	for _, o := range content.Objects {
		item, ok := o.(fyne.Widget)
		if !ok {
			continue
		}
		if y := o.Position().Y - offset; o.Visible() && y < s.Size().Height && y > -height {
			rows = append(rows, ListRow{test.WidgetRenderer(item).Objects()[1], y})
		}
	}
	return rows, offset
}
