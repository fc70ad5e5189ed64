package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

var row = flow.Row{
	ID: 7, Kind: flow.KindHTTP, Phase: flow.PhaseDone, Start: time.Unix(1700000000, 123456000),
	Method: "GET", Scheme: "http", Host: "example.com:8080", Path: "/a\"b\\c\x01\xff<é>", Proto: "HTTP/1.1",
	Status: 200, ContentType: "text/html", RequestSize: 3, ResponseSize: 4,
	Client: netip.MustParseAddrPort("127.0.0.1:1"), Remote: netip.MustParseAddrPort("[::1]:2"),
	Upstream: "http://h:1", App: "curl", AppPath: "/usr/bin/curl", AppPID: 5,
	Failure: flow.FailureTruncated, Reason: reason.BodyClosed.With(),
	TLS: flow.TLS{Seen: true, SNI: "x", ALPN: "h2, http/1.1", Version: "TLS 1.3"},
	Timing: flow.Timing{Resolved: time.Millisecond, Connected: 2 * time.Millisecond, Sent: 3 * time.Millisecond,
		FirstByte: 4*time.Millisecond + 5*time.Microsecond, End: 1234567 * time.Microsecond, Reused: true},
}

func TestEventLine(t *testing.T) {
	got := string(appendEvent(nil, &row))
	want := `{"id":7,"time":"2023-11-14T22:13:20.123456Z","kind":"http","method":"GET","scheme":"http",` +
		`"host":"example.com:8080","path":"/a\"b\\c\u0001` + "\ufffd" + `<é>","proto":"HTTP/1.1","status":200,"type":"text/html",` +
		`"request_bytes":3,"response_bytes":4,"client":"127.0.0.1:1","app":{"pid":5,"name":"curl","path":"/usr/bin/curl"},` +
		`"remote":"[::1]:2","upstream":"http://h:1","duration_ms":1234.567,"resolved_ms":1.000,"connected_ms":2.000,` +
		`"sent_ms":3.000,"first_byte_ms":4.005,"reused":true,"tls":{"seen":true,"sni":"x","alpn":"h2, http/1.1","version":"TLS 1.3"},` +
		`"failure":"truncated","reason":"body-closed","detail":"The origin closed the connection before the end of the body."}` + "\n"
	if got != want {
		t.Errorf("got\n%s want\n%s", got, want)
	}
	if !json.Valid([]byte(got)) {
		t.Error("it is no JSON")
	}
}

// A Host that was replaced is told, and nothing is where it was not.
func TestEventLineOfAReplacedHost(t *testing.T) {
	r := row
	if got := string(appendEvent(nil, &r)); strings.Contains(got, "host_replaced") {
		t.Error(got)
	}
	r.HostReplaced = true
	got := appendEvent(nil, &r)
	if !strings.Contains(string(got), `"host":"example.com:8080","host_replaced":true,"path"`) || !json.Valid(got) {
		t.Errorf("%s", got)
	}
}

// What a person said about a row is told where they said something.
func TestEventLineOfAMarkedRow(t *testing.T) {
	r := row
	for _, member := range []string{`"mark"`, `"star"`, `"note"`} {
		if got := string(appendEvent(nil, &r)); strings.Contains(got, member) {
			t.Error(got)
		}
	}
	r.Annotation = flow.Annotation{Mark: flow.MarkOrange, Star: true, Note: "a \"b\"\n\x1b[0m\u202e"}
	want := `"type":"text/html","mark":"orange","star":true,"note":"a \"b\"\u000a\u001b[0m\u202e",`
	if got := appendEvent(nil, &r); !strings.Contains(string(got), want) || !json.Valid(got) {
		t.Errorf("%s", got)
	}
}

