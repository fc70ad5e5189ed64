package list

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/app"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// inSight are the names of the columns from left to right.
func inSight(g *ColumnLayout) (names []string) {
	for _, i := range g.order {
		if g.places[i].width > 0 {
			names = append(names, columns[i].name)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return int(g.place(a).x - g.place(b).x) })
	return names
}

// choose does what a line of the header's menu does.
func (l *testList) choose(t *testing.T, name, word string) {
	t.Helper()
	at := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
	for _, item := range l.Header.menuItems(at) {
		if item.Label == i18n.T(word) {
			if item.Disabled {
				t.Fatalf("%q cannot be chosen on %s", word, name)
			}
			item.Action()
			return
		}
	}
	t.Fatalf("the menu lacks %q", word)
}

// A column moves past its neighbour in sight, and stands there the next time.
func TestColumnsMove(t *testing.T) {
	l := newTestList(t, 3)
	l.window.Resize(fyne.NewSize(1300, 400))
	if got := inSight(l.layout); !slices.Equal(got,
		[]string{"number", "method", "padlock", "host", "path", "status", "type", "size", "duration", "waterfall"}) {
		t.Fatalf("at first: %v", got)
	}
	l.choose(t, "method", "column.left") // past the hidden mark and time
	l.choose(t, "path", "column.right")
	l.choose(t, "path", "column.right")
	want := []string{"method", "number", "padlock", "host", "status", "type", "path", "size", "duration", "waterfall"}
	if got := inSight(l.layout); !slices.Equal(got, want) {
		t.Errorf("moved: %v", got)
	}
	again := NewColumnLayout(l.layout.State())
	again.setWidth(1300)
	if got := inSight(again); !slices.Equal(got, want) {
		t.Errorf("the next time: %v", got)
	}
	if items := l.Header.menuItems(slices.Index(l.layout.order, 0)); items[0].Disabled || items[1].Disabled {
		t.Error("a column in the middle cannot be moved")
	}
	if !l.Header.menuItems(l.layout.order[0])[0].Disabled {
		t.Error("the first column can be moved to the left")
	}
	l.choose(t, "path", "column.reset")
	if got := inSight(l.layout); got[0] != "number" || l.layout.reordered() {
		t.Errorf("as at first: %v", got)
	}
}

// Names of an older or newer window, or none at all, cost no column its place.
func TestColumnsOfAnotherWindow(t *testing.T) {
	named := func(names ...string) (all []app.ColumnState) {
		for _, n := range names {
			all = append(all, app.ColumnState{Name: n, Width: 80})
		}
		return all
	}
	for _, c := range []struct {
		saved []app.ColumnState
		want  []string // the beginning of the order
	}{
		{nil, []string{"number", "star", "mark", "time", "method"}},
		{named("path", "gone", "host", "path", ""), []string{"number", "star", "mark", "time", "method", "padlock", "path", "status",
			"type"}},
		{named("host", "method", "number"), []string{"host", "path", "status", "type", "protocol", "sent", "size", "duration", "remote",
			"app", "note", "waterfall", "method", "padlock", "number", "star", "mark", "time"}},
	} {
		g := NewColumnLayout(c.saved)
		var got []string
		for _, i := range g.order {
			got = append(got, columns[i].name)
		}
		if len(got) != len(columns) || !slices.Equal(got[:len(c.want)], c.want) {
			t.Errorf("%v gives %v", c.saved, got)
		}
	}
}

