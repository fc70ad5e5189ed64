package proxy_test

import (
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// An answer that is not passed on stands in the row byte for byte, beside the answer
// that the client got.
func TestUnusableAnswersAreKept(t *testing.T) {
	for name, c := range map[string]struct {
		sent    string
		closes  bool // the origin does, behind it
		status  int
		failure flow.Failure
		interim string // what the row has of it as interim heads
	}{
		"two lengths": {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok", false, 502,
			flow.FailureBadResponse, ""},
		"two codings":         {"HTTP/1.1 200 OK\nTransfer-Encoding: chunked, gzip\n\n2\r\nok", false, 502, flow.FailureBadResponse, ""},
		"HTTP/0.9":            {"<html>\r\n\r\nold\xff</html>", true, 502, flow.FailureBadResponse, ""},
		"another protocol":    {"SSH-2.0-x\r\n", false, 502, flow.FailureBadResponse, ""},
		"a status of four":    {"HTTP/1.1 2000 OK\r\n", false, 502, flow.FailureBadResponse, ""},
		"breaks off":          {"HTTP/1.1 200 OK\r\nServer: broken\r\nX: 1", true, 502, flow.FailureOriginClosed, ""},
		"breaks off, mending": {"HTTP/1.1 200 OK\nServer : broken\n", true, 502, flow.FailureOriginClosed, ""},
		"is late":             {"HTTP/1.1 200 OK\r\nServer: slow\r\n", false, 504, flow.FailureResponseTimeout, ""},
		"behind an interim": {"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", false, 502, flow.FailureBadResponse,
			"HTTP/1.1 103 x\r\n\r\n"},
		"an unasked 101": {"HTTP/1.1 101 x\r\nUpgrade: x\r\n\r\nhello", false, 502, flow.FailureBadResponse, ""},
		"none":           {"", true, 502, flow.FailureOriginClosed, ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			o := proxytest.Options{}
			if c.failure == flow.FailureResponseTimeout {
				o.Config.Timeouts.Response = 200 * time.Millisecond
			}
			p := proxytest.StartWith(t, o)
			origin, client := p.Origin(), p.Client()
			client.Send(getHead)
			at := origin.Accept()
			at.ExpectHead()
			if c.sent != "" {
				at.Send(c.sent)
			}
			if c.closes {
				at.Close()
			}
			client.Expect(c.interim)
			head := client.ExpectStatus(c.status)
			x := p.Exchange(1)
			if string(x.Unusable) != c.sent[len(c.interim):] || string(x.Interim) != c.interim {
				t.Errorf("kept %q behind %q", x.Unusable, x.Interim)
			}
			if string(x.ResponseHead) != head || x.Failure != c.failure {
				t.Errorf("%v beside %q", x.Failure, x.ResponseHead)
			}
		})
	}
}

// Of an unusable answer the first 16 KiB are kept, however long its head may be.
func TestUnusableAnswersAreCut(t *testing.T) {
	for name, sent := range map[string]string{
		"a head that is too large": "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("0123456789", 5<<10),
		"a broken one":             "HTTP/1.1 200 OK\nA: " + strings.Repeat("0123456789", 5<<10),
		"two lengths at its end": "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("0123456789", 3<<10) +
			"\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Limits: proxy.Limits{MaxHead: 32 << 10}}})
			origin, client := p.Origin(), p.Client()
			client.Send(getHead)
			at := origin.Accept().Quiet()
			at.ExpectHead()
			_ = at.TrySend(sent)
			client.ExpectStatus(502)
			if x := p.Exchange(1); string(x.Unusable) != sent[:16<<10] {
				t.Errorf("%d bytes kept", len(x.Unusable))
			}
		})
	}
}

