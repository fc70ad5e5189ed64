package rawhttp_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"posthouse/proxy/archive"
	_ "posthouse/proxy/archive/rawhttp"
	"posthouse/proxy/flow"
)

func read(file string, limits archive.Limits) (all []*flow.Exchange, err error) {
	r, err := archive.OpenAs(archive.Raw, strings.NewReader(file), int64(len(file)), "a.http", limits)
	for err == nil {
		var x *flow.Exchange
		if x, err = r.Next(); err == nil {
			all = append(all, x)
		}
	}
	return all, err
}

func TestMessages(t *testing.T) {
	units := utf16.Encode([]rune("GET http://h/ HTTP/1.1\r\n\r\n"))
	wide := "\xff\xfe"
	for _, u := range units {
		wide += string([]byte{byte(u), byte(u >> 8)})
	}
	for name, c := range map[string]struct {
		text           string
		head, url      string
		body           string
		status         int
		answer         string
		count          int
		responseTrails string
	}{
		"request": {text: "POST /a?b HTTP/1.1\r\nHost: example.com\r\nContent-Length: 4\r\n\r\nbody", url: "https://example.com/a?b",
			body: "body",
			head: "POST /a?b HTTP/1.1\r\nHost: example.com\r\nContent-Length: 4\r\n\r\n"},
		"line feeds, and one that an editor adds": {text: "POST / HTTP/1.0\nHost: localhost\nContent-Length: 4\n\nbody\n",
			url:  "http://localhost/",
			head: "POST / HTTP/1.0\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n", body: "body"},
		"no empty line": {text: "GET / HTTP/1.1\nHost: h:8080", url: "http://h:8080/", head: "GET / HTTP/1.1\r\nHost: h:8080\r\n\r\n"},
		"no version": {text: "# a comment\n@v = 1\n\nGET https://h/x?y#z\nA: b\n", url: "https://h/x?y",
			head: "GET https://h/x?y#z HTTP/1.1\r\nA: b\r\n\r\n"},
		"with its answer": {text: "GET / HTTP/1.1\r\nHost: h:443\r\n\r\n" +
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
			url: "https://h/", head: "GET / HTTP/1.1\r\nHost: h:443\r\n\r\n", status: 200, answer: "abc"},
		"bodies of both": {text: "POST / HTTP/1.1\nHost: h:1\n\n{\"a\":\n1}\n\n" +
			"HTTP/1.1 404 Not Found\nA: b\n\nHTTP/1.1 is no status line\n",
			url: "http://h:1/", head: "POST / HTTP/1.1\r\nHost: h:1\r\n\r\n", body: "{\"a\":\n1}", status: 404,
			answer: "HTTP/1.1 is no status line\n"},
		"several": {text: "GET http://h/1 HTTP/1.1\n\n### two\n// comment\n" +
			"POST http://h/2 HTTP/1.1\n\n### heading\ntext\n###\nDELETE http://h/3\n###\n",
			url: "http://h/1", head: "GET http://h/1 HTTP/1.1\r\n\r\n", count: 3},
		"connect": {text: "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", url: "h:443",
			head: "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"},
		"UTF-16": {text: wide, url: "http://h/", head: "GET http://h/ HTTP/1.1\r\n\r\n"},
		"answer": {text: "HTTP/1.1 200 OK\nA: b\n\nbody", status: 200, answer: "body"},
	} {
		all, err := read(c.text, archive.Limits{})
		if err != io.EOF || len(all) != max(1, c.count) {
			t.Errorf("%s: %d, %v", name, len(all), err)
			continue
		}
		x := all[0]
		if string(x.RequestHead) != c.head || string(x.RequestBody.Bytes) != c.body || x.Status != c.status ||
			string(x.ResponseBody.Bytes) != c.answer || c.url != "" && x.URL() != c.url || x.Phase != flow.PhaseDone {
			t.Errorf("%s: %q %q %d %q %s %v", name, x.RequestHead, x.RequestBody.Bytes, x.Status, x.ResponseBody.Bytes, x.URL(), x.Phase)
		}
	}
	all, _ := read("GET http://h/1 HTTP/1.1\n\n###\nPOST http://h/2 HTTP/1.1\n\n### heading\ntext\n", archive.Limits{})
	if len(all) != 2 || string(all[1].RequestBody.Bytes) != "### heading\ntext\n" {
		t.Errorf("a body with a heading: %q", all[1].RequestBody.Bytes)
	}
}

func TestBrokenAndLimits(t *testing.T) {
	all, err := read("GET http://h/ HTTP/1.1\n\n###\nGET\n", archive.Limits{})
	var broken *archive.BrokenError
	if errors.As(err, &broken) {
		t.Errorf("a lone word behind ### is part of the body: %v", err)
	}
	if len(all) != 1 {
		t.Error(len(all))
	}
	if _, err := read("what is this", archive.Limits{}); !errors.As(err, &broken) || broken.Line != 1 {
		t.Error(err)
	}
	if _, err := read("\n# nothing\n", archive.Limits{}); !errors.As(err, &broken) {
		t.Error(err)
	}
	all, err = read("POST http://h/ HTTP/1.1\n\n"+strings.Repeat("x", 10_000), archive.Limits{Body: 1000, Head: 1000})
	if err != io.EOF || len(all) != 1 || all[0].RequestBody.State != flow.BodyCut || len(all[0].RequestBody.Bytes) != 1000 {
		t.Error(err, all)
	}
	if _, err := read(strings.Repeat("GET http://h/ HTTP/1.1\n\n###\n", 20), archive.Limits{Entries: 5}); !errors.Is(err,
		archive.ErrLimit) {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("POST / HTTP/1.1\nHost: h\nContent-Length: 4\n\nbody\n\nHTTP/1.1 200 OK\n\nx\n###\nGET http://h/\n")
	f.Add("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: 1\r\n\r\n")
	f.Fuzz(func(t *testing.T, file string) {
		all, err := read(file, archive.Limits{Body: 1000, Head: 1000, Entries: 10})
		if err == nil || len(all) > 10 {
			t.Fatal(len(all), err)
		}
		for _, x := range all {
			if !x.Phase.Final() || len(x.RequestHead) > 0 && !strings.HasSuffix(string(x.RequestHead), "\r\n\r\n") {
				t.Fatalf("%q", x.RequestHead)
			}
		}
	})
}
