package list

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"posthouse/app/clients/appicon"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// What is known of who asked, and of what passes inside, has columns of its own.
func TestColumnsOfProgramAndProtocol(t *testing.T) {
	for _, c := range []struct {
		row           flow.Row
		app, protocol string
	}{
		{flow.Row{Kind: flow.KindHTTP, App: "curl", Proto: "HTTP/1.1"}, "curl", "h1"},
		{flow.Row{Kind: flow.KindHTTP, Proto: "HTTP/2.0"}, "", "h2"},
		{flow.Row{Kind: flow.KindUpgraded, Proto: "HTTP/1.1"}, "", "ws"},
		{flow.Row{Kind: flow.KindTunnel, Proto: "HTTP/1.1", TLS: flow.TLS{Seen: true, ALPN: "h2, http/1.1"}}, "", "tls h2"},
	} {
		now := time.Now()
		app, protocol := columnNamed("app").text(&c.row, now), columnNamed("protocol").text(&c.row, now)
		if app != c.app || protocol != c.protocol {
			t.Errorf("%+v: app %q, protocol %q", c.row, app, protocol)
		}
	}
}

// The sign of a row's TLS differs by state, has words, and is touched only when it changes.
func TestTheSignOfARow(t *testing.T) {
	l := newTestList(t, 1)
	seen, words := map[string]bool{}, map[string]bool{}
	row := flow.Row{ID: 1, Kind: flow.KindTunnel, Phase: flow.PhaseDone}
	r := newRow(l.List)
	show := func() *canvas.Image {
		r.display(row, false, false, time.Second, uitest.StartOfTests)
		return r.sign.Picture
	}
	if !show().Hidden || uiwidget.SignOf(&row).Words() != "" {
		t.Error("a tunnel without TLS has a sign")
	}
	row.TLS.Outcome = flow.TLSPlain
	if !show().Hidden || uiwidget.SignOf(&row).Words() != "" {
		t.Error("plain HTTP in a tunnel has a padlock")
	}
	row.TLS.Seen = true
	for _, padlock := range []flow.TLSOutcome{flow.TLSNone, flow.TLSDecrypted, flow.TLSBadCertificate, flow.TLSRefused, flow.TLSFailed} {
		row.TLS.Outcome = padlock
		picture := show()
		if picture.Hidden {
			t.Errorf("%v has no sign", padlock)
			continue
		}
		seen[picture.Resource.Name()] = true
		words[uiwidget.SignOf(&row).Words()] = true
		kept := &canvas.Image{}
		r.sign.Picture = kept // what is shown again is not touched
		show()
		if kept.Resource != nil {
			t.Errorf("%v is drawn twice", padlock)
		}
		r.sign.Picture = picture
	}
	if len(seen) != 5 || len(words) != 5 {
		t.Errorf("%d drawings, %d words", len(seen), len(words))
	}
	l.layout.SetHidden(slices.Index(columnNames(), signColumn), true)
	if !show().Hidden {
		t.Error("a hidden column shows its sign")
	}
}

func columnNames() (names []string) {
	for i := range columns {
		names = append(names, columns[i].name)
	}
	return names
}

// A tunnel may be open for longer than the longest request in sight takes: its
// bar ends where the column does.
func TestTheBarStaysInItsColumn(t *testing.T) {
	l := newTestList(t, 1)
	r := newRow(l.List)
	row := flow.Row{ID: 1, Kind: flow.KindTunnel, Phase: flow.PhaseDone, Duration: time.Hour}
	r.display(row, false, false, time.Second, uitest.StartOfTests)
	p := l.layout.place(barColumn)
	if end := r.bar.Position().X + r.bar.Size().Width; r.bar.Hidden || end > p.x+p.width {
		t.Errorf("the bar ends at %v, its column at %v", end, p.x+p.width)
	}
}

