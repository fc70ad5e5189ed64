package details

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/uitest"
)

// arriving is an exchange whose body has come up to n lines.
func arriving(id flow.ID, n int) flow.Exchange {
	x := uitest.SampleExchange(id, "text/plain", "")
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	x.Phase, x.Duration, x.Timing.End = flow.PhaseResponse, 0, 0
	x.ResponseBody = flow.Body{State: flow.BodyArriving, Size: int64(b.Len()), Bytes: []byte(b.String())}
	return x
}

// A body that is arriving grows in place, at a bounded rate however often it
// changes, and what came last is shown.
func TestAnArrivingBodyGrowsInPlace(t *testing.T) {
	d := openDetails(t, "light", "en")
	d.open(arriving(1, 100), TabResponse)
	lines := d.response.body.lines
	d.ui(func() { lines.Scroll(20 * lines.Port.Row) })
	top, begun, before := lines.Port.Top, time.Now(), d.reads()
	n := 100
	for ; time.Since(begun) < 4*liveInterval; n++ {
		d.put(arriving(1, n))
		d.ui(func() { d.Changed(1) })
		select {
		case f := <-d.queue:
			d.ui(f)
		case <-time.After(time.Millisecond):
		}
	}
	reads := d.reads() - before
	if reads < 2 || reads > 5 {
		t.Errorf("read %d times in %v, with %d changes", reads, 4*liveInterval, n-100)
	}
	last := arriving(1, n)
	last.Phase, last.ResponseBody.State = flow.PhaseDone, flow.BodyWhole
	d.put(last)
	d.ui(func() { d.Changed(1) })
	d.until("the last state is shown", d.settled)
	if got := lines.Port.Doc.Len(); got != n+1 || lines.Port.Top != top || d.response.body.notices.Object.Visible() {
		t.Errorf("%d lines of %d from %v, notice %v", got, n+1, lines.Port.Top, d.response.body.notices.Object.Visible())
	}
	before = d.reads()
	d.ui(func() { d.Changed(1) })
	d.until("it was looked at", d.settled)
	if d.reads() != before {
		t.Error("a finished exchange was read again")
	}
}

// A change that comes while a tab is being opened is not lost.
func TestNoChangeIsLostBetweenTabs(t *testing.T) {
	d := openDetails(t, "light", "en")
	d.open(arriving(1, 10), TabOverview)
	last := arriving(1, 20)
	last.Phase, last.ResponseBody.State = flow.PhaseDone, flow.BodyWhole
	d.put(last)
	d.ui(func() { d.Changed(1); d.Tabs.Choose(TabResponse); d.Tabs.Choose(tabRaw); d.Tabs.Choose(TabResponse) })
	d.until("it is shown", d.settled)
	if got := d.response.body.lines.Port.Doc.Len(); got != 21 || !d.Exchange.Phase.Final() {
		t.Errorf("%d lines are shown", got)
	}
}

// What was prepared for one exchange is never shown for another.
func TestTheLastChosenIsShown(t *testing.T) {
	d := openDetails(t, "light", "en")
	for id := flow.ID(1); id <= 50; id++ {
		d.put(uitest.SampleExchange(id, "application/json", fmt.Sprintf(`{"id":%d}`, id)))
	}
	d.ui(func() { d.Tabs.Choose(TabResponse) })
	for id := flow.ID(1); id <= 50; id++ {
		d.ui(func() { d.Show(id) })
		select {
		case f := <-d.queue:
			d.ui(f)
			if x := d.Exchange; x != nil && shownText(d.response.body.lines) != fmt.Sprintf("{\n  \"id\": %d\n}", x.ID) {
				t.Fatalf("of %d it shows %q", x.ID, shownText(d.response.body.lines))
			}
		default:
		}
	}
	d.until("the last is shown", d.settled)
	if got := shownText(d.response.body.lines); d.Exchange.ID != 50 || got != "{\n  \"id\": 50\n}" {
		t.Errorf("of %d it shows %q", d.Exchange.ID, got)
	}
}

