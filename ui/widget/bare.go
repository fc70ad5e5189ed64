package widget

import (
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// BareRenderer is an entry's own without the bars that the toolkit (2.8.1) lays over a line which is longer than its
// entry: they hide the lower half of the text. The line scrolls with the cursor all the same. Entries of several lines
// keep theirs.
func BareRenderer(e *widget.Entry) fyne.WidgetRenderer { return newBareRenderer(e) }

type bareRenderer struct {
	fyne.WidgetRenderer
	e        *widget.Entry
	scroll   reflect.Value // what the entry scrolls its text in; invalid where it does not
	scrolled func()        // nil: nothing
}

func newBareRenderer(e *widget.Entry) *bareRenderer {
	r := &bareRenderer{WidgetRenderer: e.CreateRenderer(), e: e}
	r.scroll = scrollOf(r.WidgetRenderer)
	if r.scroll.IsValid() {
		r.scroll.FieldByName("OnScrolled").Set(reflect.ValueOf(func(fyne.Position) {
			r.free()
			if r.scrolled != nil {
				r.scrolled()
			}
		}))
	}
	return r
}

// scrollOf finds what an entry scrolls its text in. The toolkit does not tell how far the text is scrolled, but its
// type has that, and in which directions, in public fields.
func scrollOf(r fyne.WidgetRenderer) reflect.Value {
	for _, o := range r.Objects() {
		v := reflect.Indirect(reflect.ValueOf(o))
		if v.Kind() != reflect.Struct {
			continue
		}
		offset, on, direction := v.FieldByName("Offset"), v.FieldByName("OnScrolled"), v.FieldByName("Direction")
		if offset.IsValid() && on.IsValid() && on.CanSet() && offset.Type() == reflect.TypeFor[fyne.Position]() &&
			on.Type() == reflect.TypeFor[func(fyne.Position)]() &&
			direction.IsValid() && direction.Type() == reflect.TypeFor[fyne.ScrollDirection]() {
			return v
		}
	}
	return reflect.Value{}
}

// offset is how far the text is scrolled.
func (r *bareRenderer) offset() fyne.Position {
	return r.scroll.FieldByName("Offset").Interface().(fyne.Position)
}

// free has the toolkit draw no bars when it places them next; it reports whether it would have.
func (r *bareRenderer) free() bool {
	if !r.scroll.IsValid() || r.e.MultiLine {
		return false
	}
	direction := r.scroll.FieldByName("Direction")
	if direction.Interface() == fyne.ScrollNone {
		return false
	}
	direction.Set(reflect.ValueOf(fyne.ScrollNone))
	return true
}

// bare takes away bars that are there.
func (r *bareRenderer) bare() {
	if r.free() {
		at := r.offset()
		r.scrollTo(at.AddXY(1, 0)) // which places them
		r.scrollTo(at)
	}
}

// home shows the beginning of a line.
func (r *bareRenderer) home() {
	if r.scroll.IsValid() && !r.e.MultiLine {
		r.scrollTo(fyne.NewPos(0, 0))
	}
}

func (r *bareRenderer) scrollTo(at fyne.Position) {
	if box, is := r.scroll.Addr().Interface().(interface{ ScrollToOffset(fyne.Position) }); is {
		box.ScrollToOffset(at)
	}
}

func (r *bareRenderer) MinSize() fyne.Size {
	size := r.WidgetRenderer.MinSize() // which has them come back
	r.free()
	return size
}

func (r *bareRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.bare()
}

func (r *bareRenderer) Refresh() {
	r.WidgetRenderer.Refresh()
	r.bare()
}
