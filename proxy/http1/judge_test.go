package http1

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// The judge is net/http: what both it and this package accept must mean the
// same. Being stricter is no fault, so whatever net/http refuses or this
// package refuses is left out.

// content is a message's body: what of it is there, and how many bytes follow it.
type content struct {
	data    string
	trailer map[string][]string
	left    int
	whole   bool
}

// ownContent reads the body at the start of b by the framing that was found.
func ownContent(framing Framing, length int64, b []byte) content {
	switch framing {
	case Length:
		if int64(len(b)) < length {
			return content{}
		}
		return content{data: string(b[:length]), left: len(b) - int(length), whole: true}
	case Chunked:
		got := feedChunks(&Chunks{MaxTrailer: 4096, MaxFields: 100}, b, len(b))
		return content{data: got.data, trailer: trailerMap(got.trailer), left: len(b) - got.used, whole: got.done}
	case UntilClose:
		return content{data: string(b), whole: true}
	}
	return content{left: len(b), whole: true}
}

func trailerMap(section string) map[string][]string {
	m := make(map[string][]string)
	for line := range strings.SplitSeq(strings.TrimSuffix(section, "\r\n"), "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			key := textproto.CanonicalMIMEHeaderKey(name)
			m[key] = append(m[key], strings.Trim(value, " \t"))
		}
	}
	return m
}

// judged is what net/http made of a body.
func judged(body io.Reader, trailer *http.Header, rest *bufio.Reader) (content, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return content{}, err
	}
	left, err := io.ReadAll(rest)
	c := content{data: string(data), left: len(left), whole: true, trailer: map[string][]string{}}
	for k, v := range *trailer {
		if len(v) > 0 { // a name that was announced and did not come
			c.trailer[k] = v
		}
	}
	return c, err
}

func compareContent(t *testing.T, own, judge content) {
	t.Helper()
	if own.data != judge.data || own.left != judge.left {
		t.Fatalf("body %q and %d bytes behind it, net/http has %q and %d", own.data, own.left, judge.data, judge.left)
	}
	if len(own.trailer) > 0 && !maps.EqualFunc(own.trailer, judge.trailer, slices.Equal[[]string]) {
		t.Fatalf("trailer %q, net/http has %q", own.trailer, judge.trailer)
	}
}

// compareFields compares all fields but those that net/http takes out of its map or adds.
func compareFields(t *testing.T, h *Head, judge http.Header, requests bool) {
	t.Helper()
	own := make(map[string][]string)
	for i := range h.Fields {
		f := &h.Fields[i]
		key := textproto.CanonicalMIMEHeaderKey(string(f.Name))
		own[key] = append(own[key], string(f.Value))
	}
	gone := []string{"Transfer-Encoding", "Trailer", "Content-Length"}
	if !requests && h.Close {
		gone = append(gone, "Connection") // net/http takes it out of responses that close
	}
	if requests {
		gone = append(gone, "Host")
	}
	judge = judge.Clone()
	for _, values := range judge {
		for i := range values {
			values[i] = strings.Trim(values[i], " \t") // a fold of nothing leaves a space there
		}
	}
	if _, ok := own["Cache-Control"]; !ok && len(own["Pragma"]) > 0 && own["Pragma"][0] == "no-cache" {
		delete(judge, "Cache-Control") // invented by net/http from Pragma
	}
	for _, key := range gone {
		delete(own, key)
		delete(judge, key)
	}
	if !maps.EqualFunc(own, judge, slices.Equal[[]string]) {
		t.Fatalf("fields %q, net/http has %q", own, judge)
	}
}

