package rules

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// site is a folder of rules with a site in it, and a secret beside it.
func site(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"secret": "s", "site/index.html": "<h1>root", "site/a b.txt": "spaces",
		"site/sub/index.html": "<h1>sub",
		"site/data":           "{\"a\":1}", "site/ten": "0123456789", "site/empty/x": ""} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Unix(1_700_000_000, 0)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// told is an answer as one text, and what is wrong.
func answerOf(t *testing.T, folder, rule string, asked Asked) (string, flow.Reason) {
	t.Helper()
	s, err := Load("rules.toml", []byte("[[rule]]\n"+rule), folder)
	if err != nil {
		t.Fatal(err)
	}
	a, why := s.Answer(s.Rules[0], &asked)
	body := a.Text
	if a.File != nil {
		b, err := io.ReadAll(io.LimitReader(a.File, a.Size))
		if err != nil {
			t.Fatal(err)
		}
		body = string(b)
		_ = a.File.Close()
	}
	text := fmt.Sprintf("%d %s %q", a.Status, a.Type, body)
	for _, f := range a.Fields {
		if f.Name != "Etag" && f.Name != "Last-Modified" && f.Name != "Cache-Control" && f.Name != "Accept-Ranges" {
			text += " " + f.Name + ": " + f.Value
		}
	}
	return text, why
}

// What a path names is answered, as servers do, and nothing outside of the folder.
func TestAnswerFromAFolder(t *testing.T) {
	folder := site(t)
	linked := os.Symlink(filepath.Join(folder, "secret"), filepath.Join(folder, "site", "out")) == nil
	const html, plain = "text/html; charset=utf-8", "text/plain; charset=utf-8"
	for path, want := range map[string]string{
		"/":                         `200 ` + html + ` "<h1>root"`,
		"/?q=/../x":                 `200 ` + html + ` "<h1>root"`,
		"/a%20b.txt":                `200 ` + plain + ` "spaces"`,
		"/sub":                      `301  "" Location: /sub/`,
		"/sub?a=b":                  `301  "" Location: /sub/?a=b`,
		"//sub":                     `301  "" Location: /sub/`,
		"/sub/":                     `200 ` + html + ` "<h1>sub"`,
		"/./sub/./":                 `200 ` + html + ` "<h1>sub"`,
		"/data":                     `200 ` + plain + ` "{\"a\":1}"`,
		"/none":                     `404 ` + plain + ` "Posthouse: there is no file site/none\n"`,
		"/empty/":                   `404 ` + plain + ` "Posthouse: there is no file site/empty/index.html\n"`,
		"/../secret":                `404 ` + plain + ` "Posthouse: there is no file /../secret\n"`,
		"/%2e%2e/secret":            `404 ` + plain + ` "Posthouse: there is no file /%2e%2e/secret\n"`,
		"/sub/%2e%2e%2f..%2fsecret": `404 ` + plain + ` "Posthouse: there is no file /sub/%2e%2e%2f..%2fsecret\n"`,
		"/..%5csecret":              `404 ` + plain + ` "Posthouse: there is no file /..%5csecret\n"`,
		"/%zz":                      `404 ` + plain + ` "Posthouse: there is no file /%zz\n"`,
		"/a%00":                     `404 ` + plain + ` "Posthouse: there is no file /a%00\n"`,
		"*":                         `404 ` + plain + ` "Posthouse: there is no file *\n"`,
	} {
		if got, why := answerOf(t, folder, "answer.folder = 'site'", Asked{Method: "GET", Path: path}); got != want || !why.IsZero() {
			t.Errorf("%s: %s, want %s (%v)", path, got, want, why)
		}
	}
	if linked {
		if _, why := answerOf(t, folder, "answer.folder = 'site'", Asked{Method: "GET", Path: "/out"}); why.Code != reason.RuleOutside {
			t.Error(why)
		}
	}
	if _, why := answerOf(t, folder, "answer.folder = 'gone'", Asked{Method: "GET", Path: "/"}); why.Code != reason.RuleFile {
		t.Error(why)
	}
	if _, why := answerOf(t, folder, "answer.folder = '../x'", Asked{Method: "GET", Path: "/"}); why.Code != reason.RuleOutside {
		t.Error(why)
	}
	const under = "answer = { folder = 'site', under = '/app/', fields = ['X-A: b'] }"
	for path, want := range map[string]string{"/app/ten": "200 " + plain + ` "0123456789" X-A: b`, "/app/": "200 " + html +
		` "<h1>root" X-A: b`,
		"/app": `301  "" Location: /app/ X-A: b`, "/application": "404 " + plain + ` "Posthouse: there is no file /application\n" X-A: b`} {
		if got, why := answerOf(t, folder, under, Asked{Method: "GET", Path: path}); got != want || !why.IsZero() {
			t.Errorf("%s: %s, want %s (%v)", path, got, want, why)
		}
	}
}

