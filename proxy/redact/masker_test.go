package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// One secret has one placeholder in whatever way it is written, and others have others.
func TestTheSameSecretIsTheSame(t *testing.T) {
	const token = "ab+/c D==7\"x"
	quoted, _ := json.Marshal(token)
	m := New(Options{})
	x := &flow.Exchange{
		Row: flow.Row{Scheme: "http", Host: "a.test", Path: "/?access_token=" + url.QueryEscape(token)},
		RequestHead: []byte("GET /?access_token=" + url.QueryEscape(token) + "&token=other1 HTTP/1.1\r\nAuthorization: Bearer " +
			token + "\r\n\r\n"),
		ResponseHead: []byte("HTTP/1.1 200 OK\r\nSet-Cookie: t=" + url.PathEscape(token) + "\r\nContent-Type: application/json\r\n\r\n"),
		ResponseBody: flow.Body{State: flow.BodyWhole, Bytes: []byte(`{"token":` + string(quoted) + `}`)},
	}
	got, report := m.Exchange(x)
	want := "GET /?access_token=‹secret+1›&token=‹secret+2› HTTP/1.1\r\nAuthorization: Bearer ‹secret 1›\r\n\r\n"
	if string(got.RequestHead) != want {
		t.Errorf("%q", got.RequestHead)
	}
	if string(got.ResponseBody.Bytes) != `{"token":"‹secret 1›"}` || !bytes.Contains(got.ResponseHead, []byte("t=‹secret 1›\r\n")) {
		t.Errorf("%q %q", got.ResponseHead, got.ResponseBody.Bytes)
	}
	if got.Path != "/?access_token=‹secret+1›" || m.Secrets() != 2 {
		t.Errorf("%q, %d secrets", got.Path, m.Secrets())
	}
	if want := (Counts{Credentials: 1, Cookies: 1, URLs: 2, Bodies: 1}); report.Counts != want {
		t.Errorf("%v", report.Counts)
	}
}

// The password of Basic is that of the form and of the URL.
func TestBasicIsTakenApart(t *testing.T) {
	m := New(Options{})
	credentials := base64.StdEncoding.EncodeToString([]byte("ann:hunter22x"))
	m.Head([]byte("GET / HTTP/1.1\r\nAuthorization: Basic " + credentials + "\r\n\r\n"))
	if got := m.Text("http://ann:hunter22x@a.test/ and hunter22x"); got != "http://‹secret+1›@a.test/ and ‹secret 2›" {
		t.Error(got)
	}
}

// What was met is found in places that say nothing, also in what came before it within an exchange.
func TestAKnownSecretIsFoundElsewhere(t *testing.T) {
	const token = "Zk3-9x/Qw81=="
	m := New(Options{})
	x := &flow.Exchange{
		Row: flow.Row{Scheme: "http", Host: "a.test", Path: "/reset/" + url.QueryEscape(token),
			Reason: flow.ReasonCode("x").With("at "+token, flow.ReasonCode("y").With(token))},
		RequestHead:  []byte("GET /reset/" + url.QueryEscape(token) + " HTTP/1.1\r\nX-Trace: <" + token + ">\r\n\r\n"),
		ResponseHead: []byte("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"),
		ResponseBody: flow.Body{State: flow.BodyWhole, Bytes: []byte("<p>" + token + "<p>" + strings.ReplaceAll(token, "/", `\/`) +
			"<p>" + strings.NewReplacer("%2F", "%2f", "%3D", "%3d").Replace(url.QueryEscape(token)))},
		ResponseTrailer: []byte("X-Token: " + token + "\r\n"),
		Unusable:        []byte("nonsense " + token),
		Foreign:         []byte(`{"_webSocketMessages":[{"data":"hello ` + token + `"}]}`),
	}
	x.Note = "see " + token
	got, _ := m.Exchange(x)
	if left := where(&got, token); len(left) > 0 {
		t.Errorf("it is still in %v", left)
	}
	if got.Path != "/reset/‹secret+1›" || got.Note != "see ‹secret 1›" {
		t.Errorf("%q %q", got.Path, got.Note)
	}
	if !json.Valid(got.Foreign) {
		t.Errorf("%s", got.Foreign)
	}
}

// where is in what of an exchange a secret is, in any of the ways in which it may be written.
func where(x *flow.Exchange, value string) (places []string) {
	row, err := json.Marshal(struct {
		flow.Row
		Args []any
	}{x.Row, x.Reason.Args()})
	if err != nil {
		panic(err)
	}
	parts := map[string][]byte{"request head": x.RequestHead, "response head": x.ResponseHead, "interim": x.Interim, "unusable": x.Unusable,
		"request trailer": x.RequestTrailer, "response trailer": x.ResponseTrailer, "foreign": x.Foreign, "row": row,
		"path": []byte(x.Path), "note": []byte(x.Note)}
	for name, of := range map[string]struct {
		body *flow.Body
		head []byte
	}{"request body": {&x.RequestBody, x.RequestHead}, "response body": {&x.ResponseBody, x.ResponseHead}} {
		_, fields := content.Fields(of.head)
		decoded, _ := content.Decode(content.Value(fields, "Content-Encoding"), of.body.Bytes)
		text, _ := content.Text(content.Value(fields, "Content-Type"), decoded.Body)
		parts[name], parts[name+" as it passed"] = []byte(text), of.body.Bytes
	}
	quoted, _ := json.Marshal(value)
	for name, part := range parts {
		for _, form := range []string{value, url.QueryEscape(value), url.PathEscape(value), strings.Trim(string(quoted), `"`),
			base64.StdEncoding.EncodeToString([]byte("ann:" + value)), strings.ReplaceAll(value, "/", `\/`),
			strings.NewReplacer("%2F", "%2f", "%3D", "%3d", "%2B", "%2b").Replace(url.QueryEscape(value))} {
			if bytes.Contains(part, []byte(form)) {
				places = append(places, name+": "+form)
			}
		}
	}
	return places
}

