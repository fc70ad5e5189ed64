package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"posthouse/app"
)

// ran is what a command line of posthoused gives.
func ran(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := command(t, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// saz has an exchange with a secret and one with what a terminal would act on.
func saz(t *testing.T) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"raw/1_c.txt": "GET http://example.com/one?token=s3cret HTTP/1.1\r\nHost: example.com\r\nCookie: sid=s3cret\r\n\r\n",
		"raw/1_s.txt": "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
		"raw/2_c.txt": "GET http://other.example/two\x1b]0;title\x07\u202e HTTP/1.1\r\nHost: other.example\r\n\r\n",
		"raw/2_s.txt": "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
	} {
		f, _ := z.Create(name)
		_, _ = io.WriteString(f, text)
	}
	_ = z.Close()
	return file(t, "a.saz", b.String())
}

// harURLs are the URLs in a HAR.
func harURLs(t *testing.T, text []byte) (urls []string) {
	t.Helper()
	var har struct {
		Log struct {
			Entries []struct{ Request struct{ URL string } }
		}
	}
	if err := json.Unmarshal(text, &har); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, e := range har.Log.Entries {
		urls = append(urls, e.Request.URL)
	}
	return urls
}

func TestConvert(t *testing.T) {
	in, dir := saz(t), t.TempDir()
	har, session, again := filepath.Join(dir, "a.har"), filepath.Join(dir, "a.posthouse"), filepath.Join(dir, "b.har")
	code, stdout, stderr := ran(t, "", "convert", in, har)
	if code != 0 || stdout != "" || !strings.Contains(stderr, "2 exchanges\n") || !strings.Contains(stderr, "masked") {
		t.Fatal(code, stdout, stderr)
	}
	text, err := os.ReadFile(har)
	if err != nil || bytes.Contains(text, []byte("s3cret")) || len(harURLs(t, text)) != 2 {
		t.Errorf("%v: %s", err, text)
	}
	if info, err := os.Stat(har); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if code, _, stderr := ran(t, "", "convert", in, har); code != exitError ||
		!strings.HasSuffix(stderr, "is there already: name another file, or say -f to replace it\n") {
		t.Errorf("%d, %s", code, stderr)
	}
	if !bytes.Contains(text, []byte(`"creator":{"name":"Posthouse","version":"`+app.Version+`"}`)) {
		t.Errorf("the creator is another: %.200s", text)
	}
	if now, err := os.ReadFile(har); err != nil || !bytes.Equal(now, text) {
		t.Error("what was there was changed")
	}
	if code, _, stderr := ran(t, "", "convert", "-f", "-secrets", "keep", in, har); code != 0 {
		t.Errorf("%d, %s", code, stderr)
	}
	if text, _ = os.ReadFile(har); !bytes.Contains(text, []byte("s3cret")) {
		t.Error("-secrets keep masks")
	}
	// By way of a session, nothing is lost.
	if code, _, stderr := ran(t, "", "convert", har, session); code != 0 {
		t.Fatal(code, stderr)
	}
	if code, _, stderr := ran(t, "", "convert", session, again, "-secrets=keep"); code != 0 {
		t.Fatal(code, stderr)
	}
	if back, _ := os.ReadFile(again); !bytes.Equal(back, text) {
		t.Errorf("a session changed the HAR\n%s\nto\n%s", text, back)
	}
	// Standard input and output, a filter, a format by name.
	code, stdout, stderr = ran(t, string(text), "convert", "-filter", "example.com", "-", "-")
	if urls := harURLs(t, []byte(stdout)); code != 0 || len(urls) != 1 || !strings.HasPrefix(urls[0], "http://example.com/one?token=") {
		t.Errorf("%d, %q, %s", code, urls, stderr)
	}
	code, stdout, _ = ran(t, "curl http://h/ -d x", "convert", "-from", "curl", "-", "-to", "har", "-")
	if urls := harURLs(t, []byte(stdout)); code != 0 || len(urls) != 1 {
		t.Errorf("%d, %q", code, urls)
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}

// A file that breaks off gives what it has, and the rest is said.
func TestConvertOfABrokenFile(t *testing.T) {
	_, whole, _ := ran(t, "", "convert", "-secrets", "keep", saz(t), "-")
	broken, out := file(t, "b.har", whole[:len(whole)*3/4]), filepath.Join(t.TempDir(), "c.posthouse")
	code, _, stderr := ran(t, "", "convert", broken, out)
	if code != exitError || !strings.Contains(stderr, "1 exchange\n") || !strings.Contains(stderr, "damaged") {
		t.Errorf("%d, %s", code, stderr)
	}
	if code, stdout, stderr := ran(t, "", "show", out); code != 0 || strings.Count(stdout, "\n") != 1 {
		t.Errorf("%d, %q, %s", code, stdout, stderr)
	}
	if code, _, stderr := ran(t, "", "convert", file(t, "x.bin", "nothing of the kind"), filepath.Join(t.TempDir(),
		"d.har")); code != exitError ||
		!strings.Contains(stderr, "no format") {
		t.Errorf("%d, %s", code, stderr)
	}
}

// What is there is not replaced by the begin of a file that breaks off, nor anything by nothing.
func TestConvertKeepsWhatIsThere(t *testing.T) {
	_, whole, _ := ran(t, "", "convert", "-secrets", "keep", saz(t), "-")
	for name, broken := range map[string]string{"in its middle": whole[:len(whole)*3/4], "at its begin": whole[:40]} {
		in, good := file(t, "b.har", broken), file(t, "good.har", whole)
		code, _, stderr := ran(t, "", "convert", "-f", in, good)
		kept, err := os.ReadFile(good)
		if code != exitError || !strings.Contains(stderr, "stays as it was") || string(kept) != whole || err != nil {
			t.Errorf("%s: %d, %s, %v", name, code, stderr, err)
		}
	}
	out := filepath.Join(t.TempDir(), "new.har")
	code, _, stderr := ran(t, "", "convert", file(t, "b.har", whole[:40]), out)
	if _, err := os.Stat(out); code != exitError || !strings.Contains(stderr, "nothing was written") || err == nil {
		t.Errorf("%d, %s, %v", code, stderr, err)
	}
}

func TestShow(t *testing.T) {
	in := saz(t)
	code, stdout, stderr := ran(t, "", "show", in)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if code != 0 || len(lines) != 2 || !strings.Contains(lines[0], "200  GET     http://example.com/one?token=s3cret  text/plain  5 B") ||
		!strings.Contains(lines[1], `404  GET     http://other.example/two\x1b]0;title\x07\u{202e}`) {
		t.Errorf("%d, %q, %s", code, lines, stderr)
	}
	code, stdout, _ = ran(t, "", "show", in, "-format", "ndjson", "-filter", "status:404")
	var event struct {
		ID     int
		Status int
	}
	if err := json.Unmarshal([]byte(stdout), &event); err != nil || code != 0 || event.ID != 2 || event.Status != 404 {
		t.Errorf("%d, %v, %s", code, err, stdout)
	}
	code, stdout, _ = ran(t, "", "show", in, "-filter", "body:HELL header:cookie=sid")
	if code != 0 || strings.Count(stdout, "\n") != 1 || !strings.Contains(stdout, "/one") {
		t.Errorf("by contents: %d, %s", code, stdout)
	}
	code, stdout, stderr = ran(t, "", "show", "-format", "curl", in)
	if code != 0 || !strings.Contains(stdout, "curl ") || strings.Contains(stdout, "s3cret") || strings.Contains(stdout, "\x1b") ||
		!strings.Contains(stderr, "masked") {
		t.Errorf("%d, %s, %s", code, stdout, stderr)
	}
	code, stdout, _ = ran(t, "", "show", "-format", "har", "-secrets", "keep", in)
	if code != 0 || len(harURLs(t, []byte(stdout))) != 2 || !strings.Contains(stdout, "s3cret") {
		t.Errorf("%d, %s", code, stdout)
	}
	if code, stdout, stderr := ran(t, "GET http://h/ HTTP/1.1\n\n", "show", "-"); code != 0 || !strings.Contains(stdout, "http://h/") {
		t.Errorf("%d, %s, %s", code, stdout, stderr)
	}
}

// A time that a file does not tell is left out, not the year 1.
func TestShowOfAnUnknownTime(t *testing.T) {
	for name, text := range map[string]string{"a.sh": "curl http://h/ -d x", "a.http": "GET http://h/ HTTP/1.1\n\n"} {
		code, stdout, stderr := ran(t, "", "show", "-format", "ndjson", file(t, name, text))
		if code != 0 || !strings.HasPrefix(stdout, `{"id":1,"kind":"http","method":`) || strings.Contains(stdout, "0001") {
			t.Errorf("%d, %s, %s", code, stdout, stderr)
		}
		if code, stdout, _ := ran(t, "", "show", file(t, name, text)); code != 0 || strings.Contains(stdout, "0001") {
			t.Errorf("%d, %s", code, stdout)
		}
	}
}

// What is empty is said to be empty, not damaged.
func TestShowOfAnEmptyFile(t *testing.T) {
	for _, name := range []string{"a.har", "a.posthouse", "a.saz", "a.bin", "a.chlsj", "a.flow", "a.http", "a.sh"} {
		for _, text := range []string{"", " \r\n\t\n", "\ufeff"} {
			path := file(t, name, text)
			code, stdout, stderr := ran(t, "", "show", path)
			if code != exitError || stdout != "" || !strings.Contains(stderr, "a"+filepath.Ext(name)+" is empty") {
				t.Errorf("%s with %q: %d, %q, %q", name, text, code, stdout, stderr)
			}
		}
	}
	if code, _, stderr := ran(t, "", "show", "-from", "har", "-"); code != exitError || !strings.Contains(stderr, "is empty") {
		t.Errorf("%d, %q", code, stderr)
	}
}

// No format has a terminal act on what passed, and JSON keeps its meaning all the same.
func TestShowKeepsControlsFromTheTerminal(t *testing.T) {
	odd := "<\u009b31m\u0085\u007f\u202e\u2028\ufeff\U000e0041é漢😀>"
	in := file(t, "odd.har", `{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":[{"startedDateTime":`+
		`"2026-01-02T03:04:05Z","time":1,"request":{"method":"GET","url":"http://h/`+odd+`","httpVersion":"HTTP/1.1","headers":`+
		`[{"name":"A","value":"`+odd+`"}],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":0},"response":{"status":200,`+
		`"statusText":"`+odd+`","httpVersion":"HTTP/1.1","headers":[],"cookies":[],"content":{"size":0,"mimeType":"text/plain",`+
		`"text":"`+odd+`"},"redirectURL":"","headersSize":-1,"bodySize":-1},"cache":{},"timings":{"send":0,"wait":1,"receive":0}}]}}`)
	for _, args := range [][]string{{"show", "-format", "har"}, {"show", "-format", "ndjson"}, {"show", "-format", "lines"},
		{"show", "-format", "curl"}, {"convert", "-secrets", "keep", "-"}} {
		code, stdout, stderr := ran(t, "", append(args, in)...)
		if args[0] == "convert" {
			code, stdout, stderr = ran(t, "", append(args[:3:3], in, "-")...)
		}
		acts := func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }
		if at := strings.IndexFunc(stdout, acts); code != 0 || at >= 0 {
			t.Errorf("%q: %d, %q, %s", args, code, stdout[max(0, at):], stderr)
		}
		if strings.Contains(stdout, `"entries"`) {
			var har struct {
				Log struct {
					Entries []struct {
						Response struct{ Content struct{ Text string } }
					}
				}
			}
			if err := json.Unmarshal([]byte(stdout), &har); err != nil || har.Log.Entries[0].Response.Content.Text != odd {
				t.Errorf("%q: %v, %+v", args, err, har)
			}
		}
	}
}