func TestWhatIsGoneIsSaid(t *testing.T) {
	d := openDetails(t, "light", "en")
	if !d.empty.object.Visible() || !strings.HasPrefix(d.empty.text.Text, "Select") {
		t.Errorf("at first it says %q", d.empty.text.Text)
	}
	d.ui(func() { d.Show(7) })
	d.until("it is said", func() bool { return d.gone })
	if !d.empty.object.Visible() || !strings.Contains(d.empty.text.Text, "left memory") || d.copyMenu.Visible() {
		t.Errorf("it says %q", d.empty.text.Text)
	}
	x := uitest.SampleExchange(8, "text/plain", "hello")
	x.Phase = flow.PhaseResponse
	d.open(x, TabResponse)
	d.mu.Lock()
	delete(d.all, 8)
	d.mu.Unlock()
	d.ui(func() { d.Changed(8) })
	d.until("it was looked for", d.settled)
	if d.gone || shownText(d.response.body.lines) != "hello" {
		t.Error("what was read does not stay when the row leaves memory")
	}
	d.ui(d.Clear)
	if d.Exchange != nil || !d.empty.object.Visible() {
		t.Error("Clear shows something")
	}
	released := make(chan bool, 1)
	d.worker.Post(document.TaskCopy, func(context.Context) { released <- d.read.exchange == nil && d.read.bodies[1].body == nil })
	if !uitest.Receive(t, released, "the worker") || d.response.body.shown.Doc != nil {
		t.Error("Clear keeps a body")
	}
}

// The view that a person chose holds for the exchange, not for the next one.
func TestTheViewIsChosen(t *testing.T) {
	d := openDetails(t, "light", "en")
	d.open(uitest.SampleExchange(1, "application/json", `{"a":1}`), TabResponse)
	pane := d.response.body
	choose := func(i int) {
		d.ui(func() { pane.menu().Items[i].Action() })
		d.until("it is shown", d.settled)
	}
	choose(1)
	if got := shownText(pane.lines); got != `{"a":1}` || pane.view.Label != "As sent" {
		t.Errorf("as sent: %q, %q", got, pane.view.Label)
	}
	choose(2)
	if got := shownText(pane.lines); !strings.HasPrefix(got, "00000000  7b 22") {
		t.Errorf("hex: %q", got)
	}
	if menu := pane.menu(); !menu.Items[2].Checked || menu.Items[0].Checked {
		t.Error("the menu does not say which one is chosen")
	}
	d.open(uitest.SampleExchange(2, "application/json", `{"b":2}`), TabResponse)
	if got := shownText(pane.lines); got != "{\n  \"b\": 2\n}" || pane.view.Label != "Readable" {
		t.Errorf("the next: %q, %q", got, pane.view.Label)
	}
	charset := pane.menu().Items[5].ChildMenu.Items[2] // GB18030
	d.open(uitest.SampleExchange(3, "text/plain", "\xd6\xd0"), TabResponse)
	d.ui(charset.Action)
	d.until("it is shown", d.settled)
	if got := shownText(pane.lines); got != "中" {
		t.Errorf("as %s: %q", charset.Label, got)
	}
}

func TestSearchFollowsTheDocument(t *testing.T) {
	d := openDetails(t, "light", "en")
	d.open(uitest.SampleExchange(1, "application/json", uitest.SampleJSON), TabResponse)
	pane := d.response.body
	d.ui(func() {
		pane.lines.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierShortcutDefault})
	})
	d.search("NAME", pane.lines)
	if got := pane.search.Count.Text; got != "1 of 2" {
		t.Errorf("it says %q", got)
	}
	d.ui(func() { pane.search.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) })
	d.ui(func() { pane.search.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) })
	d.ui(func() { pane.search.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp}) })
	if got := pane.search.Count.Text; got != "2 of 2" {
		t.Errorf("after two steps and one back it says %q", got)
	}
	d.open(uitest.SampleExchange(2, "application/json", `["no such thing"]`), TabResponse)
	d.until("it was searched", func() bool { return pane.search.Count.Text == "Not found" })
	d.ui(func() { pane.search.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) })
	if pane.search.Object.Visible() || len(pane.lines.Matches.All) > 0 {
		t.Error("Escape does not end the search")
	}
}