// A name that would turn itself round is seen as what it is.
func TestForeignTextInARowIsSeenAsItIs(t *testing.T) {
	const path, host = "/ru/\u202eexe.txt", "a\u200b\xff.test"
	const safePath, safeHost = "/ru/‹U+202E›exe.txt", `a‹U+200B›‹\xFF›.test`
	l := newTestList(t, 1)
	said := ""
	l.deps.Words = func(_ fyne.CanvasObject, in bool, words func() string) {
		if in {
			said = words()
		}
	}
	r := newRow(l.List)
	show := func(path string) {
		r.display(flow.Row{ID: 1, Kind: flow.KindHTTP, Method: "GET", Host: host, Path: path}, false, false, time.Second,
			uitest.StartOfTests)
	}
	show(path)
	if texts := uitest.Texts(r); !slices.Contains(texts, safePath) || !slices.Contains(texts, safeHost) {
		t.Errorf("a row shows %q", texts)
	}
	show(path + strings.Repeat("/long", 200))
	r.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(l.layout.place("path").x+9, 5)}})
	if !strings.HasPrefix(said, safePath) {
		t.Errorf("a tip says %q", said)
	}
}

// The column of programs shows the icons that are known, and none without the column.
func TestIconsOfRows(t *testing.T) {
	l := newTestList(t, 3)
	l.deps.Icons = uitest.KnownIcons(t, uiwidget.NewProgramIcons, uitest.Firefox, uitest.Curl)
	paths := []string{uitest.Firefox.Path, uitest.Firefox.Path, uitest.Curl.Path}
	for i, path := range paths {
		row := l.rows[flow.ID(i+1)]
		row.App, row.AppPath = "program", path
		l.rows[row.ID] = row
	}
	l.layout.SetHidden(appIndex(), false)
	firefox, _ := l.deps.Icons.OfAll([]appicon.Program{uitest.Firefox})
	r := newRow(l.List)
	for at, want := range []*appicon.Icon{firefox, firefox, nil} {
		if l.update(at, r); r.icon.Icon != want || r.icon.Picture.Visible() != (want != nil) {
			t.Errorf("row %d shows another icon", at)
		}
	}
	l.layout.SetHidden(appIndex(), true)
	if l.update(0, r); r.icon.Picture.Visible() {
		t.Error("without its column the icon is seen")
	}
}

func appIndex() int { return slices.Index(columnNames(), appColumn) }

func TestPicturesOfRowsWithIcons(t *testing.T) {
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(style.NewTheme(theme))
			i18n.Set("en")
			rows := uitest.FakeRows{}
			all := rows.Fill(8)
			for i := range all {
				r := all[i]
				r.App = []string{"firefox", "node", "curl", ""}[i%4]
				r.AppPath = []string{uitest.Firefox.Path, uitest.Node.Path, uitest.Curl.Path, ""}[i%4]
				rows[r.ID] = r
			}
			m := feed.NewModel(rows, SortKeys)
			m.Apply(all)
			l := New(m, NewColumnLayout(nil), Deps{})
			l.deps.Icons = uitest.KnownIcons(t, uiwidget.NewProgramIcons, uitest.Firefox, uitest.Node)
			l.layout.SetHidden(appIndex(), false)
			win := test.NewWindow(l.Object)
			defer win.Close()
			win.SetPadded(false)
			win.Resize(fyne.NewSize(1000, 240))
			l.Changed(&feed.Update{At: uitest.StartOfTests.Add(20 * time.Second)})
			test.AssertRendersToImage(t, "icons-list-"+theme+"-en.png", win.Canvas())
		})
	}
}

// BenchmarkRowsWithIcons is what a refresh costs the UI goroutine with the column
// of programs, without icons and with them.
func BenchmarkRowsWithIcons(b *testing.B) {
	for _, with := range []bool{false, true} {
		b.Run(fmt.Sprint("icons=", with), func(b *testing.B) {
			test.NewTempApp(b)
			rows := uitest.FakeRows{}
			all := rows.Fill(10_000)
			for i := range all {
				all[i].App, all[i].AppPath = "firefox", uitest.Firefox.Path
				rows[all[i].ID] = all[i]
			}
			m := feed.NewModel(rows, SortKeys)
			m.Apply(all)
			l := New(m, NewColumnLayout(nil), Deps{})
			l.layout.SetHidden(appIndex(), false)
			if with {
				l.deps.Icons = uiwidget.NewProgramIcons(uitest.SampleIcons, func(f func()) { f() }, func() {})
				defer l.deps.Icons.Close()
			}
			w := test.NewTempWindow(b, l.Object)
			w.Resize(fyne.NewSize(1280, 900))
			l.Follow = false
			b.ReportAllocs()
			offset := float32(0)
			for b.Loop() {
				offset += 3 * style.RowHeight
				if offset > 200_000 {
					offset = 0
				}
				l.Rows.ScrollToOffset(offset)
			}
		})
	}
}
