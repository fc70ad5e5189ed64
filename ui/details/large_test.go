package details

import (
	"strings"
	"testing"
	"time"

	"posthouse/ui/document"
	"posthouse/ui/uitest"

	"fyne.io/fyne/v2"
)

// A JSON body of 50 MiB shows its first screen soon and its end when asked for,
// and the UI goroutine never works for long.
func TestLargeJSON(t *testing.T) {
	d := openDetails(t, "dark", "en")
	size, needle := 50<<20, "user 99999"
	if raceDetector {
		size, needle = 5<<20, "user 9999"
	}
	x := d.put(uitest.SampleExchange(1, "application/json", uitest.LargeJSON(size)))
	d.open(uitest.SampleExchange(2, "application/json", "{}"), TabResponse)
	lines := d.response.body.lines
	d.work = 0
	begun := time.Now()
	d.ui(func() { d.Show(x.ID) })
	d.until("the first screen is there", func() bool { return d.Exchange.ID == 1 && lines.Port.Doc.Len() > 100 })
	first := time.Since(begun)
	if got := lines.Port.Doc.Line(0).Text + lines.Port.Doc.Line(1).Text; got != `{  "items": [` {
		t.Errorf("it begins with %q", got)
	}
	d.until("all is there", d.settled)
	all := time.Since(begun)
	d.ui(func() { lines.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd}) })
	end := lines.Port.InSight()
	if got := end[len(end)-2].Line.Text; got != `  "last": "here"` {
		t.Errorf("it ends with %q", got)
	}
	for range 50 {
		d.ui(func() { lines.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 300)}) })
	}
	d.ui(func() { lines.ScrollToThumb(100) })
	t.Logf("first screen %v, all %d lines %v, longest work of the UI goroutine %v", first, lines.Port.Doc.Len(), all, d.work)
	if !raceDetector && first > 500*time.Millisecond {
		t.Errorf("the first screen took %v", first)
	}
	if !raceDetector && d.work > 100*time.Millisecond {
		t.Errorf("the UI goroutine worked %v at once", d.work)
	}
	d.search(needle, lines)
	if got := lines.Port.Doc.Line(lines.Matches.All[0].Line).Text; !strings.Contains(got, needle) {
		t.Errorf("found %q", got)
	}
}

func (d *testDetails) search(needle string, lines *document.LineView) {
	d.t.Helper()
	bar := d.response.body.search
	d.ui(func() {
		bar.Open()
		bar.Entry.SetText(needle)
	})
	d.until("it is found", func() bool { return len(lines.Matches.All) > 0 })
}