// Wherever a text is cut, what is written is the same.
func TestPlainJSONInPieces(t *testing.T) {
	text := "\"é\u009b漢\u202e😀\U000e0041\x7f\xff\""
	want := `"é\u009b漢\u202e😀\udb40\udc41\u007f\ufffd"`
	for i := range len(text) {
		for j := i; j < len(text); j++ {
			var b bytes.Buffer
			p := &plainJSON{w: &b}
			for _, piece := range []string{text[:i], text[i:j], text[j:]} {
				if n, err := p.Write([]byte(piece)); n != len(piece) || err != nil {
					t.Fatal(n, err)
				}
			}
			if err := p.Flush(); err != nil || b.String() != want {
				t.Errorf("cut at %d and %d: %s", i, j, b.String())
			}
		}
	}
}

func TestFileCommandsUsage(t *testing.T) {
	for _, args := range [][]string{
		{"convert"}, {"convert", "a"}, {"convert", "a", "b", "c"}, {"convert", "a", "b.saz"}, {"convert", "a", "b"}, {"convert", "-to",
			"saz", "a", "b"},
		{"convert", "-secrets", "some", "a", "b.har"}, {"convert", "-filter", "status:zz", "a", "b.har"}, {"convert", "-from", "pcap",
			"a", "b.har"},
		{"convert", "-body-limit", "0", "a", "b.har"}, {"show"}, {"show", "a", "b"}, {"show", "-format", "xml", "a"}, {"-save", "x.txt"},
		{"-save", "-"}, {"-secrets", "mask"}, {"-save", "a.har", "-secrets", "x"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(args, &stdout, &stderr); code != exitUsage || stderr.Len() == 0 || stdout.Len() > 0 {
			t.Errorf("%q: exit code %d, %q, %q", args, code, &stdout, &stderr)
		}
	}
	for _, name := range []string{"convert", "show"} {
		var stdout, stderr bytes.Buffer
		if code := run([]string{name, "-h"}, &stdout, &stderr); code != 0 || !strings.Contains(stderr.String(), "-filter") {
			t.Errorf("%s -h: %d %q", name, code, &stderr)
		}
	}
}

// -save writes what passed when the proxy ends by a signal, and never over a file.
// What cannot be opened is a sentence.
func TestWhatIsNotThereIsSaid(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link.har")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), link); err != nil {
		t.Skip(err)
	}
	for _, args := range [][]string{{"show", filepath.Join(dir, "nope.har")}, {"show", dir}, {"convert", filepath.Join(dir, "nope.har"),
		filepath.Join(dir, "x.har")}, {"convert", dir, filepath.Join(dir, "x.har")}, {"convert", saz(t), link}} {
		if code, stdout, stderr := ran(t, "", args...); code == 0 || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: %d, %q, %q", args, code, stdout, stderr)
		}
	}
}