// Ranges, and what the client has already.
func TestAnswerFromAFolderInPart(t *testing.T) {
	folder := site(t)
	const plain = "text/plain; charset=utf-8"
	for field, want := range map[string]string{
		"Range: bytes=2-4":     `206 ` + plain + ` "234" Content-Range: bytes 2-4/10`,
		"range: bytes=-2":      `206 ` + plain + ` "89" Content-Range: bytes 8-9/10`,
		"Range: bytes=0-1,3-4": `200 ` + plain + ` "0123456789"`,
		"Range: lines=1":       `416`,
		"Range: bytes=20-":     `416`,
		"If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT": `304  ""`,
		"If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT": `200 ` + plain + ` "0123456789"`,
		"If-None-Match: *":    `304  ""`,
		"If-Match: \"other\"": `412`,
	} {
		name, value, _ := strings.Cut(field, ": ")
		got, why := answerOf(t, folder, "answer.folder = 'site'", Asked{Method: "GET", Path: "/ten", Fields: []Field{{name, value, 0}}})
		if !strings.HasPrefix(got, want) || !why.IsZero() {
			t.Errorf("%s: %s, want %s (%v)", field, got, want, why)
		}
	}
	if got, _ := answerOf(t, folder, "answer.folder = 'site'", Asked{Method: "POST", Path: "/ten"}); got != `405  "" Allow: GET, HEAD` {
		t.Error(got)
	}
	got, _ := answerOf(t, folder, "answer = { folder = 'site', type = 'a/b' }", Asked{Method: "HEAD", Path: "/ten"})
	if got != `200 a/b "0123456789"` { // as long as its body would be
		t.Error(got)
	}
}

// A response in a file is answered as it stands there, with what its body is now.
func TestAnswerWithAMessage(t *testing.T) {
	for text, want := range map[string]string{
		"HTTP/1.1 201 Made\r\nX-A:  b \r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: " +
			"99\r\n\r\nbody\n": `201  "body\n" X-A: b Set-Cookie: a=1 set-cookie: b=2`,
		"HTTP/1.0 200\nContent-Type: a/b\nConnection: close\nContent-Encoding: " +
			"br\n\nx": `200  "x" Content-Type: a/b Content-Encoding: br`,
		"HTTP/1.1 204 No Content\n":                                  `204  ""`,
		"HTTP/1.1 200 OK\nA: b":                                      `200  "" A: b`,
		"HTTP/1.1 200 OK\nA: b\nC d: e\n\nx":                         "line 3",
		"HTTP/1.1 200 OK\n A: b\n\nx":                                "line 2",
		"HTTP/1.1 200 OK\nA: b\nTransfer-Encoding: chunked\n\n0\n\n": "line 3",
		"HTTP/1.1 100 Continue\n\n":                                  "line 1",
		"HTTP/1.1 304 Not Modified\n\nx":                             "line 1",
		"{}":                                                         "line 1",
		"":                                                           "line 1",
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "m.http"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, why := answerOf(t, folder, "answer.message = 'm.http'", Asked{})
		if strings.HasPrefix(want, "line") {
			if why.Code != reason.RuleMessage || !strings.Contains(reason.English(why), want+":") {
				t.Errorf("%q: %s, want %s", text, reason.English(why), want)
			}
			continue
		}
		if got != want || !why.IsZero() {
			t.Errorf("%q: %s, want %s (%s)", text, got, want, reason.English(why))
		}
	}
}

// Whatever stands in a file, a message is refused or clean.
func FuzzMessage(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\nA: b\n\nx"))
	f.Add([]byte("HTTP/1.1 204 No Content\r\n\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		head, used := messageHead(text)
		if used > len(text) {
			t.Fatal(used)
		}
		resp, line, err := parseMessage(head)
		if err != nil && line < 1 || err == nil && (resp.Status < 100 || resp.Status > 999) {
			t.Fatal(line, err, resp.Status)
		}
	})
}

// No path leads out of a folder.
func FuzzBelow(f *testing.F) {
	for _, path := range []string{"/a", "/../a", "/%2e%2e/x", "//", "/a%2f..%2f..", "/.../x"} {
		f.Add("", path)
		f.Add("/app/", path)
	}
	f.Fuzz(func(t *testing.T, under, path string) {
		if name, ok := below(under, path); ok && (!filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains("/"+name+"/", "/../")) {
			t.Fatal(name)
		}
	})
}
