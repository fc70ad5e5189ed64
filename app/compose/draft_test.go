package compose

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/reason"
)

var oddForms = []string{"", "a=1&b=2", "a&&=&a=%zz&b=%ff&c+d=e+f&", "&", "é=ü&\x00\xff=\r\n"}

func checkForm(t *testing.T, raw []byte) {
	t.Helper()
	pairs := ParseForm(raw, nil)
	if got := FormText(pairs); !bytes.Equal(got, raw) {
		t.Errorf("%q became %q", raw, got)
	}
	for i := range pairs {
		pairs[i].Off = true
		back := ParseForm(FormText(pairs), pairs)
		if len(back) != len(pairs) && len(pairs) > 1 && len(FormText(pairs)) > 0 {
			t.Errorf("%q with pair %d off came back as %v", raw, i, back)
		}
		pairs[i].Off = false
	}
}

func TestAFormStaysAsItIs(t *testing.T) {
	for _, raw := range oddForms {
		checkForm(t, []byte(raw))
	}
	p := Pair{Raw: "a%20b=%ff"}
	if p.Name() != "a b" || p.Value() != "%ff" {
		t.Errorf("%q, %q", p.Name(), p.Value())
	}
	if _ = p.SetValue("x&y=z\r\n"); p.Raw != "a%20b=x%26y%3Dz%0D%0A" || p.Value() != "x&y=z\r\n" {
		t.Errorf("%q", p.Raw)
	}
}

func FuzzForm(f *testing.F) {
	for _, raw := range oddForms {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { checkForm(t, raw) })
}

const parts = "preamble\r\n--B \r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--B\n" +
	"Content-Disposition: form-data;\r\n name=\"f\"; filename=\"x.png\"\nContent-Type: image/png\n\n\x00\xff\r\n\r\n" +
	"--B\r\n\r\nno head\r\n--B\r\nonly: a head\r\n--B--\r\nepilogue"

var oddParts = []string{parts, "--B\r\n\r\n--B--", "--B--", "--B\r\n--B--", "x", "", "--Bx\r\n\r\n--B--",
	"--B\r\nabc\r\n--B\r\n\r\n\r\n--B-- "}

func checkParts(t *testing.T, raw []byte) {
	t.Helper()
	m, ok := ParseMultipart("multipart/form-data; boundary=B", raw)
	if !ok {
		return
	}
	if got, _ := m.Bytes(); !bytes.Equal(got, raw) {
		t.Errorf("%q became %q", raw, got)
	}
}

func TestPartsStayAsTheyAre(t *testing.T) {
	for _, raw := range oddParts {
		checkParts(t, []byte(raw))
	}
	m, ok := ParseMultipart("multipart/form-data; boundary=B", []byte(parts))
	if !ok || len(m.Parts) != 4 || m.Parts[0].Name() != "a" || m.Parts[1].File() != "x.png" || string(m.Parts[1].Body) != "\x00\xff\r\n" {
		t.Fatalf("%v, %+v", ok, m)
	}
	if m.Parts[0].SetValue("two") != nil || m.Parts[0].SetName(`a"b`) != nil {
		t.Error("it cannot be edited")
	}
	want := strings.Replace(strings.Replace(parts, "one", "two", 1), `name="a"`, `name="a%22b"`, 1)
	if got, _ := m.Bytes(); string(got) != want {
		t.Errorf("%q", got)
	}
	if _, plain := m.Parts[1].Value(); plain {
		t.Error("bytes of a picture can be edited as a word")
	}
}

func FuzzMultipart(f *testing.F) {
	for _, raw := range oddParts {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { checkParts(t, raw) })
}

func TestLengthsAreSaidAndMended(t *testing.T) {
	d := New()
	_ = d.SetURL("http://a/")
	_ = d.SetBytes([]byte("four"))
	if p := d.Problems(); len(p) != 0 {
		t.Errorf("a length that is added: %v", p)
	}
	d.FixLength = false
	if p := d.Problems(); len(p) != 1 || p[0].Kind != LengthMissing {
		t.Errorf("%v", p)
	}
	_ = d.SetHead([]byte("POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH:7\r\nX: y\r\n"))
	if p := d.Problems(); len(p) != 1 || p[0].Kind != LengthStale || p[0].Says != "7" || p[0].Is != "4" {
		t.Errorf("%v", p)
	}
	d.FixLength = true
	if p := d.Problems(); len(p) != 1 || p[0].Kind != LengthMended {
		t.Errorf("%v", p)
	}
	_ = d.SetHead([]byte("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n"))
	if p := d.Problems(); len(p) != 2 || p[1].Kind != TwoReadings || p[1].Why.Code != reason.LengthTwice {
		t.Errorf("%v", p)
	}
}