// Alt+R has a regular expression looked for, and says where there is none.
func TestSearchForARegularExpression(t *testing.T) {
	d := openDetails(t, "light", "en")
	d.open(uitest.SampleExchange(1, "text/plain", "id 17\nid 4\nid x"), TabResponse)
	pane := d.response.body
	d.ui(func() {
		pane.lines.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierShortcutDefault})
		pane.search.Entry.SetText(`^id \d+$`)
	})
	d.until("a text is not found", func() bool { return pane.search.Count.Text == "Not found" })
	d.ui(func() {
		pane.search.Entry.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyR, Modifier: fyne.KeyModifierAlt})
	})
	d.until("an expression is", func() bool { return pane.search.Count.Text == "1 of 2" && pane.search.Regexp.On() })
	d.ui(func() { pane.search.Entry.SetText("(") })
	if got := pane.search.Count.Text; got != "No regular expression" {
		t.Errorf("it says %q", got)
	}
	d.ui(func() { test.Tap(pane.search.Regexp) })
	d.until("it is a text again", func() bool { return pane.search.Count.Text == "Not found" })
}

// Who looks at the Overview can ask the response's body all the same: it is shown for that.
func TestJSONIsAskedFromTheOverview(t *testing.T) {
	d := openDetails(t, "light", "en")
	d.open(uitest.SampleExchange(1, "application/json", `{"a":1}`), TabOverview)
	if !d.CanAsk() {
		t.Fatal("it cannot be asked")
	}
	d.ui(d.AskBody)
	d.until("the box is open", func() bool { return d.Tabs.Selected == TabResponse && d.response.body.ask.Object.Visible() })
	d.open(uitest.SampleExchange(2, "text/plain", "no JSON"), TabOverview)
	if d.CanAsk() {
		t.Error("what is no JSON can be asked")
	}
}

// A body of JSON is asked in jq or JSONPath: the answer is shown instead of it, until the
// question goes.
func TestJSONIsAsked(t *testing.T) {
	d := openDetails(t, "light", "en")
	d.open(uitest.SampleExchange(1, "application/json", `{"a":[1,{"b":"x"}]}`), TabResponse)
	pane := d.response.body
	whole := shownText(pane.lines)
	if !d.CanAsk() {
		t.Fatal("it cannot be asked")
	}
	d.ui(func() {
		d.AskBody()
		pane.ask.Entry.SetText(".a[1]")
	})
	d.until("jq answers", func() bool { return pane.ask.Said.Text == "1 result" })
	if got := shownText(pane.lines); !strings.Contains(got, `"b": "x"`) || strings.Contains(got, `"a"`) {
		t.Errorf("jq: %q", got)
	}
	d.ui(func() { pane.ask.Entry.SetText("$.a[*]") })
	d.until("JSONPath answers", func() bool { return pane.ask.Said.Text == "2 results" })
	d.ui(func() { pane.ask.Entry.SetText(".a |") })
	d.until("a mistake is said", func() bool { return strings.HasPrefix(pane.ask.Said.Text, "Not finished: the end is missing") })
	d.ui(func() { pane.ask.Entry.SetText(".[") })
	d.open(uitest.SampleExchange(2, "application/json", `["y"]`), TabResponse)
	d.ui(func() { pane.ask.Entry.SetText(".[0]") })
	d.until("the next body is asked", func() bool { return shownText(pane.lines) == "\"y\"\n" || shownText(pane.lines) == `"y"` })
	d.open(uitest.SampleExchange(1, "application/json", `{"a":[1,{"b":"x"}]}`), TabResponse)
	d.ui(func() { pane.ask.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) })
	if got := shownText(pane.lines); got != whole || pane.ask.Object.Visible() {
		t.Errorf("without a question: %q", got)
	}
	d.open(uitest.SampleExchange(3, "text/plain", "no JSON"), TabResponse)
	if pane.asking.Visible() {
		t.Error("what is no JSON can be asked")
	}
}