// The columns that are hidden at first sort, are offered, and show what they are for.
func TestHiddenColumns(t *testing.T) {
	rows := []flow.Row{
		{ID: 1, RequestSize: 300, Remote: netip.MustParseAddrPort("10.0.0.9:80")},
		{ID: 2, RequestSize: 20, Remote: netip.MustParseAddrPort("10.0.0.10:80"), Annotation: flow.Annotation{Mark: flow.MarkBlue}},
		{ID: 3, RequestSize: 1000, Annotation: flow.Annotation{Mark: flow.MarkRed}},
		{ID: 4, RequestSize: 5, Remote: netip.MustParseAddrPort("[2001:db8::1]:443"), Annotation: flow.Annotation{Mark: flow.MarkRed}},
	}
	all := uitest.FakeRows{}
	for _, r := range rows {
		all[r.ID] = r
	}
	for _, c := range []struct {
		name string
		want []flow.ID
	}{{"sent", []flow.ID{4, 2, 1, 3}}, {"remote", []flow.ID{3, 1, 2, 4}}, {MarkColumn, []flow.ID{3, 4, 2, 1}}} {
		m := feed.NewModel(all, SortKeys)
		m.Apply(rows)
		m.SetSort(feed.Sorting{Column: c.name})
		for i, id := range c.want {
			if got := m.At(i); got != id {
				t.Errorf("%s: row %d is at %d", c.name, got, i)
			}
		}
	}
	if text := columnNamed("remote").text(&rows[2], time.Now()); text != "" {
		t.Errorf("a row without a server has the address %q", text)
	}
	for _, lang := range []string{"en", "zh-Hans"} {
		i18n.Set(lang)
		l := newTestList(t, 3)
		for _, c := range []string{"sent", "remote", MarkColumn} {
			if !columnNamed(c).hidden || l.layout.place(c).width != 0 {
				t.Errorf("%s is in sight at first", c)
			}
			l.choose(t, c, columnNamed(c).title)
			if l.layout.place(c).width == 0 {
				t.Errorf("%s was chosen and is not in sight", c)
			}
		}
	}
	i18n.Set("en")
}

// A mark has a letter, its own in both languages, and none where there is no mark.
func TestMarkCell(t *testing.T) {
	l := newTestList(t, 3)
	l.layout.SetHidden(slices.IndexFunc(columns, func(c column) bool { return c.name == MarkColumn }), false)
	r := newRow(l.List)
	for _, lang := range []string{"en", "zh-Hans"} {
		i18n.Set(lang)
		letters := map[string]bool{}
		for _, m := range flow.Marks {
			row := uitest.SampleRow(1)
			row.Mark = m
			r.display(row, false, false, time.Second, uitest.StartOfTests)
			if r.color.Back.Hidden || r.color.Letter.Hidden || letters[r.color.Letter.Text] || r.color.Letter.Text == "" {
				t.Errorf("%s: the mark %v has the letter %q", lang, m, r.color.Letter.Text)
			}
			letters[r.color.Letter.Text] = true
			if uiwidget.MarkPicture(m) == nil {
				t.Errorf("the menu has no picture of %v", m)
			}
		}
	}
	i18n.Set("en")
	r.display(uitest.SampleRow(1), false, false, time.Second, uitest.StartOfTests)
	if !r.color.Back.Hidden || !r.color.Letter.Hidden {
		t.Error("a row without a mark shows one")
	}
}

// The column that takes what is left cannot be hidden in the window, and not by a damaged
// file either: no menu would bring it back.
func TestAFileHidesNoColumnThatStays(t *testing.T) {
	g := NewColumnLayout([]app.ColumnState{{Name: "path", Width: 50, Hidden: true}, {Name: "host", Width: 50, Hidden: true}})
	g.setWidth(1200)
	if g.place("path").width < minGrowing || g.place("host").width != 0 {
		t.Errorf("the path is %v wide, the host %v", g.place("path").width, g.place("host").width)
	}
}

// The starred rows come first in the order of their column, in that of the notes those with
// one by their text.
func TestTheOrderOfStarsAndNotes(t *testing.T) {
	rows := []flow.Row{{ID: 1}, {ID: 2, Annotation: flow.Annotation{Star: true, Note: "b"}},
		{ID: 3, Annotation: flow.Annotation{Note: "A"}}, {ID: 4, Annotation: flow.Annotation{Star: true}}}
	all := uitest.FakeRows{}
	for _, r := range rows {
		all[r.ID] = r
	}
	for column, want := range map[string][]flow.ID{StarColumn: {2, 4, 1, 3}, NoteColumn: {3, 2, 1, 4}} {
		m := feed.NewModel(all, SortKeys)
		m.Apply(rows)
		m.SetSort(feed.Sorting{Column: column})
		var got []flow.ID
		for i := range m.Len() {
			got = append(got, m.At(i))
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %s: %v, want %v", column, got, want)
		}
	}
}