// Bodies with codings are looked into, and come with the same ones.
func TestCodedBodies(t *testing.T) {
	body := []byte(strings.Repeat(`{"password":"Tr0ub4dor"}`, 40))
	for _, codings := range []string{"gzip", "deflate", "br", "zstd", "gzip, br"} {
		for _, state := range []flow.BodyState{flow.BodyWhole, flow.BodyCut} {
			if state == flow.BodyCut && strings.Contains(codings, ",") {
				continue // what is inside cannot be read
			}
			coded, err := content.Encode(codings, body, state == flow.BodyWhole)
			if err != nil {
				t.Fatal(err)
			}
			head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: %s\r\nContent-Length: "+
				"%d\r\n\r\n", codings, len(coded))
			x := &flow.Exchange{ResponseHead: []byte(head), ResponseBody: flow.Body{State: state, Size: int64(len(coded)), Bytes: coded}}
			x.ResponseSize = int64(len(coded))
			got, report := New(Options{}).Exchange(x)
			decoded, err := content.Decode(codings, got.ResponseBody.Bytes)
			if want := strings.Repeat(`{"password":"‹secret 1›"}`,
				40); string(decoded.Body) != want || (err == nil) != (state == flow.BodyWhole) {
				t.Errorf("%s: %s: %v", codings, decoded.Body, err)
			}
			size := len(got.ResponseBody.Bytes)
			if got.ResponseBody.Size != int64(size) || got.ResponseSize != int64(size) ||
				!bytes.Contains(got.ResponseHead, fmt.Appendf(nil, "Content-Length: %d\r\n", size)) {
				t.Errorf("%s: %d bytes, %d said in %q", codings, size, got.ResponseBody.Size, got.ResponseHead)
			}
			if report.Counts[Bodies] != 40 || report.LeftOut+report.Kept > 0 {
				t.Errorf("%s: %+v", codings, report)
			}
		}
	}
}

// Texts in UTF-16 are looked into.
func TestWideBodies(t *testing.T) {
	for _, charset := range []string{"utf-16le", "utf-16be"} {
		for _, mark := range []bool{true, false} {
			x := posted("application/json; charset=utf-16", string(widened([]byte(`{"name":"ann and bob","password":"p1"}`), charset,
				mark)))
			got, _ := New(Options{}).Exchange(x)
			if want := string(widened([]byte(`{"name":"ann and bob","password":"‹secret 1›"}`), charset,
				mark)); string(got.RequestBody.Bytes) != want {
				t.Errorf("%s: %q", charset, got.RequestBody.Bytes)
			}
		}
	}
}

// What cannot be looked into is left out, or kept with what is known covered; pictures stay.
func TestUnreadableBodies(t *testing.T) {
	const token = "s3cret-Token-1"
	binary := "\x00\x01\x02\x0e" + token + "\x00\xff\xfe"
	for _, c := range []struct {
		name, media, coding, body string
		readable                  bool
	}{
		{"binary", "application/x-protobuf", "", binary, false},
		{"unknown coding", "application/json", "dcb", "xx" + token, false},
		{"broken coding", "application/json", "gzip", "no gzip " + token, false},
		{"picture", "image/png", "", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + token, true},
		{"sound", "audio/mpeg", "", "ID3\x03\x00\x00\x00\x00" + token, true},
	} {
		head := "HTTP/1.1 200 OK\r\nX-Api-Key: " + token + "\r\nContent-Type: " + c.media + "\r\n"
		if c.coding != "" {
			head += "Content-Encoding: " + c.coding + "\r\n"
		}
		x := &flow.Exchange{ResponseHead: []byte(head + "\r\n"), ResponseBody: flow.Body{State: flow.BodyWhole,
			Size: int64(len(c.body)), Bytes: []byte(c.body)}}
		for _, keep := range []bool{false, true} {
			got, report := New(Options{KeepUnreadable: keep}).Exchange(x)
			covered := strings.ReplaceAll(c.body, token, strings.Repeat("*", len(token)))
			switch {
			case c.readable || keep:
				if string(got.ResponseBody.Bytes) != covered || report.LeftOut > 0 || report.Kept > 0 == c.readable {
					t.Errorf("%s, kept %v: %q, %+v", c.name, keep, got.ResponseBody.Bytes, report)
				}
			case got.ResponseBody.Bytes != nil || got.ResponseBody.State != flow.BodyNotRecorded || report.LeftOut != 1 ||
				got.ResponseBody.Size != int64(len(c.body)):
				t.Errorf("%s: %+v, %+v", c.name, got.ResponseBody, report)
			}
		}
		if string(x.ResponseBody.Bytes) != c.body {
			t.Errorf("%s: what was handed in is changed", c.name)
		}
	}
}

