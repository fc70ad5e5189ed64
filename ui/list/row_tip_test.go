package list

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// The pointer on a sign brings its words; elsewhere in the row it does not.
func TestTheWordsOfASign(t *testing.T) {
	l := newTestList(t, 1)
	var said []string
	l.deps.Words = func(_ fyne.CanvasObject, in bool, words func() string) {
		if in {
			said = append(said, words())
		} else {
			said = append(said, "out")
		}
	}
	r := newRow(l.List)
	r.display(flow.Row{ID: 1, TLS: flow.TLS{Outcome: flow.TLSRefused}}, false, false, time.Second, uitest.StartOfTests)
	x := l.layout.place(signColumn).x
	at := func(x float32) *desktop.MouseEvent {
		return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, 5)}}
	}
	r.MouseIn(at(x - 5))
	r.MouseMoved(at(x + 5))
	r.MouseMoved(at(x + 6))
	r.MouseMoved(at(x + 100))
	r.MouseMoved(at(x + 5))
	r.MouseOut()
	words := uiwidget.SignRefused.Words()
	if want := []string{words, "out", words, "out"}; !slices.Equal(said, want) {
		t.Errorf("it says %q", said)
	}
}

// What a cell had to cut is said whole when the pointer rests on it.
func TestTheWordsOfACutCell(t *testing.T) {
	l := newTestList(t, 1)
	said := ""
	l.deps.Words = func(_ fyne.CanvasObject, in bool, words func() string) {
		if said = ""; in {
			said = words()
		}
	}
	r := newRow(l.List)
	over := func(column string) string {
		r.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(l.layout.place(column).x+9, 5)}})
		return said
	}
	path := "/" + strings.Repeat("long/", 400) + "\x01"
	row := flow.Row{ID: 1, Method: "VERSION-CONTROL", Host: "a.test", Path: path, TLS: flow.TLS{Outcome: flow.TLSRefused}}
	r.display(row, false, false, time.Second, uitest.StartOfTests)
	if method, host := over("method"), over("host"); method != "VERSION-CONTROL" || host != "" {
		t.Errorf("the method is %q, the host %q", method, host)
	}
	if sign := over(signColumn); sign != uiwidget.SignRefused.Words() {
		t.Errorf("the sign is %q", sign)
	}
	if status := over("status"); status != "" {
		t.Errorf("the status is %q", status)
	}
	row.Effects = flow.EffectFailed
	r.display(row, false, false, time.Second, uitest.StartOfTests)
	r.MouseOut()
	if status := over("status"); !strings.Contains(status, i18n.T("row.rule.failed")) {
		t.Errorf("the status of a rule that failed is %q", status)
	}
	lines := words.SplitLines(over("path"))
	if len(lines) != tipLines || lines[0] != path[:tipLineRunes] || !strings.HasSuffix(lines[tipLines-1], words.Ellipsis) {
		t.Errorf("the path is %q", lines)
	}
	if r.MouseOut(); said != "" {
		t.Errorf("it still says %q", said)
	}
	for _, method := range []string{"PROPFIND", "PROPPATCH", "SUBSCRIBE", "CHECKOUT"} {
		row.Method = method
		r.display(row, false, false, time.Second, uitest.StartOfTests)
		if words := over("method"); words != "" {
			t.Errorf("%s is cut", words)
		}
	}
}

// What a status has a mark for is said when the pointer rests on it.
func TestTheTipOfAMendedAnswer(t *testing.T) {
	x := uitest.SampleExchange(1, "application/json", "{}")
	x.Mended = flow.MendedLineEnds | flow.MendedFolds
	if got := statusTip(&x.Row, "~ 200"); !strings.Contains(got, "LF alone") {
		t.Errorf("it says %q", got)
	}
}

// A note is told wherever the pointer rests on its row, but where a cell has words of its
// own, and hostile ones are shown.
func TestTheTipOfANote(t *testing.T) {
	l := newTestList(t, 1)
	for _, name := range []string{StarColumn, MarkColumn, NoteColumn} {
		l.layout.Show(name)
	}
	said := ""
	l.deps.Words = func(_ fyne.CanvasObject, in bool, words func() string) {
		if said = ""; in {
			said = words()
		}
	}
	r := newRow(l.List)
	over := func(column string) string {
		r.MouseOut()
		r.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(l.layout.place(column).x+9, 5)}})
		return said
	}
	row := flow.Row{ID: 1, Method: "GET", Host: "a.test", Path: "/" + strings.Repeat("x", 500), TLS: flow.TLS{Outcome: flow.TLSRefused},
		Annotation: flow.Annotation{Mark: flow.MarkRed, Star: true, Note: "first\r\nsecond\u202e\n"}}
	r.display(row, false, false, time.Second, uitest.StartOfTests)
	note := "first\nsecond‹U+202E›"
	for column, want := range map[string]string{"number": note, "method": note, "host": note, StarColumn: note, NoteColumn: note,
		MarkColumn: words.MarkText(flow.MarkRed), signColumn: uiwidget.SignRefused.Words(), barColumn: note} {
		if got := over(column); got != want {
			t.Errorf("over %s it says %q, want %q", column, got, want)
		}
	}
	if got := over("path"); !strings.HasPrefix(got, "/xxx") {
		t.Errorf("over a path that was cut it says %q", got)
	}
	column := slices.IndexFunc(columns, func(c column) bool { return c.name == NoteColumn })
	if !r.star.Picture.Visible() || r.full[column] != "first second‹U+202E›" {
		t.Errorf("the row shows a star: %v, the note %q", r.star.Picture.Visible(), r.full)
	}
	row.Note = strings.Repeat("line\n", 1000)
	r.display(row, false, false, time.Second, uitest.StartOfTests)
	if got := strings.Split(over("host"), "\n"); len(got) != tipLines || got[tipLines-1] != "line"+words.Ellipsis {
		t.Errorf("a long note is told as %q", got)
	}
	row.Annotation = flow.Annotation{}
	r.display(row, false, false, time.Second, uitest.StartOfTests)
	if got := over("host"); got != "" || r.star.Picture.Visible() {
		t.Errorf("without a note it says %q, with a star: %v", got, r.star.Picture.Visible())
	}
}
