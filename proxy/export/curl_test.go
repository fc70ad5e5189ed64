package export_test

import (
	"os/exec"
	"strings"
	"testing"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
)

func exchange(head, body string) *flow.Exchange {
	x := &flow.Exchange{RequestHead: []byte(head), RequestBody: flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}}
	x.Scheme, x.Host, x.Path = "http", "example.com", "/a?b='c d'"
	return x
}

// words has a real shell take the command apart.
func words(t *testing.T, command string) []string {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no POSIX shell here")
	}
	out, err := exec.Command(sh, "-c", "set -- "+command+`; for w in "$@"; do printf '%s\001' "$w"; done`).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x01"), "\x01")
}

func TestCurl(t *testing.T) {
	x := exchange("POST http://example.com/a HTTP/1.1\r\nHost: example.com\r\nX-A: it's\r\nX-Empty:\r\nUser-Agent: me\r\nContent-Length: 5\r\nProxy-Connection: keep-alive\r\n\r\n", "a'b\nc")
	command, note := export.Curl(x)
	if note != "" {
		t.Errorf("note %q", note)
	}
	got := words(t, command)
	want := []string{"curl", "--path-as-is", "--globoff", "http://example.com/a?b='c d'", "-H", "X-A: it's", "-H", "X-Empty;", "-H", "User-Agent: me", "-H", "Accept:", "-H", "Content-Type:", "--data-binary", "a'b\nc"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestCurlOfOtherMethods(t *testing.T) {
	for head, part := range map[string]string{
		"GET / HTTP/1.1\r\n\r\n":    "curl --path",
		"HEAD / HTTP/1.1\r\n\r\n":   "curl --head --path",
		"DELETE / HTTP/1.1\r\n\r\n": "curl -X DELETE --path",
		"POST / HTTP/1.1\r\n\r\n":   "curl -X POST --path",
	} {
		if got, _ := export.Curl(exchange(head, "")); !strings.HasPrefix(got, part) {
			t.Errorf("%q: %q", head, got)
		}
	}
	x := exchange("POST / HTTP/1.1\r\n\r\n", "abc")
	x.RequestBody.State = flow.BodyCut
	if _, note := export.Curl(x); note == "" {
		t.Error("a cut body is not noted")
	}
}

// curl would make a handshake of its own for ws, or does not know it.
func TestCurlOfAWebSocketTarget(t *testing.T) {
	x := exchange("GET ws://example.com/a HTTP/1.1\r\n\r\n", "")
	x.Scheme = "ws"
	if got, _ := export.Curl(x); !strings.Contains(got, " 'http://example.com/a?") {
		t.Errorf("%q", got)
	}
}
