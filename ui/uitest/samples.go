package uitest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"net/netip"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/andybalholm/brotli"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// StartOfTests is when the exchanges of tests begin.
var StartOfTests = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

// FakeRows is a store without traffic.
type FakeRows map[flow.ID]flow.Row

// Row is the row of an ID.
func (f FakeRows) Row(id flow.ID) (flow.Row, bool) { r, ok := f[id]; return r, ok }

// Each visits the rows.
func (f FakeRows) Each(visit func(*flow.Row)) {
	for _, row := range f {
		visit(&row)
	}
}

// Fill puts exchanges 1 to n into it.
func (f FakeRows) Fill(n int) []flow.Row {
	var rows []flow.Row
	for i := range n {
		row := SampleRow(flow.ID(i + 1))
		f[row.ID] = row
		rows = append(rows, row)
	}
	return rows
}

var (
	SampleHosts = []string{"api.example.test", "cdn.example.test", "www.example.test:8080", "login.example.test"}
	samplePaths = []string{"/v1/users?page=%d", "/static/app.%d.js", "/",
		"/v1/a/rather/long/path/that/does/not/fit/into/its/column/at/all/and/is/cut?with=a&query=%d"}
	sampleStatus = []int{200, 200, 304, 404, 200, 503, 201, 301}
	sampleTypes  = []string{"application/json", "text/javascript", "text/html; charset=utf-8", "image/png"}
	methods      = []string{"GET", "GET", "POST", "DELETE", "GET", "OPTIONS"}
)

func pick[T any](all []T, id flow.ID) T { return all[int(id)%len(all)] }

// SampleRow is the same row for the same ID, always.
func SampleRow(id flow.ID) flow.Row {
	path := pick(samplePaths, id)
	if strings.Contains(path, "%d") {
		path = fmt.Sprintf(path, id)
	}
	took := time.Duration(id*7919%977) * time.Millisecond
	row := flow.Row{ID: id, Rev: flow.Rev(id), Kind: flow.KindHTTP, Phase: flow.PhaseDone, Scheme: "http",
		Method: pick(methods, id), Host: pick(SampleHosts, id), Path: path, Status: pick(sampleStatus, id),
		ContentType: pick(sampleTypes, id),
		Start:       StartOfTests.Add(time.Duration(id) * time.Second), Duration: took, ResponseSize: int64(id) * 7919 % 100_000,
		Timing: flow.Timing{FirstByte: took * 2 / 3, End: took}}
	row.Proto = "HTTP/1.1"
	switch id % 11 {
	case 1:
		row.Scheme, row.Proto, row.TLS = "https", "HTTP/2.0",
			flow.TLS{Seen: true, Outcome: flow.TLSDecrypted, ALPN: "h2", Version: "TLS 1.3"}
	case 2:
		row.Scheme, row.TLS = "https", flow.TLS{Seen: true, Outcome: flow.TLSBadCertificate, Problem: flow.ProblemExpired,
			Version: "TLS 1.2"}
	case 9:
		row.Kind, row.Method, row.Scheme, row.Path, row.ContentType = flow.KindTunnel, "CONNECT", "", "", ""
		row.Phase, row.Failure, row.TLS = flow.PhaseFailed, flow.FailureTLS,
			flow.TLS{Seen: true, Outcome: flow.TLSRefused, SNI: "www.example.test", ALPN: "h2, http/1.1", Version: "TLS 1.3"}
	case 3:
		row.Kind, row.Method, row.Scheme, row.Path, row.ContentType = flow.KindTunnel, "CONNECT", "", "", ""
		row.TLS = flow.TLS{Seen: true, SNI: "www.example.test", ALPN: "h2", Version: "TLS 1.3"}
	case 5:
		row.Phase, row.Failure, row.Status = flow.PhaseFailed, flow.FailureRefused, 502
	case 7:
		row.Phase, row.Status, row.Duration, row.Timing, row.ContentType = flow.PhaseRequest, 0, 0, flow.Timing{}, ""
	}
	return row
}

// Record puts one finished exchange into a store.
func Record(s *capture.Store, host, path string, status int) flow.ID {
	r := Begin(s, host, path)
	id := r.ID()
	Answer(r, status)
	return id
}

// Begin puts an exchange without an answer into a store.
func Begin(s *capture.Store, host, path string) *capture.Record {
	head := "GET http://" + host + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	at := func(part string, from int) capture.Span {
		return capture.Span{Off: uint32(from + strings.Index(head[from:], part)), Len: uint32(len(part))}
	}
	return s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte(head), Scheme: "http",
		Method: at("GET", 0), Host: at(host, 11), Path: at(path, 11+len(host)), Proto: at("HTTP/1.1", 11)})
}

// Answer ends an exchange with a short text.
func Answer(r *capture.Record, status int) {
	head := fmt.Sprintf("HTTP/1.1 %d OK\r\nContent-Type: text/plain\r\n\r\n", status)
	span := capture.Span{Off: uint32(strings.Index(head, "text/plain")), Len: uint32(len("text/plain"))}
	r.ResponseHead(status, []byte(head), span, time.Now())
	r.ResponseBody([]byte("hello"))
	r.Finish(flow.FailureNone, flow.Reason{}, status, time.Now())
}