// A reason has its code, its arguments of every kind, and a sentence, all of them safe to show.
func TestEventLineOfAReason(t *testing.T) {
	for want, r := range map[string]flow.Reason{
		`"reason":"origin-refused","args":["a.test:80"],` +
			`"detail":"The origin a.test:80 refused the connection. Is its server running?"}`: //
		reason.OriginRefused.With("a.test:80"),
		`"reason":"tunnel-idle","args":[90000.000],"detail":"Nothing passed for 1m30s."}`: reason.TunnelIdle.With(90 * time.Second),
		`"reason":"tunnel-broke","args":[{"reason":"origin"},{"reason":"text","args":["a\"\u001b"]}],` +
			`"detail":"The connection to the origin broke: a\"\u001b."}`: //
		reason.TunnelBroke.With(reason.Origin, reason.Text.With("a\"\x1b")),
		`"reason":"tries","args":[2,3],"detail":"2 of 3 tries"}`: reason.Tries.With(2, 3),
	} {
		x := row
		x.Reason = r
		if got := strings.TrimSpace(string(appendEvent(nil, &x))); !strings.HasSuffix(got, want) || !json.Valid([]byte(got)) {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

func TestEventLineAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 4<<10)
	if n := testing.AllocsPerRun(100, func() { buf = appendEvent(buf[:0], &row) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// A line can be looked at: nothing in it is for the terminal that shows it.
func TestLinesAreSafeToShow(t *testing.T) {
	for text, want := range map[string]string{
		"a\x7fb": `"a\u007fb"`, "\u0080\u009b31m\u009f": `"\u0080\u009b31m\u009f"`, "\x1b[2J": `"\u001b[2J"`,
		"\u202a\u202e\u2066\u2069":       `"\u202a\u202e\u2066\u2069"`,
		"\u200e\u200f\u2028\u2029\ufeff": `"\u200e\u200f\u2028\u2029\ufeff"`, "\U000e0041": `"\udb40\udc41"`, "é中👍": `"é中👍"`,
		"\ufffd": "\"\ufffd\"", "\x9b": "\"\ufffd\"",
	} {
		if got := string(quoted(nil, text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	// The log quotes what does not print, too.
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "host", "a\u009b31m\x7f\u202e\x1b\n\xff")
	if got := strings.TrimSuffix(log.String(), "\n"); strings.ContainsFunc(got,
		func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
		t.Errorf("the log says %q", got)
	}
}

func FuzzQuoted(f *testing.F) {
	f.Add("a\"\\\x00\xff\u2028é")
	f.Add("\x7f\u0085\u202e\U000e0041\u2029")
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		if err := json.Unmarshal(quoted(nil, s), &back); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if strings.ContainsFunc(string(quoted(nil, s)), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%q is %q", s, quoted(nil, s))
		}
		if utf8.ValidString(s) && back != s {
			t.Fatalf("%q came back as %q", s, back)
		}
	})
}

// slowWriter takes nothing until it is told to.
type slowWriter struct {
	begun chan struct{}
	go_   chan struct{}
	bytes.Buffer
}

func (w *slowWriter) Write(p []byte) (int, error) {
	select {
	case w.begun <- struct{}{}:
	default:
	}
	<-w.go_
	return w.Buffer.Write(p)
}

// When the lines are not read the proxy goes on, and the number of those left
// out is told.
func TestEventsLeftOutAreCounted(t *testing.T) {
	const total = 20_000
	store := capture.New(capture.Options{Budget: 1 << 20})
	out := &slowWriter{begun: make(chan struct{}, 1), go_: make(chan struct{})}
	e, err := openEvents("-", out, store, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	head := []byte("GET http://example.com/ HTTP/1.1\r\n\r\n")
	for range total {
		r := store.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: head, Scheme: "http"})
		r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
	}
	<-out.begun
	close(out.go_)
	if err := e.close(); err != nil {
		t.Fatal(err)
	}
	told, missed := 0, 0
	for line := range strings.Lines(out.String()) {
		var v struct {
			ID     int `json:"id"`
			Missed int `json:"missed"`
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if missed += v.Missed; v.Missed == 0 {
			told++
		}
	}
	if told+missed != total || missed == 0 {
		t.Errorf("%d told, %d missed, want %d together", told, missed, total)
	}
}

// The padlock and what is wrong with a certificate show in the line.
func TestLinesTellOfDecryption(t *testing.T) {
	row := flow.Row{Scheme: "https", TLS: flow.TLS{Seen: true, Outcome: flow.TLSBadCertificate,
		Problem: flow.ProblemExpired | flow.ProblemWrongHost, ALPN: "h2", Deviation: flow.DeviationSession | flow.DeviationKeyShare,
		ClientJA4: flow.ParseJA4("t13d1516h2_8daaf6152771_d8a2da3f94cd"),
		OriginJA4: flow.ParseJA4("t13d3112h2_e8f1e7e78f70_b26ce05bbdd6")}}
	line := string(appendEvent(nil, &row))
	if want := `"tls":{"seen":true,"alpn":"h2","padlock":"bad-certificate","problem":"expired,wrong-host",` +
		`"ja4":"t13d1516h2_8daaf6152771_d8a2da3f94cd","ja4_origin":"t13d3112h2_e8f1e7e78f70_b26ce05bbdd6",` +
		`"deviation":"session,key-share"}`; !strings.Contains(line, want) {
		t.Errorf("%s lacks %s", line, want)
	}
}

// What was mended of an answer shows in the line, by its codes.
func TestLinesTellWhatWasMended(t *testing.T) {
	row := flow.Row{Mended: flow.MendedLineEnds | flow.MendedChunks}
	if line, want := string(appendEvent(nil, &row)), `"mended":"line-ends,chunks"`; !strings.Contains(line, want) {
		t.Errorf("%s lacks %s", line, want)
	}
	if line := string(appendEvent(nil, &flow.Row{})); strings.Contains(line, "mended") {
		t.Errorf("%s is of a clean answer", line)
	}
}

// A program that ended too early is told apart from one that is not known.
func TestLinesTellOfProgramsThatEnded(t *testing.T) {
	row := flow.Row{AppPID: flow.AppEnded.PID}
	if line := string(appendEvent(nil, &row)); !strings.Contains(line, `,"app":{"ended":true}`) {
		t.Errorf("%s", line)
	}
	row = flow.Row{}
	if line := string(appendEvent(nil, &row)); strings.Contains(line, `"app"`) {
		t.Errorf("%s", line)
	}
}

// A tunnel with plain HTTP in it says that it was read; nothing in it is TLS.
func TestLinesTellOfPlainTunnels(t *testing.T) {
	row := flow.Row{Kind: flow.KindTunnel, TLS: flow.TLS{Outcome: flow.TLSPlain}}
	line := string(appendEvent(nil, &row))
	if !strings.Contains(line, `,"opened":true`) || strings.Contains(line, `"tls"`) {
		t.Errorf("%s", line)
	}
}
