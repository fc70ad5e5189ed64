package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorded is a file with requests that are answered so: "METHOD path status body".
func recorded(t *testing.T, host string, lines ...string) string {
	t.Helper()
	var entries []string
	for i, line := range lines {
		var method, path, body string
		var status int
		if _, err := fmt.Sscanf(line, "%s %s %d %s", &method, &path, &status, &body); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, fmt.Sprintf(`{"startedDateTime":"2026-11-29T12:00:%02dZ","time":%d,"request":{"method":%q,`+
			`"url":"http://%s%s","httpVersion":"HTTP/1.1","headers":[],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":0},`+
			`"response":{"status":%d,"statusText":"OK","httpVersion":"HTTP/1.1","headers":[{"name":"Date","value":%q}],"cookies":[],`+
			`"redirectURL":"","headersSize":-1,"bodySize":-1,"content":{"size":%d,"mimeType":"text/plain","text":%q}},`+
			`"cache":{},"timings":{"send":0,"wait":1,"receive":0}}`, i, 10*(i+1), method, host, path, status, path, len(body), body))
	}
	return file(t, "a.har", `{"log":{"version":"1.2","creator":{"name":"t","version":"1"},"entries":[`+strings.Join(entries, ",")+`]}}`)
}

func TestCompare(t *testing.T) {
	a := recorded(t, "a.test", "GET /users/17 200 ada", "GET /old 200 x", "POST /orders 201 ok")
	b := recorded(t, "a.test", "GET /users/18 200 ada", "GET /new\u202e 200 x", "POST /orders 500 no")
	code, stdout, stderr := ran(t, "", "compare", a, b)
	want := "new              GET     a.test/new"
	if code != 1 || !strings.HasPrefix(stdout, want) || strings.Count(stdout, "\n") != 3 || strings.Contains(stdout, "\u202e") ||
		!strings.Contains(stdout, "changed          POST    a.test/orders  201 > 500") ||
		!strings.Contains(stderr, "1 new, 1 gone, 1 changed, 0 slower, 0 not known, 1 same\n") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	if code, stdout, stderr = ran(t, "", "compare", a, b, "-filter", "path:/users"); code != 0 || stdout != "" {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	code, stdout, _ = ran(t, "", "compare", "-same", "-format=ndjson", "-filter-a", "path:/old", "-filter-b", "path:/users", a, b)
	if code != 1 || strings.Count(stdout, `"kind":"gone"`) != 1 || strings.Count(stdout, `"kind":"new"`) != 1 {
		t.Errorf("%d\n%s", code, stdout)
	}
	// What is said for both holds whole beside what is said for one.
	code, stdout, _ = ran(t, "", "compare", "-same", "-filter", "path:/old | path:/users", "-filter-a", "path:/users", a, b)
	if code != 0 || !strings.HasPrefix(stdout, "same ") || strings.Count(stdout, "\n") != 1 {
		t.Errorf("%d\n%s", code, stdout)
	}
	other := recorded(t, "other.test", "GET /users/1 200 ada")
	code, stdout, stderr = ran(t, "", "compare", "-same", a, other, "-any-host", "-filter", "path:/users")
	if code != 0 || !strings.HasPrefix(stdout, "same ") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
}

// Date alone is passed over unasked, and Age: any other field counts.
func TestComparePassesOverWhatIsSaid(t *testing.T) {
	answer := func(fields string) string {
		return file(t, "a.http", "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\nHTTP/1.1 200 OK\r\n"+fields+
			"Content-Length: 0\r\n\r\n")
	}
	was := answer("Date: 1\r\nAge: 1\r\nExpires: 1\r\n")
	for _, c := range []struct {
		code int
		args []string
	}{
		{0, []string{was, answer("Date: 2\r\nAge: 2\r\nExpires: 1\r\n")}},
		{1, []string{was, answer("Date: 1\r\nAge: 1\r\nExpires: 2\r\n")}},
		{0, []string{"-ignore", "expires", was, answer("Date: 1\r\nAge: 1\r\nExpires: 2\r\n")}},
	} {
		if code, stdout, stderr := ran(t, "", append([]string{"compare"}, c.args...)...); code != c.code {
			t.Errorf("%q: %d\n%s\n%s", c.args, code, stdout, stderr)
		}
	}
}

func TestCompareHidesSecrets(t *testing.T) {
	a := recorded(t, "a.test", "GET /one?token=s3cretvalue1 200 x")
	b := recorded(t, "a.test", "GET /two/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r 200 x")
	code, stdout, stderr := ran(t, "", "compare", "-secrets", "mask", "-format", "markdown", a, b)
	if code != 1 || strings.Contains(stdout, "eyJzdWIiOiIxIn0") || strings.Contains(stdout, "s3cret") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
}

// What cannot be read or understood is 2, whatever else there is; nothing is left behind.
func TestCompareSaysWhatIsWrong(t *testing.T) {
	a := recorded(t, "a.test", "GET / 200 x")
	for _, args := range [][]string{{a}, {a, a, a}, {a, filepath.Join(t.TempDir(), "none.har")}, {a, file(t, "a.bin", "\x00\x01")},
		{"-filter", "status:no", a, a}, {"-format", "xml", a, a}, {"-secrets", "perhaps", a, a}, {a, t.TempDir()}} {
		if code, stdout, stderr := ran(t, "", append([]string{"compare"}, args...)...); code != 2 || stdout != "" || stderr == "" {
			t.Errorf("%q: %d %q %q", args, code, stdout, stderr)
		}
	}
	if _, _, stderr := ran(t, "", "compare", "-filter-b", "status:no", a, a); !strings.Contains(stderr, "-filter-b: ") {
		t.Errorf("%q", stderr)
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	if code, _, stderr := ran(t, "", "compare", a, a); code != 0 {
		t.Errorf("%d %s", code, stderr)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if code, stdout, _ := ran(t, "", "compare", "-h"); code != 0 || stdout != "" {
		t.Errorf("%d %q", code, stdout)
	}
}