// Names that a person gives are secret everywhere.
func TestGivenNames(t *testing.T) {
	m := New(Options{Names: []string{"X-Customer", "iban", "*_internal", "acme-*", "*"}})
	head := "GET /?Iban=DE1&x_internal=i1&internal=2 HTTP/1.1\r\nx-customer: c1\r\nAcme-One: a1\r\n\r\n"
	if got := string(m.Head([]byte(head))); got !=
		"GET /?Iban=‹secret+1›&x_internal=‹secret+2›&internal=‹secret+3› HTTP/1.1\r\nx-customer: ‹secret 4›\r\nAcme-One: "+
			"‹secret 5›\r\n\r\n" {
		t.Error(got)
	}
}

// Beyond the bound secrets are masked without a number, and the table stays as it is.
func TestTheTableIsBounded(t *testing.T) {
	m := New(Options{})
	for i := range MaxSecrets + 100 {
		m.Head(fmt.Appendf(nil, "GET / HTTP/1.1\r\nX-Token: %0*d-a\r\n\r\n", 600, i))
	}
	if m.Secrets() != MaxSecrets || len(m.table.bySelf) != MaxSecrets || m.table.known.bytes > maxKnownBytes {
		t.Errorf("%d secrets, %d entries, %d bytes", m.Secrets(), len(m.table.bySelf), m.table.known.bytes)
	}
	if got := string(m.Head([]byte("GET / HTTP/1.1\r\nX-Token: another\r\n\r\n"))); got != "GET / HTTP/1.1\r\nX-Token: ‹secret›\r\n\r\n" {
		t.Errorf("%q", got)
	}
	n := 0
	for _, there := range m.table.known.anchors {
		n = max(n, len(there))
	}
	if n > maxAtAnchor {
		t.Errorf("%d forms at one anchor", n)
	}
}

// Of two secrets of which one begins with the other, the longer one is taken.
func TestTheLongerSecretIsTaken(t *testing.T) {
	m := New(Options{})
	m.Head([]byte("GET / HTTP/1.1\r\nCookie: a=abcd1234efgh; b=abcd1234efgh.5678\r\n\r\n"))
	if got := m.Text("in abcd1234efgh.5678 and abcd1234efgh"); got != "in ‹secret 2› and ‹secret 1›" {
		t.Error(got)
	}
}

// TestShortSecretsThatBeginAlikeAreFound: many tokens of one kind have their first eight bytes, and nothing else, in common.
func TestShortSecretsThatBeginAlikeAreFound(t *testing.T) {
	m := New(Options{})
	const many = 3 * maxAtAnchor
	for i := range many {
		m.Head(fmt.Appendf(nil, "GET / HTTP/1.1\r\nX-Token: sess_ab-%03dxyz\r\n\r\n", i))
	}
	for i := range many {
		if got := m.Text(fmt.Sprintf("in sess_ab-%03dxyz there", i)); got != fmt.Sprintf("in ‹secret %d› there", i+1) {
			t.Fatal(got)
		}
	}
}

// A row without secrets costs no memory, and comes back as it was.
func TestARowWithoutSecretsAllocatesNothing(t *testing.T) {
	m := New(Options{})
	m.Head([]byte("GET / HTTP/1.1\r\nAuthorization: Bearer abcd1234efgh\r\n\r\n"))
	r := flow.Row{Method: "GET", Scheme: "https", Host: "api.example.test", Path: "/v1/users?page=2&sort=name&filter=a%20b",
		Reason: flow.Reason{Code: "x"}}
	if got := m.Row(&r); got != r {
		t.Errorf("%+v", got)
	}
	if n := testing.AllocsPerRun(200, func() { m.Row(&r) }); n > 0 && !raceEnabled {
		t.Errorf("%v allocations", n)
	}
}

// Many goroutines share one Masker: each secret has one number in the end.
func TestConcurrentUse(t *testing.T) {
	m := New(Options{})
	var all sync.WaitGroup
	var got [8][]string
	for g := range got {
		all.Go(func() {
			for i := range 200 {
				head := fmt.Sprintf("GET / HTTP/1.1\r\nX-Token: token-%d-Aa\r\n\r\n", i)
				got[g] = append(got[g], string(m.Head([]byte(head))), m.Text(fmt.Sprintf("%0300d token-%d-Aa", 0, i)))
			}
		})
	}
	all.Wait()
	for g := range got {
		for i := range got[g] {
			if got[g][i] != got[0][i] {
				t.Fatalf("%q and %q", got[g][i], got[0][i])
			}
		}
	}
	if m.Secrets() != 200 {
		t.Errorf("%d secrets", m.Secrets())
	}
}
