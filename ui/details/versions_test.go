package details

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"posthouse/proxy/flow"
	"posthouse/ui/uitest"
)

// changedExchange is one whose request and response rules changed.
func changedExchange() flow.Exchange {
	x := formExchange()
	x.ResponseHead = []byte(strings.Replace(string(x.ResponseHead), "text/html", "text/plain", 1))
	x.ResponseBody = uitest.Whole([]byte("a cat\nin a hat"))
	const text = `{"animal":"tiger","hat":false}`
	x.Ruled.Response = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 30\r\nX-Debug: 1\r\n\r\n")
	x.Ruled.ResponseBody = uitest.Whole([]byte(text))
	x.Ruled.Request = []byte(strings.Replace(string(x.RequestHead), "page=2", "page=3", 1))
	x.Effects = flow.EffectApplied | flow.EffectRequest | flow.EffectResponse
	return x
}

// A message that was changed is shown as it came and as it went, in every view; what is copied and
// saved is what is shown.
func TestBothVersionsAreShown(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := changedExchange()
	d.open(x, TabResponse)
	pane := d.response
	turn := func(m *messagePane, at int) {
		t.Helper()
		d.ui(func() { m.versions.tabs.Choose(at) })
		d.until("it is shown", d.settled)
	}
	expect := func(body, head, item string) {
		t.Helper()
		if got := shownText(pane.body.lines); got != body || !strings.Contains(shownText(pane.fields), head) {
			t.Errorf("%q under %q", got, shownText(pane.fields))
		}
		if got := uitest.Item(t, d.CopyItems(d.Exchange), item); got.Disabled {
			t.Errorf("%q is greyed", item)
		}
		uitest.Item(t, d.saveItems(d.Exchange), strings.Replace(item, "Copy", "Save", 1)+"…")
	}
	if !pane.versions.bar.Visible() || pane.versions.compare.Visible() {
		t.Error("the switch is not there, or a button that does nothing is")
	}
	expect("a cat\nin a hat", "text/plain", "Copy response body")
	turn(pane, 1)
	expect("{\n  \"animal\": \"tiger\",\n  \"hat\": false\n}", "X-Debug", "Copy response body (as it went)")
	d.ui(func() { pane.body.menu().Items[2].Action() }) // hex
	d.until("it is shown", d.settled)
	if got := shownText(pane.body.lines); !strings.HasPrefix(got, "00000000  7b 22") {
		t.Errorf("%q", got)
	}
	turn(pane, 0)
	if got := shownText(pane.body.lines); !strings.HasPrefix(got, "00000000  61 20") {
		t.Errorf("the view is another: %q", got)
	}
	turn(pane, 1)
	d.ui(func() { d.Tabs.Choose(tabRequest) })
	d.until("it is shown", d.settled)
	if pane = d.request; !strings.Contains(shownText(pane.fields), "page=2") || pane.versions.tabs.Selected != 0 {
		t.Errorf("the request is shown as it went: %q", shownText(pane.fields))
	}
	turn(pane, 1)
	if got := shownText(pane.fields); !strings.Contains(got, "page=3") || strings.Contains(got, "page=2") {
		t.Errorf("%q", got)
	}
	d.ui(func() { d.Tabs.Choose(TabResponse) })
	d.until("it is shown", d.settled)
	if pane = d.response; pane.versions.tabs.Selected != 1 || !strings.HasPrefix(shownText(pane.body.lines), "00000000  7b 22") {
		t.Error("the version is forgotten within the selection")
	}
	d.open(uitest.SampleExchange(2, "text/plain", "plain"), TabResponse)
	if pane.versions.bar.Visible() || shownText(pane.body.lines) != "plain" {
		t.Errorf("of one that was not changed it shows %q", shownText(pane.body.lines))
	}
	other := changedExchange()
	other.ID = 3
	d.open(other, TabResponse)
	if pane.versions.tabs.Selected != 0 {
		t.Error("the version is kept for another request")
	}
}

// A place that was found in what went on is shown there, of an exchange that is not read yet too.
func TestWhatIsFoundInWhatWentIsShown(t *testing.T) {
	d := openDetails(t, "light", "en")
	d.open(uitest.SampleExchange(2, "text/plain", "plain"), TabOverview)
	d.put(changedExchange())
	d.ui(func() {
		d.Show(1)
		FindText(d.Details, 1, 3, "tiger")
	})
	d.until("it is shown", d.settled)
	if got := shownText(d.response.body.lines); !strings.Contains(got, "tiger") || d.response.versions.tabs.Selected != 1 {
		t.Errorf("%q", got)
	}
	d.ui(func() { FindText(d.Details, 1, 1, "cat") })
	d.until("it is shown", d.settled)
	if got := shownText(d.response.body.lines); !strings.Contains(got, "cat") || d.response.versions.tabs.Selected != 0 {
		t.Errorf("%q", got)
	}
}

// The button compares the exchange that is shown.
func TestVersionsAreCompared(t *testing.T) {
	d := openDetails(t, "light", "en")
	d.open(changedExchange(), TabResponse)
	var asked flow.ID
	d.deps.Compare = func(id flow.ID) { asked = id }
	test.Tap(d.response.versions.compare)
	if asked != 1 {
		t.Errorf("%d is compared", asked)
	}
}

func TestVersionPictures(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{{"went-light-en", "light", "en"}, {"went-dark-zh", "dark", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			d := openDetails(t, c.theme, c.lang)
			d.response.versions.compare.Show()
			d.open(changedExchange(), TabResponse)
			d.ui(func() { d.response.versions.tabs.Choose(1) })
			d.until("it is shown", d.settled)
			test.AssertRendersToImage(t, "details-"+c.name+".png", d.win.Canvas())
		})
	}
}
