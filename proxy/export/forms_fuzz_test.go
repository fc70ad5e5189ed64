package export_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/proxy/shellquote/shelltest"
)

var (
	// quoted is a literal of Python, JavaScript or Go on one line.
	quoted = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"`)
	word   = regexp.MustCompile(`[A-Za-z_0-9]+`)
	// own are the words that such a form is written with, beside literals.
	own = map[string]bool{}
)

func init() {
	for _, w := range strings.Fields(`await fetch method headers body referrer referrerPolicy credentials redirect new TextEncoder encode
		Uint8Array from atob c charCodeAt 0 import requests urllib3 session Session auth lambda request nothing netrc util SKIP_HEADER
		response data iter b allow_redirects False print httpx Request content with Client as client send follow_redirects`) {
		own[w] = true
	}
}

// checkForm holds for what a form gives, whatever was captured: it is one command
// or program, in which all that was captured is a literal.
func checkForm(t *testing.T, f export.Form, text string) {
	t.Helper()
	checkShown(t, f, text)
	switch f {
	case export.Wget, export.HTTPie:
		text = strings.TrimSuffix(strings.TrimPrefix(text, "(body=$(mktemp) &&\n"), "\nrm -f \"$body\")")
		text = strings.Replace(strings.Replace(text, " >\"$body\" &&\n", " |\n", 1), "--body-file=\"$body\"", "--body-file=body", 1)
		words, err := shelltest.POSIX(text)
		if err != nil || len(words) == 0 || words[0] != "wget" && words[0] != "http" && words[0] != "printf" {
			t.Errorf("%s: %v: %.300q\n%.1000s", f, err, words, text)
		}
	case export.GoHTTP:
		if _, err := parser.ParseFile(token.NewFileSet(), "", text, parser.AllErrors); err != nil {
			t.Errorf("%v\n%.1000s", err, text)
		}
	case export.FetchBrowser, export.FetchNode, export.Requests, export.HTTPX:
		rest := quoted.ReplaceAllString(text, "")
		if strings.Contains(rest, `"`) {
			t.Errorf("%s: a quote is left in %.1000q", f, rest)
		}
		for _, w := range word.FindAllString(rest, -1) {
			if !own[w] {
				t.Errorf("%s: %q stands in no literal\n%.1000s", f, w, text)
			}
		}
	case export.HAR:
		if !json.Valid([]byte(text)) {
			t.Errorf("%.300q", text)
		}
	case export.Markdown:
		if strings.Count(text, "\n### ") > 0 && !strings.HasPrefix(text, "### ") {
			t.Errorf("%.300s", text)
		}
	}
}

func FuzzForms(f *testing.F) {
	for _, r := range append(append([]request{}, requests...), odd...) {
		f.Add([]byte(r.head), []byte(r.body), "h.example", "/a?b")
	}
	f.Add([]byte("GET / HTTP/1.1\r\nA: b\r\n\r\n"), []byte("x"), "[fe80::1%$(id)]", "/\u2028")
	f.Add([]byte(":method: GET\r\n:authority: a'b\r\nx: y\r\n\r\n"), []byte("```\n# x"), "-o", "/'\n'@")
	f.Fuzz(func(t *testing.T, head, body []byte, host, path string) {
		x := &flow.Exchange{RequestHead: head, RequestBody: flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: body},
			ResponseHead: head, ResponseBody: flow.Body{State: flow.BodyCut, Size: int64(len(body)) + 1, Bytes: body}}
		x.Scheme, x.Host, x.Path, x.Proto, x.Method = "http", host, path, "HTTP/1.1", path
		for _, form := range export.Forms("linux") {
			c := export.Of(x, form)
			if c.Text != "" {
				checkForm(t, form, c.Text)
			} else if len(c.Notes) == 0 {
				t.Errorf("%s: nothing, and no reason for that", form)
			}
		}
	})
}
