package ui

import (
	"fmt"
	"image/color"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/ui/feed"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

// sideRow is a row of the sidebar as it is seen.
type sideRow struct {
	object fyne.CanvasObject
	texts  []string // name, count
	marked bool
}

// sideRows are the rows of the sidebar that are in sight: all of them have a menu.
func (w *testWindow) sideRows() (all []sideRow) {
	for _, o := range uitest.Seen[fyne.CanvasObject](w.side.Object) {
		if _, is := o.(fyne.SecondaryTappable); !is {
			continue
		}
		r := sideRow{object: o, texts: uitest.Texts(o)}
		r.marked = slices.ContainsFunc(uitest.Seen[*canvas.Rectangle](o), func(r *canvas.Rectangle) bool {
			return r.FillColor == color.Color(style.ThemeColor(style.ColorRowSelected))
		})
		all = append(all, r)
	}
	return all
}

// sideRow is the row of a name, which stands as it is shown.
func (w *testWindow) sideRow(name string) sideRow {
	w.t.Helper()
	all := w.sideRows()
	for _, r := range all {
		if r.texts[0] == name {
			return r
		}
	}
	w.t.Fatalf("there is no %s in %v", name, all)
	return sideRow{}
}

func (r sideRow) tap() { r.object.(fyne.Tappable).Tapped(&fyne.PointEvent{}) }

// A click on a host shows its requests alone, and the filter says so; another
// click, or one on All, shows all again.
func TestAClickOnAHostShowsItAlone(t *testing.T) {
	w := openWindow(t, windowOptions{})
	if w.side.Object.Visible() {
		t.Error("without requests there is nothing to tell apart, and the sidebar shows")
	}
	for i := range 20 {
		uitest.Record(w.controller.Store(), uitest.SampleHosts[i%4], fmt.Sprintf("/%d", i), 200)
	}
	w.until("the hosts are shown", func() bool {
		all := w.sideRows()
		return len(all) == 1+1+4 && all[0].texts[1] == "20" // all, a domain and its hosts
	})
	w.filter.set("path:/1")
	host := w.sideRow("www")
	if host.texts[1] != "5" || host.marked {
		t.Errorf("it has %s requests, marked: %v", host.texts[1], host.marked)
	}
	host.tap()
	if w.filter.text() != "host:=www.example.test path:/1" {
		t.Errorf("the filter is %q", w.filter.text())
	}
	w.until("its requests are shown", func() bool { return w.model.Len() == 3 })
	if !w.sideRow("www").marked || w.sideRow("All").marked {
		t.Error("the sidebar does not mark what the list is narrowed to")
	}
	w.sideRow("api").tap()
	w.sideRow("api").tap()
	if w.filter.text() != "path:/1" || !w.sideRow("All").marked {
		t.Errorf("after another click the filter is %q", w.filter.text())
	}
	w.sideRow("cdn").tap()
	w.filter.set("")
	w.until("all requests are shown", func() bool { return w.model.Len() == 20 })
	w.sideRow("cdn").tap()
	w.sideRow("All").tap()
	if w.filter.text() != "" {
		t.Errorf("after a click on All the filter is %q", w.filter.text())
	}
	domain := w.sideRow("example.test")
	if domain.texts[1] != "20" {
		t.Errorf("the domain has %s requests", domain.texts[1])
	}
	domain.tap()
	if w.filter.text() != "host:=*.example.test" {
		t.Errorf("after a click on a domain the filter is %q", w.filter.text())
	}
	w.until("the domain's requests are shown", func() bool { return w.model.Len() == 20 })
	domain.tap()
	w.until("all are shown", func() bool { return w.model.Len() == 20 })
	w.rows.scopeItems(feed.ScopeKeys[0], "api.example.test")[1].Action()
	w.until("the host is hidden", func() bool { return w.model.Len() == 15 })
	w.sideRow("api").tap()
	w.until("the hidden host is shown alone", func() bool { return w.model.Len() == 5 })
}

func TestTheSidebarIsRemembered(t *testing.T) {
	state := filepath.Join(t.TempDir(), "window.json")
	w := openWindow(t, windowOptions{state: state})
	uitest.Record(w.controller.Store(), "a.test", "/", 200)
	shown := func(w *testWindow) func() bool { return func() bool { return w.side.Object.Visible() } }
	w.until("the sidebar shows", shown(w))
	edge := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.side.Object)
	test.Drag(w.win.Canvas(), edge.AddXY(w.side.Object.Size().Width, 200), 57, 0)
	for _, o := range uitest.Seen[fyne.CanvasObject](w.side.Object) {
		if _, is := o.(fyne.Tappable); is && slices.Contains(uitest.Texts(o), "Hosts") {
			o.(fyne.Tappable).Tapped(&fyne.PointEvent{}) // sorts
		}
	}
	w.key(fyne.KeyB, ctrl)
	if w.side.Object.Visible() {
		t.Error("the key does not hide it")
	}
	w.remember()
	again := openWindow(t, windowOptions{state: state})
	uitest.Record(again.controller.Store(), "a.test", "/", 200)
	again.until("there is something to show", func() bool { return again.last.Total == 1 })
	if again.side.Object.Visible() {
		t.Error("it comes back though it was hidden")
	}
	again.key(fyne.KeyB, ctrl)
	again.until("the key shows it", shown(again))
	if width := again.side.Object.Size().Width; width != app.DefaultWindowState().Sidebar.Width+57 {
		t.Errorf("it comes back %v wide", width)
	}
	if texts := uitest.Texts(again.side.Object); !slices.Contains(texts, "by count") {
		t.Errorf("it comes back as %q", texts)
	}
}

// In a narrow window the list comes first.
func TestANarrowWindowHasNoSidebar(t *testing.T) {
	w := openWindow(t, windowOptions{})
	uitest.Record(w.controller.Store(), "a.test", "/", 200)
	w.until("the sidebar shows", func() bool { return w.side.Object.Visible() })
	for width, want := range map[float32]bool{1180: true, 1000: true, 900: false, 500: false} {
		w.win.Resize(fyne.NewSize(width, 500))
		if w.side.Object.Visible() != want {
			t.Errorf("in a window %v wide, shown is %v", width, w.side.Object.Visible())
		}
	}
}