func compareRequest(t *testing.T, r *Request, b []byte) {
	t.Helper()
	rest := bufio.NewReader(bytes.NewReader(b))
	judge, err := http.ReadRequest(rest)
	if err != nil {
		return
	}
	if judge.Method != string(r.Method) || judge.RequestURI != string(r.Target) || judge.Proto != string(r.Version) ||
		judge.ProtoMinor != int(r.Minor) {
		t.Fatalf("%q, net/http has %q %q %q", r.Raw, judge.Method, judge.RequestURI, judge.Proto)
	}
	compareTarget(t, r, judge)
	compareFields(t, &r.Head, judge.Header, true)
	wantClose := r.Close && !strings.EqualFold(string(r.Find(ProxyConnection)), "close")
	if wantClose && !judge.Close {
		t.Fatalf("close, but not for net/http: %q", r.Raw)
	}
	if judge.Close && r.Minor >= 1 && !r.Close {
		t.Fatalf("close for net/http: %q", r.Raw)
	}
	framing := NoBody
	switch {
	case r.Chunked:
		framing = Chunked
	case r.Length > 0:
		framing = Length
	}
	if r.Chunked != slices.Equal(judge.TransferEncoding, []string{"chunked"}) || !r.Chunked && max(r.Length, 0) != judge.ContentLength {
		t.Fatalf("chunked %v, length %d; net/http has %q, %d", r.Chunked, r.Length, judge.TransferEncoding, judge.ContentLength)
	}
	own := ownContent(framing, r.Length, b[len(r.Raw):])
	theirs, err := judged(judge.Body, &judge.Trailer, rest)
	if own.whole && err == nil {
		compareContent(t, own, theirs)
	}
}

// compareTarget compares what the target leads to. net/http undoes
// percent-encoding in hosts and keeps fragments in paths; such targets are left out.
func compareTarget(t *testing.T, r *Request, judge *http.Request) {
	t.Helper()
	if bytes.ContainsAny(r.Target, "#") {
		return
	}
	if r.Is("CONNECT") {
		var a Authority
		if ParseConnect(&a, r.Target) == nil && judge.URL.Host != string(a.Text) && bytes.IndexByte(a.Text, '%') < 0 {
			t.Fatalf("CONNECT to %q, net/http has %q", a.Text, judge.URL.Host)
		}
		return
	}
	var target Target
	if ParseAbsolute(&target, r.Target) != nil {
		return
	}
	if bytes.IndexByte(target.Text, '%') < 0 && strings.TrimSuffix(judge.Host, ":") != string(target.Text) {
		t.Fatalf("%q leads to %q, net/http has %q", r.Target, target.Text, judge.Host)
	}
	path, query, _ := strings.Cut(string(target.Path), "?")
	if plain, err := url.PathUnescape(path); err == nil && plain != judge.URL.Path || query != judge.URL.RawQuery {
		t.Fatalf("%q has path %q, net/http %q and %q", r.Target, target.Path, judge.URL.Path, judge.URL.RawQuery)
	}
}

func compareResponse(t *testing.T, r *Response, b []byte, head bool) {
	t.Helper()
	asked := &http.Request{Method: "GET"}
	if head {
		asked.Method = "HEAD"
	}
	rest := bufio.NewReader(bytes.NewReader(b))
	judge, err := http.ReadResponse(rest, asked)
	if err != nil {
		return
	}
	defer func() { _ = judge.Body.Close() }()
	if judge.StatusCode != r.Status || judge.ProtoMinor != int(r.Minor) {
		t.Fatalf("%q, net/http has %d %s", r.Line, judge.StatusCode, judge.Proto)
	}
	compareFields(t, &r.Head, judge.Header, false)
	if r.Persistent() && judge.Close && r.Framing(head) != UntilClose {
		t.Fatalf("persistent, but not for net/http: %q", r.Raw)
	}
	own := ownContent(r.Framing(head), r.Length, b[len(r.Sent):])
	theirs, err := judged(judge.Body, &judge.Trailer, rest)
	if own.whole && err == nil {
		compareContent(t, own, theirs)
	}
}

// compareChunked compares the payload; httputil's reader stops before the trailer.
func compareChunked(t *testing.T, own chunkResult, b []byte) {
	t.Helper()
	data, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(b)))
	if err == nil && own.done && string(data) != own.data {
		t.Fatalf("payload %q, net/http has %q", own.data, data)
	}
	if err == nil && !own.done && own.err == nil && len(own.data) > len(data) {
		t.Fatalf("payload %q goes on, net/http ends it at %q", own.data, data)
	}
}
