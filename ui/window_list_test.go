package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

// wrongRows says how the rows in sight differ from what should be there, "" if they
// do not: row after row of the model, from the one that is scrolled to.
func (w *testWindow) wrongRows() string {
	rows, offset := uitest.ListRows(w.list.Rows, style.RowHeight)
	height := w.list.Rows.Size().Height
	if last := max(0, float32(w.model.Len())*style.RowHeight-height); offset < 0 || offset > last {
		return fmt.Sprintf("scrolled to %v of %v", offset, last)
	}
	var got, want []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(uitest.Texts(r.Object)[0], " at ", r.Y)) // its number
	}
	for i := int(offset / style.RowHeight); i < w.model.Len() && float32(i)*style.RowHeight-offset < height; i++ {
		want = append(want, fmt.Sprint(w.model.At(i), " at ", float32(i)*style.RowHeight-offset))
	}
	if !slices.Equal(got, want) {
		return fmt.Sprintf("%q are in sight in place of %q", got, want)
	}
	return ""
}

// 100 requests, scrolled up, and a filter that is pasted: what it leaves is seen, and
// all of it again without the filter, or with more requests.
func TestAFilterInTheWindowShowsWhatItLeaves(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.win.Resize(fyne.NewSize(1000, 600))
	fill := func(n int) {
		for i := range n {
			uitest.Record(w.controller.Store(), uitest.SampleHosts[i%len(uitest.SampleHosts)], "/"+strconv.Itoa(i), 200)
		}
	}
	fill(100)
	w.until("the rows are shown", func() bool { return w.last.Total == 100 })
	both := 0
	for i := range 100 {
		if i%len(uitest.SampleHosts) == 0 && strings.HasPrefix("/"+strconv.Itoa(i), "/1") {
			both++
		}
	}
	w.list.Rows.ScrollToOffset(700)
	fill(1)
	w.until("a person has scrolled up", func() bool { return w.last.Total == 101 && w.follow.Visible() })
	for _, step := range []struct {
		filter string
		n      int
	}{{"path:/1", 11}, {"", 101}, {"host:=" + uitest.SampleHosts[0] + " path:/1", both}, {"", 101}} {
		w.filter.set(step.filter)
		w.until("the filter is in force", func() bool { uitest.ListFrame(w.list.Rows); return w.list.Length == step.n })
		if wrong := w.wrongRows(); wrong != "" {
			t.Errorf("filter %q: %s", step.filter, wrong)
		}
	}
	w.filter.set("path:/1")
	w.until("the filter is in force", func() bool { uitest.ListFrame(w.list.Rows); return w.list.Length == 11 })
	fill(3)
	w.until("another is there", func() bool { return w.list.Length == 12 })
	if wrong := w.wrongRows(); wrong != "" {
		t.Error(wrong)
	}
}

// After Clear the list follows again, wherever it was scrolled to.
func TestClearFollowsAgain(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.win.Resize(fyne.NewSize(1000, 500))
	fill := func(n int) {
		for range n {
			uitest.Record(w.controller.Store(), "a.test", "/", 200)
		}
	}
	fill(99)
	w.until("the rows are shown", func() bool { return w.last.Total == 99 })
	w.list.Rows.ScrollToTop()
	fill(1)
	w.until("a person has scrolled up", func() bool { return w.last.Total == 100 && !w.list.Follow })
	w.key(fyne.KeyK, ctrl)
	w.until("the list is empty", func() bool { return w.last.Total == 0 })
	fill(99)
	w.until("new rows are there", func() bool { return w.last.Total == 99 })
	if !w.list.Follow || w.list.Missed != 0 || w.follow.Visible() || !w.list.Rows.AtBottom() {
		t.Errorf("follows %v, %d missed", w.list.Follow, w.list.Missed)
	}
}

// Details of a request that the filter hides say so, and offer a way back.
func TestDetailsSayThatTheFilterHidesTheirRequest(t *testing.T) {
	w := openWindow(t, windowOptions{})
	for i := range 20 {
		uitest.Record(w.controller.Store(), uitest.SampleHosts[i%len(uitest.SampleHosts)], "/"+strconv.Itoa(i), 200)
	}
	w.until("the rows are shown", func() bool { return w.last.Total == 20 })
	w.list.SelectID(7)
	says := func() bool {
		return slices.ContainsFunc(uitest.Texts(w.details.Object()),
			func(text string) bool { return strings.Contains(text, "filter hides") })
	}
	if says() {
		t.Error("a row of the list is said to be hidden")
	}
	w.filter.set("path:/12")
	w.until("the details say it", says)
	w.list.SelectID(w.model.At(0))
	if says() {
		t.Error("another row is said to be hidden")
	}
	w.list.SelectID(7)
	if !says() {
		t.Error("the hidden row is not said to be hidden when it is chosen again")
	}
	for _, o := range uitest.Seen[fyne.CanvasObject](w.details.Object()) {
		if b, is := o.(fyne.Tappable); is && slices.Contains(uitest.Texts(o), i18n.T("details.hidden.show")) {
			b.Tapped(&fyne.PointEvent{})
		}
	}
	w.until("the row is back", func() bool { return w.model.Index(flow.ID(7)) >= 0 && !says() })
	if w.filter.text() != "" || w.list.Selected != 7 {
		t.Errorf("filter %q, row %d", w.filter.text(), w.list.Selected)
	}
}
