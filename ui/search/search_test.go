package search

import (
	"context"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"posthouse/proxy/capture/history"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/capture/search"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// list is a place to search.
type list []flow.Exchange

func (l list) Judge(_ context.Context, q *query.Query, visit func(*history.Judged)) {
	for i := range l {
		visit(&history.Judged{ID: l[i].ID, Alike: &l[i].Row, Result: q.Row(&l[i].Row)})
	}
}

func (l list) Row(id flow.ID) (flow.Row, bool) {
	for i := range l {
		if l[i].ID == id {
			return l[i].Row, true
		}
	}
	return flow.Row{}, false
}

func (l list) Scan(_ context.Context, _ [][]string, visit func(*flow.Exchange)) (search.Scanned, error) {
	for i := range l {
		x := l[i]
		visit(&x)
	}
	return search.Scanned{Whole: true}, nil
}

// opened is a room over a window, whose searches are done where they are begun.
type opened struct {
	win    fyne.Window
	room   *room
	chosen flow.ID
	place  string
}

func open(t *testing.T, theme, lang string, all list) *opened {
	app := test.NewTempApp(t)
	zone := time.Local
	time.Local = time.UTC // the rows have the time of day
	t.Cleanup(func() { time.Local = zone })
	app.Settings().SetTheme(style.NewTheme(theme))
	i18n.Set(lang)
	t.Cleanup(func() { i18n.Set(i18n.English) })
	o := &opened{win: app.NewWindow("")}
	t.Cleanup(o.win.Close)
	o.win.Resize(fyne.NewSize(1000, 560))
	o.room = newRoom(Deps{Window: o.win, Context: t.Context(), Work: func(slow func() func()) { slow()() }, Do: func(f func()) { f() },
		Open:    func(d dialog.Dialog) { d.Show() },
		Places:  func() []search.Place { return []search.Place{{Source: all}} },
		Mask:    func(s string) string { return s },
		Mistake: func(e *query.Error) string { return "mistake " + e.Code },
		Choose: func(h *search.Hit, s *search.Snippet) {
			if o.chosen = h.Row.ID; s != nil {
				o.place = s.Match
			}
		}})
	return o
}

func samples() list {
	all := list{}
	for i, body := range []string{`{"token":"abc","note":"the token is in here"}`, "plain text, nothing",
		strings.Repeat("long ", 200) + "token at the end",
		"\x1b[31mtoken\u202e evil"} {
		x := uitest.SampleExchange(flow.ID(i+1), "text/plain", body)
		all = append(all, x)
	}
	all[1].ResponseBody.State = flow.BodyCut
	all[1].ResponseBody.Size = 9000
	return all
}

func TestSearchPictures(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{{"found-dark-en", "dark", "en"}, {"found-light-zh", "light", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			o := open(t, c.theme, c.lang, samples())
			o.room.entry.SetText("token")
			o.room.state.SetText(reportText(&search.Report{Progress: search.Progress{Looked: 1234, Hits: 3}, Unknown: 1,
				Lacks: map[query.Lack]int{query.LackCut: 1}, Took: 182_000_000})) // the time differs from run to run
			o.room.step(1)
			test.AssertRendersToImage(t, "search-"+c.name+".png", o.win.Canvas())
		})
	}
}

func TestKeysChooseAndOpen(t *testing.T) {
	o := open(t, "light", "en", samples())
	o.room.entry.SetText("token")
	if len(o.room.lines) < 6 {
		t.Fatalf("%d lines", len(o.room.lines))
	}
	for range 4 {
		o.room.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	want := o.room.lines[4].hit.Row.ID
	o.room.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if o.chosen != want || o.place != "token" {
		t.Errorf("chose %d and %q, want %d", o.chosen, o.place, want)
	}
}

// What was not looked at is said, and an empty list claims no more than was seen.
func TestWordsOfAnEmptySearch(t *testing.T) {
	o := open(t, "light", "en", samples())
	o.room.entry.SetText("zebra")
	if o.room.empty.Text != "Nothing found in what could be looked at." ||
		!strings.Contains(o.room.state.Text, "1 cut at the recording limit") {
		t.Errorf("%q, %q", o.room.empty.Text, o.room.state.Text)
	}
	o.room.entry.SetText("zebra status:404")
	if o.room.empty.Text != "Nothing found in what is kept." {
		t.Errorf("%q, %q", o.room.empty.Text, o.room.state.Text)
	}
	o.room.entry.SetText("status:nonsense")
	if !strings.HasPrefix(o.room.state.Text, "mistake status") {
		t.Errorf("%q", o.room.state.Text)
	}
}

// Hostile bytes are shown, not obeyed.
func TestHostileSnippets(t *testing.T) {
	o := open(t, "light", "en", samples())
	o.room.entry.SetText("token")
	w := newRow(o.room)
	w.Resize(fyne.NewSize(900, style.RowHeight))
	for i := range o.room.lines {
		w.show(i)
		for _, text := range w.texts {
			if strings.ContainsAny(text.Text, "\x1b\u202e\n\r") {
				t.Errorf("line %d shows %q", i, text.Text)
			}
		}
	}
}

// A search leaves room for drawing while a person goes through what it has found, and only then.
func TestTheSearchIsGentleWhileAPersonScrolls(t *testing.T) {
	var all list
	for id := range flow.ID(100) {
		all = append(all, flow.Exchange{Row: flow.Row{ID: id + 1, Phase: flow.PhaseDone, Kind: flow.KindHTTP, Method: "GET", Scheme: "http",
			Host: "needle.example", Path: "/", Status: 200}})
	}
	o := open(t, "dark", i18n.English, all)
	o.room.entry.SetText("needle")
	if len(o.room.lines) != 100 || o.room.scrolling() {
		t.Fatalf("%d lines, scrolling %v", len(o.room.lines), o.room.scrolling())
	}
	o.room.list.ScrollTo(60)
	if !o.room.scrolling() {
		t.Error("that a person scrolls is not seen")
	}
}