// A name that was taken meanwhile costs no session.
func TestSaveKeepsWhatCannotHaveItsName(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("signals cannot be sent here")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a.posthouse")
	d := start(t, 1, "-listen", "127.0.0.1:0", "-events", "none", "-save", path)
	answer, err := d.client().Get(origin(t).URL + "/1")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if err := os.WriteFile(path, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := d.end(syscall.SIGTERM)
	parts, _ := filepath.Glob(filepath.Join(dir, ".a.posthouse.part-*"))
	if code == 0 || len(parts) != 1 || !strings.Contains(stderr, parts[0]) {
		t.Fatalf("%d, %s, %q", code, stderr, parts)
	}
	if code, stdout, _ := ran(t, "", "show", parts[0]); code != 0 || strings.Count(stdout, "\n") != 1 {
		t.Errorf("%d, %s", code, stdout)
	}
	if now, _ := os.ReadFile(path); string(now) != "another's" {
		t.Errorf("the other file became %q", now)
	}
}

func TestSave(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("signals cannot be sent here")
	}
	o, dir := origin(t), t.TempDir()
	for name, secret := range map[string]bool{"a.posthouse": true, "a.har": false} {
		path := filepath.Join(dir, name)
		d := start(t, 1, "-listen", "127.0.0.1:0", "-events", "none", "-save", path)
		for _, at := range []string{"/1", "/2"} {
			r, _ := http.NewRequest(http.MethodGet, o.URL+at, nil)
			r.Header.Set("Authorization", "Bearer s3cret-token")
			answer, err := d.client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the file has its name before it is whole")
		}
		if code, _, stderr := d.end(syscall.SIGINT); code != 0 || !strings.Contains(stderr, "exchanges=2") {
			t.Errorf("%d, %s", code, stderr)
		}
		code, stdout, stderr := ran(t, "", "show", "-format", "har", "-secrets", "keep", path)
		if urls := harURLs(t, []byte(stdout)); code != 0 || len(urls) != 2 || urls[1] != o.URL+"/2" {
			t.Errorf("%d, %q, %s", code, urls, stderr)
		}
		if strings.Contains(stdout, "s3cret-token") != secret || !strings.Contains(stdout, "answer to /1") {
			t.Errorf("%s: %s", name, stdout)
		}
		if code, _, stderr := ran(t, "", "-listen", "127.0.0.1:0", "-save", path); code != exitError ||
			!strings.HasSuffix(stderr, "is there already: name another file\n") { // there is no -f here
			t.Errorf("%d, %s", code, stderr)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}
