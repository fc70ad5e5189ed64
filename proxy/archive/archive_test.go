package archive_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"posthouse/proxy/archive"
	_ "posthouse/proxy/archive/har"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// The contents tell a format; where they tell several or none, the name does.
func TestDetect(t *testing.T) {
	for _, c := range []struct {
		head, name string
		want       archive.Format
	}{
		{`{"log":{"version":"1.2"`, "x", archive.HAR},
		{"\ufeff{\n  \"log\": {", "x.json", archive.HAR},
		{"\xff\xfe{\x00\"\x00l\x00o\x00g\x00\"\x00", "", archive.HAR},
		{`{"entries":[`, "x.json", archive.HAR},
		{"\x1f\x8b\x08\x00", "x.har.gz", archive.HAR},
		{"\x78\x9c", "C:\\Users\\a\\X.ZHAR", archive.HAR},
		{`{"a":1}`, "x.json", archive.Unknown},
		{`{"a":1}`, "x.har", archive.HAR},
		{"\x89POSTHIS\x01", "x", archive.Session},
		{"PK\x03\x04", "x", archive.SAZ},
		{"PK\x03\x04", "x.zip", archive.SAZ},
		{"1234:7:version;2:21#", "x", archive.Mitmproxy},
		{"12:34", "x", archive.Mitmproxy},
		{"1234567890123456:", "x", archive.Unknown},
		{`[{"status":"COMPLETE","method":"GET"`, "x", archive.Charles},
		{"GET / HTTP/1.1\r\nHost: a.test\r\n", "x.txt", archive.Raw},
		{"POST https://a.test/\n", "x", archive.Raw},
		{"HTTP/1.1 200 OK\r\n", "", archive.Raw},
		{"curl 'https://a.test/' \\\n  -H 'a: b'", "x.txt", archive.CommandLine},
		{"$ curl.exe https://a.test", "", archive.CommandLine},
		{"$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession", "", archive.CommandLine},
		{"Invoke-WebRequest -Uri \"https://a.test\"", "", archive.CommandLine},
		{"curly is no command", "x", archive.Unknown},
		{"", "", archive.Unknown},
		{"\x00\x01", "x.png", archive.Unknown},
	} {
		if got := archive.Detect([]byte(c.head), c.name); got != c.want {
			t.Errorf("%q, %s: %v, want %v", c.head, c.name, got, c.want)
		}
	}
}

// Each format has a name that finds it, and an ending that does.
func TestNamesOfFormats(t *testing.T) {
	for _, f := range archive.Formats() {
		if got, ok := archive.ParseFormat(f.String()); !ok || got != f {
			t.Errorf("%v: %v", f, got)
		}
		if got := archive.OfName("a" + f.Ending()); got != f {
			t.Errorf("%v: %s is %v", f, f.Ending(), got)
		}
	}
	if f, ok := archive.ParseFormat("no such"); ok {
		t.Error(f)
	}
}

// A file is opened by what is in it, whatever its name.
func TestOpen(t *testing.T) {
	const file = `{"log":{"entries":[{"request":{"method":"GET","url":"http://a.test/"}}]}}`
	r, f, err := archive.Open(strings.NewReader(file), int64(len(file)), "x", archive.Limits{})
	if err != nil || f != archive.HAR {
		t.Fatal(f, err)
	}
	if x, err := r.Next(); err != nil || x.Host != "a.test" {
		t.Fatal(x, err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Fatal(err)
	}
	for name, want := range map[string]flow.ReasonCode{"x": reason.ArchiveUnknown, "x.posthouse": reason.ArchiveUnread} {
		_, _, err := archive.Open(strings.NewReader("?"), 1, name, archive.Limits{})
		var unknown *archive.UnknownError
		if !errors.As(err, &unknown) || unknown.Reason().Code != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cannot be written is said, and what can be is.
func TestCreate(t *testing.T) {
	if w, err := archive.Create(archive.CommandLine, io.Discard); err == nil {
		t.Error(w)
	}
	if w, err := archive.Create(archive.Format(200), io.Discard); err == nil {
		t.Error(w)
	}
	var b bytes.Buffer
	w, err := archive.Create(archive.HAR, &b)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(&flow.Exchange{}), w.Close()); err != nil || archive.Detect(b.Bytes(), "") != archive.HAR {
		t.Errorf("%v: %s", err, b.Bytes())
	}
	if err := w.Write(&flow.Exchange{}); err == nil {
		t.Error("it is written after its end")
	}
}

// A BrokenError says where, why and how much there was before.
func TestBrokenErrorSaysWhere(t *testing.T) {
	why := reason.ArchiveEnds.With()
	for _, c := range []struct {
		err  archive.BrokenError
		want string
	}{
		{archive.BrokenError{Offset: 17, Line: 3, Entries: 2, Why: why},
			"the file is damaged at line 3: it ends before its end; exchanges before that: 2"},
		{archive.BrokenError{Offset: 17, Why: why}, "the file is damaged at byte 17: it ends before its end; exchanges before that: 0"},
		{archive.BrokenError{Offset: -1, Entries: 4, Why: why},
			"the file is damaged at exchange 5: it ends before its end; exchanges before that: 4"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// What a file unpacks to is bounded, to the byte.
func TestUnpackingIsBounded(t *testing.T) {
	l := archive.Limits{Unpacked: 10}
	if b, err := io.ReadAll(l.Unpacking(strings.NewReader("0123456789"))); err != nil || len(b) != 10 {
		t.Errorf("%q, %v", b, err)
	}
	b, err := io.ReadAll(l.Unpacking(strings.NewReader("0123456789x")))
	if !errors.Is(err, archive.ErrLimit) || len(b) != 10 {
		t.Errorf("%q, %v", b, err)
	}
}