// Inside a decrypted connection they are kept alike, but not of a host whose contents
// are never recorded; nor is any while nothing is recorded.
func TestUnusableAnswersThatAreNotKept(t *testing.T) {
	const broken = "HTTP/1.1 200 OK\r\nSet-Cookie: secret\r\nContent-Length: x\r\n\r\n"
	for _, never := range []bool{false, true} {
		o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) {
			if never {
				d.NeverRecord = []string{"127.0.0.1"}
			}
		})
		c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
		c.Send(insideGet)
		at.Expect(insideGet)
		at.Send(broken)
		c.ExpectStatus(502)
		want := broken
		if never {
			want = ""
		}
		if x := o.Exchange(2); string(x.Unusable) != want || x.Failure != flow.FailureBadResponse {
			t.Errorf("never recorded: %v; kept %q", never, x.Unusable)
		}
	}
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	p.Store.SetRecording(false)
	at.Send(broken)
	client.ExpectStatus(502)
	if x := p.Exchange(1); len(x.Unusable) != 0 {
		t.Errorf("recording was off; kept %q", x.Unusable)
	}
}

// What an upstream proxy sends instead of opening a way is kept, for a tunnel and for
// a decrypted one.
func TestUnusableAnswersToConnect(t *testing.T) {
	for name, sent := range map[string]string{
		"no HTTP":         "SSH-2.0-x\r\n",
		"HTTP/0.9":        "<h1>no</h1>\n",
		"four digits":     "HTTP/1.1 2000 OK\r\n\r\n",
		"a 403":           "HTTP/1.1 403 Not Today\r\nContent-Length: 5\r\n\r\nwords",
		"a 101":           "HTTP/1.1 101 x\r\n\r\n",
		"breaks off":      "HTTP/1.1 200 OK\r\nServer: bro",
		"endless":         "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 70_000),
		"endless interim": strings.Repeat("HTTP/1.1 103 x\r\n\r\n", 11),
	} {
		for _, scheme := range []string{"http://", "http://u:p@"} {
			t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
				p, up := chained(t, scheme)
				client := p.Client()
				client.Send("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n")
				at := up.Accept().Quiet()
				at.ExpectHead()
				_ = at.TrySend(sent)
				at.CloseWrite()
				head := client.ExpectStatus(502)
				want := sent
				if name == "endless interim" {
					want = "HTTP/1.1 103 x\r\n\r\n"
				}
				x := p.Exchange(1)
				if string(x.Unusable) != want[:min(len(want), 16<<10)] || string(x.ResponseHead) != head {
					t.Errorf("kept %q beside %q", x.Unusable, x.ResponseHead)
				}
			})
		}
	}
}

// A refused login at an upstream proxy is kept where the settings hold the user, and
// passes, so that nothing beside it is kept, where they hold none.
func TestUnusableAnswersToALogin(t *testing.T) {
	const asks = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"
	for scheme, want := range map[string]string{"http://u:p@": asks, "http://": ""} {
		for _, request := range []string{"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n",
			"GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"} {
			p, up := chained(t, scheme)
			client := p.Client()
			client.Send(request)
			at := up.Accept()
			at.ExpectHead()
			at.Send(asks)
			client.ExpectHead()
			if x := p.Exchange(1); string(x.Unusable) != want {
				t.Errorf("%s: %.8q: kept %q", scheme, request, x.Unusable)
			}
		}
	}
}

// Where the tunnel was said to be open and the upstream proxy is asked once more, the row
// inside has what that sent: an answer, or a login that can no longer be done.
func TestUnusableAnswersToConnectInside(t *testing.T) {
	for _, sent := range []string{"HTTP/1.1 403 Not Today\r\n\r\n", "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n"} {
		o := openThrough(t, "http://")
		client := o.connectTo("a.example:443")
		at := o.acceptThrough("http://")
		client.ExpectStatus(200)
		shakeBoth(o, client, at)
		client.Send(secret)
		at.Expect(secret)
		at.Send(ok2)
		client.Expect(ok2)
		at.Close()
		client.Send(secret)
		again := o.origin.Accept()
		again.ExpectHead()
		again.Send(sent)
		client.ExpectStatus(502)
		if x := o.Exchange(3); string(x.Unusable) != sent {
			t.Errorf("kept %q: %+v", x.Unusable, x.Row)
		}
	}
}
