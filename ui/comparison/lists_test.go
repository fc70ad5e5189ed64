package comparison

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/compare"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
	"posthouse/ui/words"
)

// tiers are exchanges on a disk.
func tiers(all ...flow.Exchange) *history.Tiers {
	disk := uitest.NewFakeDisk()
	disk.Put(all...)
	t := history.NewTiers(capture.New(capture.Options{Budget: 1 << 20}))
	t.Attach(disk, history.Range{})
	return t
}

// openedLists is a room over a window, whose work is done where it is asked for.
type openedLists struct {
	win     fyne.Window
	room    *lists
	ignored Ignored
	copied  string
	told    string
	saved   map[string]string
	left    Setup
}

func openLists(t *testing.T, theme, lang string, sources ...Source) *openedLists {
	app := test.NewTempApp(t)
	app.Settings().SetTheme(style.NewTheme(theme))
	i18n.Set(lang)
	t.Cleanup(func() { i18n.Set(i18n.English) })
	o := &openedLists{win: app.NewWindow(""), saved: map[string]string{}}
	t.Cleanup(o.win.Close)
	o.win.Resize(fyne.NewSize(1180, 640))
	o.room = newLists(ListDeps{Context: t.Context(), Sources: sources, Do: func(f func()) { f() },
		Setup: Setup{Lists: [2]int{0, len(sources) - 1}}, Leave: func(s Setup) { o.left = s },
		Mistake: func(e *query.Error) string { return "mistake " + e.Code },
		Inform:  func(_, text string) { o.told = text },
		Secrets: Secrets{Row: func(r *flow.Row) flow.Row { return *r }, Text: func(s string) string { return s },
			Exchange: func(x flow.Exchange, ok bool) (flow.Exchange, bool) { return x, ok }, Size: func(n int64) int64 { return n }},
		Save: func(name string, write func(context.Context, io.Writer, func(float64)) error) {
			var b strings.Builder
			if err := write(t.Context(), &b, func(float64) {}); err != nil {
				t.Error(err)
			}
			o.saved[name] = b.String()
		},
		Deps: Deps{Window: o.win, Work: func(slow func() func()) { slow()() }, Copy: func(text string) { o.copied = text },
			Open: func(d dialog.Dialog) { d.Show() }, Report: func(err error) { t.Error(err) },
			Ignored: func() Ignored { return o.ignored }, Ignore: func(i Ignored) { o.ignored = i }}})
	return o
}

// call is an exchange with an API.
func call(id flow.ID, method, host, path string, status int, took time.Duration, fields, body string) flow.Exchange {
	x := uitest.SampleExchange(id, "application/json", body)
	x.Phase, x.Failure = flow.PhaseDone, flow.FailureNone
	x.Method, x.Scheme, x.Host, x.Path, x.Status, x.Duration, x.ResponseSize = method, "https", host, path, status, took, int64(len(body))
	x.RequestHead = []byte(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
	x.ResponseHead = fmt.Appendf(nil, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%s\r\n", status, fields)
	x.ResponseBody = flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}
	return x
}

// twoRuns are a list of Monday and one of today, with each kind of pair.
func twoRuns() (monday, live Source) {
	const ms = time.Millisecond
	const shop, cdn = "shop.example.test", "cdn.example.test"
	lost := call(8, "GET", cdn, "/img/banner.png", 200, 9*ms, "", "picture")
	lost.ResponseBody = flow.Body{State: flow.BodyCut, Size: 900_000, Bytes: []byte("pic")}
	lost.ResponseSize = 900_000
	a := []flow.Exchange{
		call(1, "GET", shop, "/api/v2/cart/1842", 200, 41*ms, "ETag: \"1\"\r\nServer: nginx\r\n",
			`{"items":[{"id":1,"price":10}],"total":10}`),
		call(2, "GET", shop, "/api/v2/users/17?expand=roles", 200, 83*ms, "", `{"name":"张三"}`),
		call(3, "POST", shop, "/api/v2/orders", 201, 120*ms, "", `{"ok":true}`),
		call(4, "GET", shop, "/api/v2/prices?page=1", 200, 60*ms, "", `[1,2,3]`),
		call(5, "DELETE", shop, "/api/v1/session", 204, 12*ms, "", ``),
		call(6, "GET", cdn, "/app.js", 200, 7*ms, "", `"js"`),
		call(7, "GET", cdn, "/app.css", 200, 6*ms, "", `"css"`), lost,
	}
	b := []flow.Exchange{
		call(1, "GET", shop, "/api/v2/cart/1843", 200, 44*ms, "ETag: \"2\"\r\nServer: caddy\r\n",
			`{"items":[{"id":1,"price":12}],"total":12}`),
		call(2, "GET", shop, "/api/v2/users/18?expand=roles", 200, 620*ms, "", `{"name":"张三"}`),
		call(3, "POST", shop, "/api/v2/orders", 500, 1900*ms, "", `{"error":"out of stock"}`),
		call(4, "GET", shop, "/api/v2/prices?page=2", 200, 58*ms, "", `[1,2,4]`),
		call(5, "GET", shop, "/api/v2/recommendations/for/6f9619ff-8b86-d011-b42d-00cf4fc964ff", 200, 210*ms, "", `[]`),
		call(6, "GET", cdn, "/app.js", 200, 7*ms, "", `"js"`),
		call(7, "GET", cdn, "/app.css", 200, 5*ms, "", `"css"`), lost,
	}
	return Source{Name: "Monday.posthouse", Exchanges: tiers(a...)}, Source{Name: "Live", Exchanges: tiers(b...)}
}

func TestListPictures(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{{"found-dark-en", "dark", "en"}, {"found-light-zh", "light", "zh-Hans"},
		{"begin-light-en", "light", "en"}, {"begin-dark-zh", "dark", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			monday, live := twoRuns()
			o := openLists(t, c.theme, c.lang, live, monday)
			o.room.sides[0].choose(1, "")
			o.room.sides[1].choose(0, "host:example")
			if strings.HasPrefix(c.name, "found") {
				o.room.compare()
				o.room.toggle(chipSame)
				o.room.table.choose(3)
			}
			test.AssertRendersToImage(t, "lists-"+c.name+".png", o.win.Canvas())
		})
	}
}