// The editor of bytes can write what is read in two ways, and that is said.
func TestTwoReadings(t *testing.T) {
	for _, raw := range []string{"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n", "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"} {
		d := New()
		d.Host, d.Head = "a", ParseHead([]byte(raw), nil)
		all := d.Problems()
		if len(all) == 0 || all[len(all)-1].Kind != TwoReadings {
			t.Errorf("%q: %v", raw, all)
		}
	}
	d := New()
	d.Host = "a"
	d.Head = ParseHead([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\n\r\n"), nil)
	if all := d.Problems(); len(all) != 1 || all[0].Kind != BodyBehindHead {
		t.Errorf("%v", all)
	}
}

func TestRecognise(t *testing.T) {
	for _, c := range []struct{ text, url, head, body string }{
		{"curl -X PUT 'https://a.test/b?c=d' -H 'X-Y: z' --data-raw 'e=f' -L --http2", "https://a.test/b?c=d", "PUT /b?c=d HTTP/1.1\r\n",
			"e=f"},
		{"curl.exe ^\"https://a.test/^\" ^\r\n -H ^\"x: y^\"", "https://a.test/", "GET / HTTP/1.1\r\n", ""},
		{"$session = New-Object X\nInvoke-WebRequest -Uri \"http://a.test/x\" -Method \"POST\" -Body \"hi\"", "http://a.test/x",
			"POST /x", "hi"},
		{"POST /a HTTP/1.1\nHost: b.test\nContent-Length: 2\n\nhi", "https://b.test/a", "POST /a HTTP/1.1\r\nHost: b.test\r\n", "hi"},
		{"GET http://b.test:81/x\nAccept: y\n", "http://b.test:81/x", "GET http://b.test:81/x HTTP/1.1\r\n", ""},
	} {
		p, err := Recognise(c.text)
		if err != nil || p == nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		d := p.Draft
		if d.URL() != c.url || !strings.HasPrefix(string(d.Head.Raw()), c.head) || string(d.Body.Bytes) != c.body {
			t.Errorf("%q is %s\n%q %q", c.text, d.URL(), d.Head.Raw(), d.Body.Bytes)
		}
	}
	p, err := Recognise("curl https://a.test --cert x.pem -k -L")
	if err != nil || len(p.Notes) != 2 || !p.Draft.Follow {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := Recognise("curl 'https://a.test"); err == nil {
		t.Error("a broken command is taken")
	}
	for _, text := range []string{"", "https://a.test/", "curl", "a b c", "GET", "curling is fun", strings.Repeat("x", 5<<20)} {
		if p, err := Recognise(text); p != nil || err != nil {
			t.Errorf("%.20q is recognised: %v", text, err)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	f.Add("curl 'http://a' -d x")
	f.Add("POST / HTTP/1.1\nHost: b\n\nx")
	f.Add("iwr http://a -Body @{a=1}")
	f.Fuzz(func(_ *testing.T, text string) {
		if p, err := Recognise(text); err == nil && p != nil {
			p.Draft.Problems()
			_ = p.Draft.URL()
		}
	})
}

func TestModesKeepTheBody(t *testing.T) {
	d := New()
	_ = d.SetBytes([]byte("a=%zz&b"))
	for _, mode := range []Mode{Form, Hex, Text, Form, File, Text} {
		if d.SetMode(mode); string(d.Body.Bytes) != "a=%zz&b" {
			t.Errorf("as %d: %q", mode, d.Body.Bytes)
		}
	}
	if d.Head.Value("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("%q", d.Head.Raw())
	}
	d.SetMode(InParts)
	_ = d.Body.Parts.Add().SetName("x")
	boundary := d.Body.Parts.Boundary
	if d.SetMode(Text); !bytes.Contains(d.Body.Bytes, []byte(`name="x"`)) || !strings.Contains(d.Head.Value("Content-Type"), boundary) {
		t.Errorf("%q %q", d.Head.Value("Content-Type"), d.Body.Bytes)
	}
	if d.SetMode(InParts); len(d.Body.Parts.Parts) != 1 || d.GuessMode() != InParts {
		t.Errorf("%+v", d.Body.Parts)
	}
	if d.SetBytes(make([]byte, MaxBody+1)) == nil || d.SetHead(make([]byte, MaxHead+1)) == nil {
		t.Error("there is no bound")
	}
}

func TestDraftsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x", "compose.json")
	if k, err := Load(path); err != nil || len(k.Drafts) != 0 {
		t.Fatalf("%v, %v", k, err)
	}
	var k Kept
	for _, raw := range oddHeads {
		d := New()
		d.Head = ParseHead([]byte(raw), nil)
		d.Body.Bytes = []byte("\x00\xff")
		if len(d.Head.Lines) > 0 {
			d.Head.Lines[0].Off = true
		}
		k.Drafts = append(k.Drafts, d)
	}
	k.Drafts[0].Typed, k.Drafts[0].Body.Mode = "htt\xff", Form
	k.Drafts[0].Typed = "htt"
	k.Drafts[0].Body.Pairs = []Pair{{true, "a=\xff"}}
	k.Drafts[1].Body.Parts, _ = ParseMultipart("multipart/x; boundary=B", []byte(parts))
	k.Drafts[1].OwnTLS = true
	k.Selected = 3
	if left, err := Save(path, &k); err != nil || left != nil {
		t.Fatal(left, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && filepath.Separator == '/' {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	back, err := Load(path)
	if err != nil || back.Selected != 3 || len(back.Drafts) != len(k.Drafts) {
		t.Fatalf("%v, %+v", err, back)
	}
	for i, d := range back.Drafts {
		if !bytes.Equal(d.Head.Raw(), k.Drafts[i].Head.Raw()) || len(d.Head.Lines) != len(k.Drafts[i].Head.Lines) ||
			!bytes.Equal(d.Body.Bytes, k.Drafts[i].Body.Bytes) || !reflect.DeepEqual(d.Body.Pairs, k.Drafts[i].Body.Pairs) ||
			d.FixLength != k.Drafts[i].FixLength || d.OwnTLS != k.Drafts[i].OwnTLS || d.Timeout != k.Drafts[i].Timeout {
			t.Errorf("%d came back as %+v\nof %+v", i, d, k.Drafts[i])
		}
	}
	if got, _ := back.Drafts[1].Body.Parts.Bytes(); string(got) != parts {
		t.Errorf("parts came back as %q", got)
	}
}

// Nothing grows beyond its bound, and what has no room is named.
func TestKeptDraftsAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "compose.json")
	var k Kept
	for i := range MaxTabs + 2 {
		d := New()
		d.Name = "small"
		if i == 1 {
			d.Name, d.Body.Bytes = "large", make([]byte, MaxKept)
		}
		k.Drafts = append(k.Drafts, d)
	}
	k.Selected = 2
	left, err := Save(path, &k)
	if err != nil || !reflect.DeepEqual(left, []string{"large", "small"}) {
		t.Errorf("left %v, %v", left, err)
	}
	if back, err := Load(path); err != nil || len(back.Drafts) != MaxTabs || back.Selected != 1 {
		t.Errorf("%v, %d", err, back.Selected)
	}
}

// A request of many short lines takes more of a file than it has itself: no file is written
// that cannot be read again.
func TestWhatIsKeptCanBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "compose.json")
	short, long := New(), New()
	short.Name, long.Name = "short", "long"
	long.Head.Lines = linesOf(slices.Repeat([]lineForm{{Raw: []byte("a:\r\n")}}, MaxKept/8))
	left, err := Save(path, &Kept{Drafts: []*Draft{long, short, New()}, Selected: 1})
	if err != nil || !slices.Equal(left, []string{"long"}) {
		t.Errorf("left %v, %v", left, err)
	}
	if back, err := Load(path); err != nil || len(back.Drafts) != 2 || back.Drafts[back.Selected].Name != "short" {
		t.Errorf("%d came back: %v", len(back.Drafts), err)
	}
}

// A damaged file is set aside, said, and lost by nothing that is written later.
func TestADamagedFileIsSetAside(t *testing.T) {
	for _, text := range []string{"{", `{"version":2}`, `{"version":1,"drafts":[{"start":"*"}]}`, "\x00", strings.Repeat("x", maxFile+1)} {
		path := filepath.Join(t.TempDir(), "compose.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := Load(path)
		var damaged *DamagedError
		if len(k.Drafts) != 0 || !errors.As(err, &damaged) {
			t.Errorf("%.20q: %v", text, err)
			continue
		}
		if _, err := Save(path, &Kept{Drafts: []*Draft{New()}}); err != nil {
			t.Error(err)
		}
		if aside, err := os.ReadFile(damaged.Aside); err != nil || string(aside) != text {
			t.Errorf("what was set aside: %.20q, %v", aside, err)
		}
	}
}

// A damaged file that cannot be moved away is told as such: who writes over it loses it.
func TestADamagedFileThatStays(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "compose.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	if os.WriteFile(filepath.Join(dir, "x"), nil, 0o600) == nil {
		t.Skip("everything can be written by root")
	}
	var damaged *DamagedError
	if _, err := Load(path); !errors.As(err, &damaged) || damaged.Aside != "" {
		t.Error(err)
	}
}

// Any file is read or refused, and does nothing else.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"version":1,"selected":-5,"drafts":[{"mode":200,"proto":9,"timeout_ms":-1,"lines":[{"raw":"AAo="}],` +
		`"parts":{"parts":[{}]}}]}`))
	f.Fuzz(func(_ *testing.T, text []byte) {
		k, err := decode(text)
		if err != nil {
			return
		}
		for _, d := range k.Drafts {
			d.Problems()
			d.SetMode(InParts)
			d.SetMode(Form)
			_, _, _ = d.URL(), d.Title(), d.Head.Raw()
		}
	})
}
