package ui

import (
	"image"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"posthouse/app"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

// recordBy puts an exchange of a program into a store.
func recordBy(s *capture.Store, path string, a flow.App) flow.ID {
	head := "GET http://a.test" + path + " HTTP/1.1\r\n\r\n"
	process := new(capture.ClientProcess)
	process.Set(a)
	r := s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: uitest.StartOfTests, Head: []byte(head), Scheme: "http", Process: process,
		Method: capture.Span{Len: 3}, Host: capture.Span{Off: 11, Len: 6}, Path: capture.Span{Off: 17, Len: uint32(len(path))}})
	id := r.ID()
	uitest.Answer(r, 200)
	return id
}

// iconsIn are the icons that are seen in an object, as they are drawn.
func iconsIn(o fyne.CanvasObject) (all []image.Image) {
	for _, r := range uitest.Seen[*canvas.Raster](o) {
		all = append(all, r.Generator(16, 16))
	}
	return all
}

// glyphs is how many signs stand where a program has no icon.
func glyphs(o fyne.CanvasObject) int { return len(uitest.Seen[*canvas.Image](o)) }

// The icon comes to the sidebar, the list and the details as soon as it is known;
// a name that two different programs have has none.
func TestIconsOfPrograms(t *testing.T) {
	w := openWindow(t, windowOptions{icons: uitest.SampleIcons})
	w.win.Resize(fyne.NewSize(1600, 700)) // names of programs are whole
	columns := w.layout.State()
	app := slices.IndexFunc(columns, func(c app.ColumnState) bool { return c.Name == "app" })
	w.layout.SetHidden(app, false)
	store := w.controller.Store()
	id := recordBy(store, "/1", flow.App{Name: "firefox", Path: uitest.Firefox.Path, PID: 7})
	recordBy(store, "/2", flow.App{Name: "firefox", Path: uitest.Firefox.Path, PID: 8})
	recordBy(store, "/3", flow.App{Name: "curl", Path: uitest.Curl.Path, PID: 9})
	for _, path := range []string{uitest.Node.Path, "/home/u/node"} {
		recordBy(store, path, flow.App{Name: "node", Path: path, PID: 10})
	}
	w.until("the programs are counted", func() bool { return len(w.sideRows()) == 1+1+3 }) // all, a host, programs
	w.list.SelectID(id)
	icons := func(name string) []image.Image { return iconsIn(w.sideRow(name).object) }
	w.until("the icons are known", func() bool {
		return len(icons("firefox")) == 1 && glyphs(w.sideRow("curl").object) == 1 && glyphs(w.sideRow("node").object) == 1
	})
	if len(icons("node")) != 0 || len(icons("curl")) != 0 || glyphs(w.sideRow("firefox").object) != 0 {
		t.Error("an icon is guessed, or stands beside a glyph")
	}
	if host := w.sideRow("a.test").object; len(iconsIn(host)) != 0 || glyphs(host) != 0 {
		t.Error("a host has an icon")
	}
	firefox := icons("firefox")
	w.until("the details show it", func() bool { return slices.Equal(iconsIn(w.details.Object()), firefox) })
	rows, _ := uitest.ListRows(w.list.Rows, style.RowHeight)
	if len(rows) < 3 {
		t.Fatalf("%d rows are in sight", len(rows))
	}
	for _, r := range rows {
		want := firefox
		switch {
		case slices.Contains(uitest.Texts(r.Object), "curl"):
			want = nil
		case slices.Contains(uitest.Texts(r.Object), "node"):
			continue
		}
		if got := iconsIn(r.Object); !slices.Equal(got, want) {
			t.Errorf("the row %q shows %d icons", uitest.Texts(r.Object), len(got))
		}
	}
}