func (o *openedLists) rows() (lines []string) {
	for _, at := range o.room.shown {
		p := &o.room.result.Pairs[at]
		request, _ := o.room.result.Request(p)
		lines = append(lines, strings.Join([]string{i18n.T(chipWords[chipOf(p)]), request.Method, request.Path, statusPair(p),
			timePair(p), sizePair(p), o.room.differsText(p)}, "|"))
	}
	return lines
}

func expectLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What the table says, by kind and then in order.
func TestPairsByKind(t *testing.T) {
	monday, live := twoRuns()
	o := openLists(t, "light", "en", monday, live)
	o.room.compare()
	expectLines(t, o.rows(),
		"New|GET|/api/v2/recommendations/for/{}|200|210 ms|2 B|",
		"Gone|DELETE|/api/v1/session|204|12 ms|0|",
		"Changed|GET|/api/v2/cart/{}|200|41 ms › 44 ms  ×1.1|42 B|Body $.items[*].price, $.total · Header etag, server",
		"Changed|POST|/api/v2/orders|201 › 500|120 ms › 1.9 s  ×15.8|11 B › 24 B|Status · Body $.ok, $.error",
		"Changed|GET|/api/v2/prices|200|60 ms › 58 ms|7 B|Query page · Body $[*]",
		"Slower|GET|/api/v2/users/{}|200|83 ms › 620 ms  ×7.5|17 B|other path",
		"Not known|GET|/img/banner.png|200|9.0 ms|879 KB|cut at the recording limit")
	if text := o.room.state.Text; text != "Pairs: 9; requests: 8 in A, 8 in B. Not compared whole: 1 cut at the recording limit" {
		t.Error(text)
	}
	var labels []string
	for _, chip := range o.room.chips {
		labels = append(labels, fmt.Sprint(chip.Label, " ", chip.On()))
	}
	expectLines(t, labels, "New 1 true", "Gone 1 true", "Changed 3 true", "Slower 2 true", "Not known 1 true", "Same 3 false")
}

// Everything by keyboard: arrows, digits for the kinds, Enter for a pair, Escape back.
func TestKeysOfLists(t *testing.T) {
	monday, live := twoRuns()
	o := openLists(t, "light", "en", monday, live)
	canvas := o.win.Canvas()
	if canvas.Focused() != o.room.sides[0].filter {
		t.Errorf("the focus is at %T", canvas.Focused())
	}
	o.room.sides[0].filter.OnSubmitted("") // Enter
	if canvas.Focused() != o.room.table {
		t.Fatalf("the focus is at %T", canvas.Focused())
	}
	press := func(names ...fyne.KeyName) {
		for _, name := range names {
			canvas.Focused().TypedKey(&fyne.KeyEvent{Name: name})
		}
	}
	at := func(want string) {
		t.Helper()
		if got := o.rows()[o.room.at]; !strings.HasPrefix(got, want) {
			t.Errorf("at %s, want %s", got, want)
		}
	}
	press(fyne.KeyDown, fyne.KeyDown)
	at("Changed|GET|/api/v2/cart/")
	press(fyne.KeyEnd)
	at("Not known")
	press(fyne.KeyHome, fyne.KeyUp)
	at("New")
	press(fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyDown, fyne.KeyDown)
	canvas.Focused().TypedRune('1')
	at("Changed|GET|/api/v2/cart/")
	for _, c := range "2346" {
		canvas.Focused().TypedRune(c)
	}
	if got := o.rows(); len(got) != 4 || !strings.HasPrefix(got[1], "Not known") || !strings.HasPrefix(got[3], "Same|GET|/app.css") {
		t.Errorf("%q", got)
	}
	for _, c := range "56" {
		canvas.Focused().TypedRune(c)
	}
	if o.room.hint.Text != "The buttons above hide all pairs." || !o.room.hint.Visible() || !o.room.save.Disabled() {
		t.Errorf("%q", o.room.hint.Text)
	}
	canvas.Focused().TypedRune('3')
	press(fyne.KeyReturn)
	if n := len(canvas.Overlays().List()); n != 2 {
		t.Fatalf("%d dialogs", n)
	}
	canvas.Overlays().Remove(canvas.Overlays().Top())
	canvas.Focus(o.room.table)
	press(fyne.KeyEscape)
	if canvas.Overlays().Top() != nil || o.room.result != nil {
		t.Error("the room is still there")
	}
}

// What is new or gone is shown beside nothing.
func TestOnePartOfAPair(t *testing.T) {
	monday, live := twoRuns()
	o := openLists(t, "light", "en", monday, live)
	o.room.compare()
	o.room.openPair()
	texts := strings.Join(uitest.Texts(o.win.Canvas().Overlays().Top()), "\n")
	if !strings.Contains(texts, "Monday.posthouse  not in this list") ||
		!strings.Contains(texts, "Live  #5  GET https://shop.example.test/api/v2/") {
		t.Error(texts)
	}
}

// What is passed over is compared anew, and the pair that was chosen stays so.
func TestIgnoreInLists(t *testing.T) {
	monday, live := twoRuns()
	o := openLists(t, "light", "en", monday, live)
	o.room.compare()
	o.room.table.choose(2)
	press := func(label string) {
		t.Helper()
		for _, item := range o.room.pairItems(o.room.chosen()) {
			if item.Label == label {
				item.Action()
				return
			}
		}
		t.Fatalf("no %q", label)
	}
	press("Ignore etag")
	press("Ignore server")
	press("Ignore $.total")
	if got := o.rows()[o.room.at]; !strings.HasSuffix(got, "|Body $.items[*].price") {
		t.Error(got)
	}
	press("Ignore $.items[*].price")
	if n := o.room.result.Counts.Kinds; n[compare.PairChanged] != 2 || o.room.ignored.Text != "Ignored: 4" {
		t.Errorf("%v, %s", n, o.room.ignored.Text)
	}
	o.room.toggle(chipSame)
	for i, line := range o.rows() {
		if strings.HasPrefix(line, "Same|GET|/api/v2/cart") {
			o.room.at = i
		}
	}
	if line := o.rows()[o.room.at]; !strings.HasPrefix(line, "Same|GET|/api/v2/cart") {
		t.Error(line)
	}
}

