package export_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
)

// posted is an exchange with an answer.
func posted() *flow.Exchange {
	x := captured("POST /a?b=c%20d HTTP/1.1\r\nHost: HOST\r\nX: \"y\" 100%\r\nContent-Type: application/json\r\nContent-Length: N\r\n\r\n",
		"{\"a\": 1,\n \"b\": \"驿\"}", "h.example")
	x.Kind, x.Method, x.Status, x.Phase, x.Timing.Sent = flow.KindHTTP, "POST", 200, flow.PhaseDone, time.Millisecond
	x.Start, x.Duration = time.Unix(1e9, 0), 12*time.Millisecond
	x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
	x.ResponseBody = flow.Body{State: flow.BodyWhole, Size: 10, Bytes: []byte("hi ```` \x1b\n")}
	return x
}

// What each form looks like, so that a change of looks is seen. UPDATE_FORMS=1
// writes it anew.
func TestFormsLook(t *testing.T) {
	var all strings.Builder
	for _, f := range export.Forms("linux") {
		if f != export.HAR { // its looks are that package's
			fmt.Fprintf(&all, "==== %s\n%s\n", f, export.Of(posted(), f).Text)
		}
	}
	const file = "testdata/forms.txt"
	if os.Getenv("UPDATE_FORMS") != "" {
		if err := os.WriteFile(file, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := all.String(); got != string(want) {
		t.Errorf("the forms look different:\n%s", got)
	}
}

// However many are copied, no more than MaxText is made, and no more are read.
func TestSeveralAreBounded(t *testing.T) {
	const most = export.MaxText / 8
	export.LessText(t, most)
	body := strings.Repeat("0123456789abcde\n", most/16/16)
	for _, f := range export.Forms("linux") {
		if f == export.CurlCmd {
			continue // a body of this size is in none
		}
		read := 0
		c := export.Each(func(yield func(*flow.Exchange) bool) {
			for {
				x := captured("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body, "h.example")
				x.Kind = flow.KindHTTP
				if read++; read > 400 || !yield(x) {
					return
				}
			}
		}, f)
		full := slices.Contains(kinds(c.Notes), export.ManyTooLong)
		if len(c.Text) > most || full != f.Several() || len(c.Text) == 0 || !f.Several() && read > 1 || read > 300 {
			t.Errorf("%s: %d bytes of %d, %v", f, len(c.Text), read, c.Notes)
		}
		if full && f != export.Markdown && len(c.Text) < most/4*3 {
			t.Errorf("%s: %d bytes are all", f, len(c.Text))
		}
	}
	x := posted()
	x.ResponseBody.Bytes = make([]byte, most)
	x.ResponseBody.Size = most
	for _, c := range []export.Copy{export.Of(x, export.HAR), export.Each(slices.Values([]*flow.Exchange{x, x}), export.HAR)} {
		if c.Text != "" || !slices.Equal(kinds(c.Notes), []export.NoteKind{export.ManyTooLong}) {
			t.Errorf("%d bytes, %v", len(c.Text), c.Notes)
		}
	}
}

// What cannot be written is said once, and alone where there is nothing else.
func TestSomeOfSeveral(t *testing.T) {
	tunnel := &flow.Exchange{Row: flow.Row{Kind: flow.KindTunnel, Host: "h.example:443"}}
	for _, f := range export.Forms("linux") {
		all := export.Each(slices.Values([]*flow.Exchange{tunnel, posted(), tunnel}), f)
		one := export.Of(posted(), f)
		if said := slices.Contains(kinds(all.Notes), export.SomeLeftOut); said == f.OfTunnel() || !f.OfTunnel() && all.Text != one.Text {
			t.Errorf("%s: %v\n%s", f, all.Notes, all.Text)
		}
		alone := export.Each(slices.Values([]*flow.Exchange{tunnel}), f)
		if (alone.Text != "") != f.OfTunnel() ||
			alone.Text == "" && !slices.Equal(kinds(alone.Notes), []export.NoteKind{export.NoRequest}) {
			t.Errorf("%s of a tunnel: %q, %v", f, alone.Text, alone.Notes)
		}
		if c := export.Each(slices.Values([]*flow.Exchange(nil)), f); c.Text != "" && f != export.HAR || len(c.Notes) > 0 {
			t.Errorf("%s of nothing: %q, %v", f, c.Text, c.Notes)
		}
	}
}

// A report shows bodies as they are read, and says what it does not show.
func TestReports(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte("hello \u202e"))
	_ = w.Close()
	for name, c := range map[string]struct {
		head string
		body flow.Body
		want string
	}{
		"packed": {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
			flow.Body{State: flow.BodyWhole, Size: int64(packed.Len()), Bytes: packed.Bytes()}, "\n\nhello ‹U+202E›\n```"},
		"binary":  {"HTTP/1.1 200 OK\r\n\r\n", flow.Body{State: flow.BodyWhole, Size: 3, Bytes: []byte("a\x00b")}, "\n\n‹3 bytes›\n```"},
		"evicted": {"HTTP/1.1 200 OK\r\n\r\n", flow.Body{State: flow.BodyEvicted, Size: 7}, "\n\n‹evicted: 7 bytes›\n```"},
		"cut": {"HTTP/1.1 200 OK\r\n\r\n", flow.Body{State: flow.BodyCut, Size: 7, Bytes: []byte("abc")},
			"abc\n‹cut: 3 of 7 bytes›\n```"},
		"long": {"HTTP/1.1 200 OK\r\n\r\n", flow.Body{State: flow.BodyWhole, Size: 1 << 20, Bytes: bytes.Repeat([]byte("é"), 1<<19)},
			"é\n‹…›\n```"},
		"fence": {"HTTP/1.1 200 OK\r\n\r\n", flow.Body{State: flow.BodyWhole, Size: 5, Bytes: []byte("`````")}, "\n`````\n``````"},
		"none":  {"HTTP/1.1 204 No Content\r\n\r\n", flow.Body{}, "204 No Content\n```"},
	} {
		x := posted()
		x.ResponseHead, x.ResponseBody = []byte(c.head), c.body
		got := export.Of(x, export.Markdown)
		checkForm(t, export.Markdown, got.Text)
		if !strings.HasSuffix(got.Text, c.want) || len(got.Text) > 80<<10 {
			t.Errorf("%s: %.300q", name, got.Text[max(0, len(got.Text)-300):])
		}
	}
	x := posted()
	x.Path, x.Failure, x.Status = "/`a`\n# b", flow.FailureRefused, 0
	if got := export.Of(x, export.Markdown).Text; !strings.HasPrefix(got, "### `` POST http://h.example/`a`‹U+000A›# b `` → refused\n") {
		t.Errorf("%.200q", got)
	}
}

// HTTP/2 has its authority for a Host, and no length.
func TestFormsOfHTTP2(t *testing.T) {
	x := posted()
	x.RequestHead = []byte(":method: POST\r\n:scheme: https\r\n:authority: h.example\r\n:path: /a\r\ncookie: a=1\r\ncookie: b=2\r\n\r\n")
	x.Scheme, x.Path, x.Proto = "https", "/a", "HTTP/2.0"
	for _, f := range export.Forms("linux") {
		c := export.Of(x, f)
		if slices.ContainsFunc(c.Notes, func(n export.Note) bool { return slices.Contains(n.Fields, "Host") }) || c.Text == "" {
			t.Errorf("%s: %v\n%s", f, c.Notes, c.Text)
		}
	}
	want := "POST /a HTTP/1.1\r\nHost: h.example\r\ncookie: a=1\r\ncookie: b=2\r\nContent-Length: 21\r\n\r\n" + string(x.RequestBody.Bytes)
	if got := export.Of(x, export.Raw); got.Text != want || len(got.Notes) > 0 {
		t.Errorf("%q, %v", got.Text, got.Notes)
	}
}
