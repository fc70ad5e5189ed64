package details

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
	"posthouse/ui/words"
)

const ms = time.Millisecond

func TestSteps(t *testing.T) {
	for _, c := range []struct {
		name  string
		row   flow.Row
		after time.Duration // since the start
		want  string
	}{
		{"done", flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Duration: 90 * ms,
			Timing: flow.Timing{Resolved: 5 * ms, Connected: 20 * ms, Sent: 25 * ms, FirstByte: 80 * ms, End: 90 * ms}}, 0,
			"resolve 0-5, connect 5-20, send 20-25, wait 25-80, receive 80-90"},
		{"no name", flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Duration: 90 * ms,
			Timing: flow.Timing{Connected: 20 * ms, Sent: 25 * ms, FirstByte: 80 * ms, End: 90 * ms}}, 0,
			"connect 0-20, send 20-25, wait 25-80, receive 80-90"},
		{"reused", flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Duration: 90 * ms,
			Timing: flow.Timing{Connected: 1 * ms, Sent: 25 * ms, FirstByte: 80 * ms, End: 90 * ms, Reused: true}}, 0,
			"connect 0-1 reused, send 1-25, wait 25-80, receive 80-90"},
		{"first inside its tunnel", flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Duration: 90 * ms,
			Timing: flow.Timing{Connected: 1, Sent: 25 * ms, FirstByte: 80 * ms, End: 90 * ms}}, 0,
			"send 0-25, wait 25-80, receive 80-90"},
		{"connecting", flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseRequest, Timing: flow.Timing{Resolved: 5 * ms}}, 50 * ms,
			"resolve 0-5, connect 5-50…"},
		{"waiting", flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseRequest,
			Timing: flow.Timing{Resolved: 5 * ms, Connected: 20 * ms, Sent: 25 * ms}}, 50 * ms,
			"resolve 0-5, connect 5-20, send 20-25, wait 25-50…"},
		{"receiving", flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseResponse,
			Timing: flow.Timing{Connected: 20 * ms, Sent: 25 * ms, FirstByte: 40 * ms}}, 50 * ms,
			"connect 0-20, send 20-25, wait 25-40, receive 40-50…"},
		{"refused", flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseFailed, Duration: 30 * ms,
			Timing: flow.Timing{Resolved: 5 * ms, End: 30 * ms}}, 0, "resolve 0-5, connect 5-30"},
		{"answered before all was sent", flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Duration: 90 * ms,
			Timing: flow.Timing{Connected: 20 * ms, FirstByte: 80 * ms, End: 90 * ms}}, 0,
			"connect 0-20, wait 20-80, receive 80-90"},
		{"TLS", flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Duration: 90 * ms,
			Timing: flow.Timing{Resolved: 5 * ms, Dialed: 12 * ms, Connected: 20 * ms, Sent: 25 * ms, FirstByte: 80 * ms, End: 90 * ms}}, 0,
			"resolve 0-5, connect 5-12, tls 12-20, send 20-25, wait 25-80, receive 80-90"},
		{"tunnel", flow.Row{Kind: flow.KindTunnel, Phase: flow.PhaseResponse, Timing: flow.Timing{Connected: 20 * ms}}, 50 * ms,
			"connect 0-20, open 20-50…"},
	} {
		c.row.Start = uitest.StartOfTests
		var got []string
		for _, s := range steps(&c.row, uitest.StartOfTests.Add(c.after)) {
			text := fmt.Sprintf("%s %d-%d", strings.TrimPrefix(s.key, "details.step_"), s.from/ms, s.to/ms)
			if s.reused {
				text += " reused"
			}
			if s.underWay {
				text += "…"
			}
			got = append(got, text)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.name, strings.Join(got, ", "), c.want)
		}
	}
}

func TestOverviewSaysWhatHappened(t *testing.T) {
	value := func(x flow.Exchange, name string) string {
		for _, f := range facts(&x, nil) {
			if f.name == name {
				return f.value
			}
		}
		return ""
	}
	x := uitest.SampleExchange(1, "application/json", strings.Repeat("x", 5000))
	if got := statusLine(&x); got != "200 OK" {
		t.Errorf("status: %q", got)
	}
	for name, want := range map[string]string{"Kind": "", "State": "Complete", "Duration": "83 ms",
		"Timing": "look up 4.0 ms · connect 17 ms · send 1.0 ms · wait 48 ms · receive 13 ms", "Type": "application/json",
		"Request size":  "0 bytes + headers 168 B",
		"Response size": "4.9 KB (5,000 bytes) + headers 156 B", "Client": "127.0.0.1:53210", "Server": "192.0.2.7:80",
		"Server name (SNI)": ""} {
		if got := value(x, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	x.Timing.Reused = true
	if got := value(x, "Server"); got != "192.0.2.7:80 (connection reused)" {
		t.Errorf("server: %q", got)
	}
	x = failedExchange()
	if got := statusLine(&x); got != "× 502 Bad Gateway" {
		t.Errorf("failed: %q", got)
	}
	x = arriving(1, 3)
	x.Status, x.Phase = 0, flow.PhaseRequest
	if got := statusLine(&x); got != "… Waiting for the answer" {
		t.Errorf("waiting: %q", got)
	}
	x = cutExchange()
	if got := overviewNotes(&x); len(got) != 1 || !strings.HasPrefix(got[0], "Response: Cut: the first 120 B of 5.0 MB") {
		t.Errorf("notes: %q", got)
	}
	x = tunnelExchange()
	if got := value(x, "Timing"); got != "look up 4.0 ms · connect 17 ms · open 62 ms" {
		t.Errorf("timing of a tunnel: %q", got)
	}
	if got := value(x, "Received"); got != "1.2 MB (1,234,567 bytes)" {
		t.Errorf("tunnel: %q", got)
	}
}

// Where a rule failed, delayed or slowed, the status has a sign in the list and in the overview.
func TestTheSignsOfRules(t *testing.T) {
	for _, c := range []struct {
		effects flow.Effects
		phase   flow.Phase
		list    string
		line    string
	}{
		{flow.EffectApplied, flow.PhaseDone, "200", "200"},
		{flow.EffectApplied | flow.EffectFailed, flow.PhaseDone, "! 200", "! 200"},
		{flow.EffectApplied | flow.EffectDelayed, flow.PhaseDone, "‖ 200", "‖ 200"},
		{flow.EffectDelayed | flow.EffectFailed | flow.EffectResponse, flow.PhaseDone, "!‖ ~ 200", "!‖ 200"},
		{flow.EffectFailed, flow.PhaseFailed, "! × 200", "! × 200"},
		{flow.EffectDelayed, flow.PhaseRequest, "…", "‖ 200"},
	} {
		x := uitest.SampleExchange(1, "application/json", "{}")
		x.Effects, x.Phase = c.effects, c.phase
		if got := words.StatusText(&x.Row, uitest.StartOfTests); got != c.list {
			t.Errorf("%v in the list: %q, want %q", c.effects, got, c.list)
		}
		if got := statusLine(&x); !strings.HasPrefix(got, c.line) {
			t.Errorf("%v in the overview: %q, want %q", c.effects, got, c.line)
		}
	}
	if got := words.RuleSignLines(flow.EffectDelayed | flow.EffectFailed); len(got) != 2 || !strings.HasPrefix(got[0], "!") {
		t.Errorf("%q", got)
	}
}

// The overview and the list say how an answer broke the rules.
func TestAMendedAnswerIsSaid(t *testing.T) {
	x := uitest.SampleExchange(1, "application/json", "{}")
	if got := overviewNotes(&x); len(got) != 0 {
		t.Errorf("notes on a clean one: %q", got)
	}
	x.Mended = flow.MendedLineEnds | flow.MendedFolds
	want := []string{i18n.T("mended.title"), "– " + i18n.T("mended.line-ends"), "– " + i18n.T("mended.folds")}
	if got := overviewNotes(&x); !slices.Equal(got, want) {
		t.Errorf("notes: %q", got)
	}
	if got := words.StatusText(&x.Row, uitest.StartOfTests); got != "~ 200" {
		t.Errorf("in the list: %q", got)
	}
	x.Phase = flow.PhaseFailed
	if got := words.StatusText(&x.Row, uitest.StartOfTests); got != "× 200" {
		t.Errorf("in the list, failed: %q", got)
	}
	for _, lang := range []string{i18n.English, i18n.Chinese} {
		i18n.Set(lang)
		for _, code := range flow.Mended(1<<16 - 1).Codes() {
			if !i18n.Has("mended." + code) {
				t.Errorf("%s: no words for %s", lang, code)
			}
		}
	}
	i18n.Set(i18n.English)
	for start, want := range map[string]string{
		"HTTP/1.1 404 Not Found": "Not Found", "HTTP/1.1 404: Not Found": ": Not Found", "HTTP/1.1  200 OK": "OK", "HTTP/1.1 200OK": "OK",
		"HTTP/2 200": "", "": "",
	} {
		if got := reasonPhrase(start); got != want {
			t.Errorf("the reason in %q is %q", start, got)
		}
	}
}

// What came from the network cannot break the overview.
// A Host field that another one was sent for is told with both.
func TestOverviewOfAReplacedHost(t *testing.T) {
	defer i18n.Set(i18n.English)
	x := flow.Exchange{Row: flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Host: "10.0.0.1:81", HostReplaced: true,
		Remote: netip.MustParseAddrPort("10.0.0.1:81")},
		RequestHead: []byte("GET http://10.0.0.1:81/ HTTP/1.1\r\nhost: virtual.test\r\n\r\n")}
	value := func() string {
		for _, f := range facts(&x, nil) {
			if f.name == "Host" {
				return f.value
			}
		}
		return ""
	}
	for lang, words := range map[string][2]string{
		i18n.English: {"was virtual.test, sent as 10.0.0.1:81", "sent as 10.0.0.1:81"},
		i18n.Chinese: {"原为 virtual.test", "10.0.0.1:81"},
	} {
		i18n.Set(lang)
		y := x
		if got := value(); !strings.Contains(got, words[0]) {
			t.Errorf("%v: %q", lang, got)
		}
		x.RequestHead = nil // contents that are not kept
		if got := value(); !strings.Contains(got, words[1]) {
			t.Errorf("%v, without a head: %q", lang, got)
		}
		x.HostReplaced = false
		if got := value(); got != "" {
			t.Errorf("%v: %q of a Host that stayed", lang, got)
		}
		x = y
	}
}

func TestOverviewOfHostileValues(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := uitest.SampleExchange(1, "a/\u202eb", "")
	x.Method, x.Host, x.Path = strings.Repeat("M", 500), "evil\u202e.test", "/"+strings.Repeat("p", 60_000)
	x.ResponseHead = []byte("HTTP/1.1 200 " + strings.Repeat("very \x1b[31m long ", 1000) + "\r\n\r\n")
	d.work = 0
	d.open(x, TabOverview)
	if !raceDetector && d.work > 100*time.Millisecond {
		t.Errorf("it took %v", d.work)
	}
	for _, text := range []string{d.Overview.status.Text, d.Overview.method.Text, d.Overview.url.Text} {
		if len(text) > maxURL+10 || strings.ContainsAny(text, "\u202e\x1b") {
			t.Errorf("it shows %q", text)
		}
	}
}

// What is too long for its column is broken, in a wide pane as in a narrow one, not cut.
func TestLongFactsAreSeenWhole(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := uitest.SampleExchange(1, "application/json", uitest.SampleJSON)
	x.ContentType = "application/vnd.example+json; profile=" + strings.Repeat("long-", 20) + "end"
	for _, width := range []float32{1200, 800, 500} {
		d.win.Resize(fyne.NewSize(width, 620))
		d.open(x, TabOverview)
		f := d.Overview.facts
		i := slices.IndexFunc(f.facts, func(one fact) bool { return one.value == x.ContentType })
		if i < 0 {
			t.Fatal("the type is not shown")
		}
		if shown := strings.Join(f.lines[i], ""); strings.ReplaceAll(shown, " ", "") != strings.ReplaceAll(x.ContentType, " ", "") {
			t.Errorf("%v wide, it is shown as %q", width, f.lines[i])
		}
	}
}

func TestAClickCopiesAFact(t *testing.T) {
	d := openDetails(t, "light", "en")
	d.open(uitest.SampleExchange(1, "application/json", "{}"), TabOverview)
	table := d.Overview.facts
	table.Tapped(&fyne.PointEvent{Position: fyne.NewPos(50, 4.5*factHeight)})
	if d.copied != "application/json" {
		t.Errorf("copied %q", d.copied)
	}
	table.Tapped(&fyne.PointEvent{Position: fyne.NewPos(50, 400*factHeight)})
}

// The clock of an exchange under way goes on.
func TestTick(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := arriving(1, 3)
	x.Start = time.Now().Add(-10 * time.Second)
	d.open(x, TabOverview)
	d.Exchange.Start = d.Exchange.Start.Add(-10 * time.Second)
	d.Tick()
	for _, f := range d.Overview.facts.facts {
		if f.name == "Duration" && !strings.HasPrefix(f.value, "20.") {
			t.Errorf("after 20 s it says %s", f.value)
		}
	}
}

func TestHeadsAsTables(t *testing.T) {
	x := uitest.SampleExchange(1, "text/plain", "x")
	x.ResponseTrailer = []byte("Checksum: 1\r\n")
	x.Interim = []byte("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
	request, n := headDoc(MessageOf(&x, false))
	if got := strings.Join(lineTexts(request), "\n"); n != 4 ||
		!strings.Contains(got, "\nQuery\npage        2\nname        张\n\nCookies\nsession     3f9c0a\ntheme       dark") {
		t.Errorf("%d fields:\n%s", n, got)
	}
	response, n := headDoc(MessageOf(&x, true))
	got := strings.Join(lineTexts(response), "\n")
	for _, want := range []string{"HTTP/1.1 200 OK\n", "Cookies\nsession         3f9c0b; Path=/; HttpOnly", "Trailers\nChecksum        1",
		"Interim responses\nHTTP/1.1        103 Early Hints\nLink            </a>"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if n != 4 {
		t.Errorf("%d fields", n)
	}
}

func TestRawShowsWhatPassed(t *testing.T) {
	x := flow.Exchange{RequestHead: []byte("GET / HTTP/1.1\nA: \x00b\xffc\rd\r\n\r\n")}
	got := lineTexts(document.NewTextDoc(t.Context(), rawText(&x), rawColours))
	want := []string{"── Request · 28 B", "GET / HTTP/1.1‹LF›", "A: ‹NUL›b‹FF›c‹CR›d", "", ""}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q", got)
	}
}

// Of an answer that was not passed on the Raw tab has what came, before what Posthouse
// said instead, and the Overview says where to look. What came cannot look like a title.
func TestRawShowsWhatWasNotPassedOn(t *testing.T) {
	for language, want := range map[string]struct{ sent, own, hint string }{
		"en": {"What the server sent, not passed on", "Response of Posthouse",
			"What the server sent was not passed on. The Raw tab shows it."},
		"zh-Hans": {"服务器发来的内容（未转发）", "Posthouse 的响应", "服务器发来的内容未被转发，可在“原始”标签页中查看。"},
	} {
		d := openDetails(t, "light", language)
		x := failedExchange()
		x.Failure, x.Interim = flow.FailureBadResponse, []byte("HTTP/1.1 103 x\r\n\r\n")
		x.Unusable = []byte("HTTP/1.1 200 OK\nContent-Length: 1\r\n── Response · 1 B\r\nX: \xff")
		x.ResponseHead = []byte("HTTP/1.1 502 Bad Gateway\r\n\r\n")
		d.open(x, tabRaw)
		got := strings.Join(lineTexts(document.NewTextDoc(t.Context(), d.raw.text, rawColours)), "\n")
		d.open(x, TabOverview)
		at := strings.Index(got, "── "+want.sent+
			" · 63 B\nHTTP/1.1 200 OK‹LF›\nContent-Length: 1\n‹E2 94 80 E2 94 80› Response · 1 B\nX: ‹FF›\n── "+want.own+
			" · 28 B\nHTTP/1.1 502 Bad Gateway\n")
		if at < strings.Index(got, "HTTP/1.1 103 x") {
			t.Errorf("%s: the Raw tab has\n%s", language, got)
		}
		if hint := d.Overview.note.Label.Text; hint != want.hint {
			t.Errorf("%s: the Overview says %q", language, hint)
		}
		x.ID, x.Unusable = 2, nil
		d.open(x, TabOverview)
		d.open(x, tabRaw)
		if strings.Contains(d.raw.text, want.own) || strings.Contains(d.raw.text, want.sent) || d.Overview.note.Label.Text != "" {
			t.Errorf("%s: of what was not kept it says\n%s\n%s", language, d.raw.text, d.Overview.note.Label.Text)
		}
	}
}

// Whatever is sent, the Raw tab has one title for each part of it, and text that is UTF-8.
func FuzzRaw(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\n── Response · 1 B\r\nX: \xff"))
	f.Add([]byte("\r── Response\n\n\x00\u2028── Response\u0085── Response\xe2\x94"))
	f.Fuzz(func(t *testing.T, b []byte) {
		titles := 0
		x := flow.Exchange{Unusable: b, ResponseHead: []byte("HTTP/1.1 502 Bad Gateway\r\n\r\n")}
		d := document.NewTextDoc(t.Context(), rawText(&x), rawColours)
		for i := range d.Len() {
			l := d.Line(i)
			if !utf8.ValidString(l.Text) {
				t.Fatalf("%q", l.Text)
			}
			if strings.HasPrefix(l.Text, rawMark) && len(l.Spans) > 0 && l.Spans[0].Bold {
				titles++
			}
		}
		if want := 1 + min(len(b), 1); titles != want {
			t.Fatalf("%d titles of %q, want %d: %q", titles, b, want, rawText(&x))
		}
	})
}

// A program is named by what was opened where the system did not tell which it was.
func TestTheNameOfAnOpenedProgram(t *testing.T) {
	for want, row := range map[string]flow.Row{
		"":                            {},
		"curl (process 5, /bin/curl)": {App: "curl", AppPID: 5, AppPath: "/bin/curl"},
		"Chromium, as it was opened from Posthouse": {App: "Chromium"},
	} {
		if got := appText(&row); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}