// SampleMultipart is a form with files, whose boundary is X.
const SampleMultipart = "--X\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nHello 世界\r\n" +
	"--X\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"cat.png\"\r\nContent-Type: " +
	"image/png\r\n\r\n\x89PNG\r\n\x1a\n\x00\x01\r\n" +
	"--X\r\nContent-Disposition: form-data; name=\"table\"; filename=\"stops.csv\"\r\nContent-Type: " +
	"text/csv\r\n\r\ntown,horses\r\n北京,12\n\n\tParis,7\n\r\n" +
	"--X\r\nContent-Disposition: form-data; name=\"meta\"\r\nContent-Type: application/json\r\n\r\n{\"tags\": [\"a\", \"b\"]}\r\n" +
	"--X\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\ntwo\r\nlines\r\n--X--\r\n"

// Packed is a body in a coding, gzip or br.
func Packed(coding, body string) []byte {
	var b bytes.Buffer
	if coding == "br" {
		w := brotli.NewWriter(&b)
		_, _ = w.Write([]byte(body))
		_ = w.Close()
		return b.Bytes()
	}
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(body))
	_ = w.Close()
	return b.Bytes()
}

// Whole is a body that was kept whole.
func Whole(bytes []byte) flow.Body {
	return flow.Body{State: flow.BodyWhole, Size: int64(len(bytes)), Bytes: bytes}
}

// Item finds a menu's item by its label.
func Item(t *testing.T, menu *fyne.Menu, label string) *fyne.MenuItem {
	t.Helper()
	for _, m := range menu.Items {
		if m.Label == label {
			return m
		}
	}
	t.Fatalf("the menu has no %q", label)
	return nil
}

// LargeJSON is one line of JSON of n bytes or a little more.
func LargeJSON(n int) string {
	var b strings.Builder
	b.WriteString(`{"items":[`)
	for i := 0; b.Len() < n; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"name":"user %d","ok":true,"tags":["red","green"],"score":%d.5}`, i, i, i%100)
	}
	b.WriteString(`],"last":"here"}`)
	return b.String()
}

// SampleExchange is a finished exchange with these bodies.
func SampleExchange(id flow.ID, contentType, body string) flow.Exchange {
	at := StartOfTests
	x := flow.Exchange{Row: flow.Row{ID: id, Kind: flow.KindHTTP, Phase: flow.PhaseDone, Start: at, Method: "GET", Scheme: "http",
		Host: "api.example.test", Path: "/v1/users?page=2&name=%E5%BC%A0", Proto: "HTTP/1.1", Status: 200, ContentType: contentType,
		ResponseSize: int64(len(body)), Duration: 83 * time.Millisecond,
		Timing: flow.Timing{Resolved: 4 * time.Millisecond, Connected: 21 * time.Millisecond, Sent: 22 * time.Millisecond,
			FirstByte: 70 * time.Millisecond, End: 83 * time.Millisecond}},
		ResponseBody: flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}}
	x.Client, x.Remote = AddrPort("127.0.0.1:53210"), AddrPort("192.0.2.7:80")
	x.RequestHead = []byte("GET http://api.example.test" + x.Path + " HTTP/1.1\r\nHost: api.example.test\r\nUser-Agent: curl/8.5.0\r\n" +
		"Accept: */*\r\nCookie: session=3f9c0a; theme=dark\r\n\r\n")
	x.ResponseHead = fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n"+
		"Set-Cookie: session=3f9c0b; Path=/; HttpOnly\r\nDate: Tue, 24 Nov 2026 09:30:00 GMT\r\n\r\n", contentType, len(body))
	return x
}

// SampleJSON has a value of each kind, and characters that have no shape.
const SampleJSON = `{"users":[{"id":1,"name":"Ada","mail":null,"admin":true,"score":12.50},` +
	`{"id":2,"name":"张三","tags":["a","b\n\u202ec"],"none":{},"empty":[]}],"total":2}`

// SamplePicture is a PNG with a colour that changes.
func SamplePicture(width, height int) string {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.NRGBA{uint8(255 * x / width), uint8(255 * y / height), 128, 255})
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m)
	return b.String()
}

// Receive waits for a value, and gives up after ten seconds.
func Receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("waited in vain for " + what)
		panic("not reached")
	}
}

// ManyHosts are 100,000 rows of 10,000 hosts.
func ManyHosts() []flow.Row {
	rows := make([]flow.Row, 100_000)
	for i := range rows {
		rows[i] = flow.Row{ID: flow.ID(i + 1), Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "GET", Scheme: "http",
			Host: fmt.Sprintf("host-%d.example.test:8080", i*7919%10_000), Path: "/", Status: 200, App: fmt.Sprintf("app-%d", i%40)}
	}
	return rows
}

// Parsed is a filter that can be read.
func Parsed(t testing.TB, text string) *query.Query {
	t.Helper()
	q, err := query.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// HostilePNG is a PNG of one colour that says how large it is.
func HostilePNG(width, height uint32, interlace byte, pixels int) string {
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(name string, data []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body := append([]byte(name), data...)
		out = append(append(out, body...), binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body))...)
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	chunk("IHDR", append(head, 8, 0, 0, 0, interlace))
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, _ = w.Write(make([]byte, pixels))
	_ = w.Close()
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return string(out)
}

// AddrPort reads an address.
func AddrPort(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }
