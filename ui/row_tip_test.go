package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/proxy/flow"
)

// The pointer on a sign brings its words; elsewhere in the row it does not.
func TestTheWordsOfASign(t *testing.T) {
	l := newTestList(t, 1)
	var said []string
	l.onWords = func(_ fyne.CanvasObject, in bool, words func() string) {
		if in {
			said = append(said, words())
		} else {
			said = append(said, "out")
		}
	}
	r := newListRow(l.requestList)
	r.show(flow.Row{ID: 1, TLS: flow.TLS{Outcome: flow.TLSRefused}}, false, false, time.Second, startOfTests)
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
	words := signRefused.words()
	if want := []string{words, "out", words, "out"}; !slices.Equal(said, want) {
		t.Errorf("it says %q", said)
	}
}

// What a cell had to cut is said whole when the pointer rests on it.
func TestTheWordsOfACutCell(t *testing.T) {
	l := newTestList(t, 1)
	said := ""
	l.onWords = func(_ fyne.CanvasObject, in bool, words func() string) {
		if said = ""; in {
			said = words()
		}
	}
	r := newListRow(l.requestList)
	over := func(column string) string {
		r.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(l.layout.place(column).x+9, 5)}})
		return said
	}
	path := "/" + strings.Repeat("long/", 400) + "\x01"
	row := flow.Row{ID: 1, Method: "VERSION-CONTROL", Host: "a.test", Path: path, TLS: flow.TLS{Outcome: flow.TLSRefused}}
	r.show(row, false, false, time.Second, startOfTests)
	if method, host := over("method"), over("host"); method != "VERSION-CONTROL" || host != "" {
		t.Errorf("the method is %q, the host %q", method, host)
	}
	if sign := over(signColumn); sign != signRefused.words() {
		t.Errorf("the sign is %q", sign)
	}
	lines := splitLines(over("path"))
	if len(lines) != tipLines || lines[0] != path[:tipLineRunes] || !strings.HasSuffix(lines[tipLines-1], ellipsis) {
		t.Errorf("the path is %q", lines)
	}
	if r.MouseOut(); said != "" {
		t.Errorf("it still says %q", said)
	}
	for _, method := range []string{"PROPFIND", "PROPPATCH", "SUBSCRIBE", "CHECKOUT"} {
		row.Method = method
		r.show(row, false, false, time.Second, startOfTests)
		if words := over("method"); words != "" {
			t.Errorf("%s is cut", words)
		}
	}
}

// At the foot of the window a tip stands above what it is of.
func TestATipStaysInTheWindow(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.win.Resize(fyne.NewSize(900, 600))
	w.tip.show(w.status.object, "one\ntwo\nthree")
	top, foot := w.tip.box.Position().Y, w.tip.box.Position().Y+w.tip.box.Size().Height
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.status.object).Y
	if top < 0 || foot > at {
		t.Errorf("the tip stands from %v to %v, what it is of at %v", top, foot, at)
	}
}