// Two stretches of one list; a filter with a mistake compares nothing.
func TestStretchesAndMistakes(t *testing.T) {
	_, live := twoRuns()
	o := openLists(t, "light", "en", live, Source{Name: "2 selected rows", Exchanges: live.Exchanges, IDs: []flow.ID{2, 3}})
	o.room.sides[0].choose(0, "path:/api status:5xx")
	o.room.sides[1].choose(1, "")
	o.room.compare()
	o.room.toggle(chipSame)
	expectLines(t, o.rows(), "New|GET|/api/v2/users/{}|200|620 ms|17 B|", "Same|POST|/api/v2/orders|500|1.9 s|24 B|")
	o.room.Sources = []Source{{Exchanges: live.Exchanges, Before: 3}, {Exchanges: live.Exchanges, From: 3}}
	o.room.sides[1].choose(1, "")
	o.room.compare()
	if n := o.room.result.Counts.Rows; n != [2]int{0, 6} {
		t.Errorf("%v", n)
	}
	o.room.sides[0].choose(0, "")
	o.room.compare()
	if n := o.room.result.Counts.Rows; n != [2]int{2, 6} {
		t.Errorf("%v", n)
	}
	o.room.Sources = []Source{live, {Name: "2 selected rows", Exchanges: live.Exchanges, IDs: []flow.ID{2, 3}}}
	o.room.sides[0].choose(0, "status:nonsense")
	o.room.compare()
	if !o.room.mistake.Visible() || o.room.mistake.Text != "mistake status" || o.win.Canvas().Focused() != o.room.sides[0].filter {
		t.Errorf("%v %q", o.room.mistake.Visible(), o.room.mistake.Text)
	}
	o.room.sides[0].choose(0, "status:5xx")
	o.room.anyHost.SetChecked(true)
	o.room.swap()
	if o.room.mistake.Visible() || o.room.names != [2]string{"2 selected rows", "Live · status:5xx"} {
		t.Errorf("%v %q", o.room.mistake.Visible(), o.room.names)
	}
	o.room.dialog.Hide()
	if want := (Setup{Lists: [2]int{1, 0}, Filters: [2]string{1: "status:5xx"}, AnyHost: true}); o.left != want {
		t.Errorf("%+v", o.left)
	}
}

// A comparison that is called off shows nothing, and leaves what was there.
func TestListsAreCalledOff(t *testing.T) {
	monday, live := twoRuns()
	o := openLists(t, "light", "en", monday, live)
	o.room.compare()
	first := o.room.result
	var late func()
	o.room.Work = func(slow func() func()) { late = slow() }
	o.room.compare()
	if !o.room.running.Visible() {
		t.Error("no progress is shown")
	}
	o.room.callOff()
	late()
	if o.room.result != first || o.room.running.Visible() {
		t.Error("what was called off is shown")
	}
	o.room.Deps.Work = func(slow func() func()) { slow()() }
	o.room.dialog.Hide()
	if o.room.compare(); o.room.result != nil {
		t.Error("a result is held by a room that is closed")
	}
}

func TestListsOut(t *testing.T) {
	monday, live := twoRuns()
	o := openLists(t, "light", "en", monday, live)
	o.room.Secrets.Text = func(s string) string { return strings.ReplaceAll(s, "shop", "‹secret 1›") }
	o.room.compare()
	o.room.copyMarkdown()
	if !strings.HasPrefix(o.copied, "### `Monday.posthouse` → `Live`\n\n1 new · 1 gone · 3 changed") ||
		strings.Contains(o.copied, "shop") || strings.Contains(o.copied, "app.css") {
		t.Error(o.copied)
	}
	for i, f := range export.ListForms {
		o.room.saveAs(f)
		if text := o.saved["comparison"+f.Ending()]; strings.Contains(text, "shop") || strings.Count(text, "\n") < len(o.room.shown) {
			t.Errorf("%d: %s", i, text)
		}
	}
}

// Hostile text is shown, not obeyed, and makes nothing wide.
func TestHostileLists(t *testing.T) {
	evil := call(1, "GET", "a\x1b[31m", "/\u202etxt/"+strings.Repeat("x", 5000), 200, 1, "X\u202e: 1\r\n", `{"\u001b[0m":1}`)
	o := openLists(t, "light", "en", Source{Name: "a\x1b\u202e" + strings.Repeat("n", 500), Exchanges: tiers(evil)},
		Source{Name: "b", Exchanges: tiers(evil, call(2, "GET", "h", "/", 200, 1, "", "1"))})
	o.room.compare()
	o.room.toggle(chipSame)
	w := newPairRow(o.room)
	w.Resize(fyne.NewSize(1000, style.RowHeight))
	for i := range o.room.shown {
		w.show(i)
		for _, text := range w.texts {
			if strings.ContainsAny(text.Text, "\x1b\u202e") || text.MinSize().Width > 600 {
				t.Errorf("%q", text.Text)
			}
		}
	}
	for _, option := range o.room.sides[0].source.Options {
		if option != words.VisibleText(option) || len(option) > 120 {
			t.Errorf("%q", option)
		}
	}
}
