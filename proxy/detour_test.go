package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// detoured is a route whose requests for /x go to an origin of HTTP/1.1 without TLS, as rules say.
func detoured(t *testing.T, more string) (*h2test.Route, *proxytest.Origin) {
	t.Helper()
	route := ruledRoute(t, "")
	origin := route.Proxy.Origin()
	text := fmt.Sprintf("[[rule]]\nname='Stage'\nwhen='path:/x'\nsend = { scheme = 'http', host = '127.0.0.1', port = %d }\n",
		origin.Port()) + more
	route.Configure(func(c *proxy.Config) { c.Rules = ruleSet(t, text) })
	return route, origin
}

// A request goes to another origin while others go where their connection does; the row has both.
func TestRulesSendStreamsElsewhere(t *testing.T) {
	route, other := detoured(t, replaces)
	client, origin := route.Started()
	client.Send(client.Headers(1, on("POST", "/x?q", "x-one: 1", "cookie: a=1", "cookie: b=2")...),
		client.Headers(3, on("GET", "/a")...).End(), h2test.Data(1, "abc").Pad(3))
	origin.ExpectFields(3, on("GET", "/a")...)
	at := other.Accept()
	at.Expect("POST /x?q HTTP/1.1\r\nHost: {origin}\r\nx-one: 1\r\ncookie: a=1; b=2\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
	client.Send(h2test.Data(1, "def"), client.Headers(1, "t: 1").End())
	at.Expect("3\r\ndef\r\n0\r\nt: 1\r\n\r\n")
	at.Send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
	client.ExpectFields(1, ":status: 103", "link: </a>")
	at.Send("HTTP/1.1 200 OK\r\nX-Two:  2\r\nConnection: X-Hop\r\nX-Hop: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ncat\r\n")
	client.ExpectFields(1, ":status: 200", "x-two: 2")
	client.Expect(`DATA 1 "tiger"`)
	at.Send("2\r\nok\r\n0\r\nT: 2\r\n\r\n")
	client.Expect(`DATA 1 "ok"`, "HEADERS 1 END_STREAM t: 2")
	row, x, codes := finishedAt(route, "/x?q")
	if row.Failure != 0 || row.Proto != "HTTP/2.0" || row.Status != 200 ||
		row.Remote.String() != other.Addr() || row.RequestSize != 6 || row.ResponseSize != 5 {
		t.Errorf("%+v", row)
	}
	if want := []flow.ReasonCode{reason.RuleSent, reason.RuleDetour, reason.RuleResponseBody}; !slices.Equal(codes, want) {
		t.Error(codes)
	}
	if !strings.Contains(string(x.RequestHead), ":authority: a.example") ||
		!strings.Contains(string(x.Ruled.Request), "Host: "+other.Addr()) {
		t.Errorf("%q %q", x.RequestHead, x.Ruled.Request)
	}
	origin.Send(origin.Headers(3, ":status: 204").End())
	client.ExpectFields(3, ":status: 204")
	client.Send(client.Headers(5, on("GET", "/x")...).End()) // over the same connection
	at.ExpectHead()
	at.Send(ok2)
	client.ExpectHead(5, ":status: 200")
	client.ExpectBody(5, "ok")
	goesOn(client, origin)
}

// An address is dialled for one request alone, with TLS.
func TestRulesResolveStreams(t *testing.T) {
	route := ruledRoute(t, "")
	route.Configure(func(c *proxy.Config) {
		c.Rules = ruleSet(t, "[[rule]]\nname='R'\nwhen='path:/x'\nresolve = '"+route.Addr()+"'")
	})
	client, origin := route.Started()
	route.ServerTLS().NextProtos = []string{"http/1.1"}
	client.Send(client.Headers(1, on("HEAD", "/x")...).End(), client.Headers(3, on("GET", "/a")...).End())
	origin.ExpectFields(3, on("GET", "/a")...)
	at := route.Accept()
	r, err := http.ReadRequest(bufio.NewReader(at))
	if err != nil || r.Method != "HEAD" || r.Host != "a.example" || at.ConnectionState().ServerName != "a.example" {
		t.Fatalf("%+v %v", r, err)
	}
	_, _ = io.WriteString(at, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")
	client.ExpectFields(1, ":status: 200", "content-length: 7")
	row, _, codes := finishedAt(route, "/x")
	if row.Failure != 0 || !slices.Equal(codes, []flow.ReasonCode{reason.RuleResolved, reason.RuleDetour}) {
		t.Errorf("%+v %v", row, codes)
	}
}

// More requests than there are connections wait for one, and all are answered; long bodies stay within windows.
func TestRulesSendManyStreamsElsewhere(t *testing.T) {
	route, other := detoured(t, "")
	client, _ := route.Started()
	body := strings.Repeat("x", 100_000)
	const streams = 30
	var served sync.WaitGroup
	var mu sync.Mutex
	var conns []*proxytest.Conn
	served.Go(func() {
		for range 16 {
			at := other.Accept().Quiet()
			mu.Lock()
			conns = append(conns, at)
			mu.Unlock()
			served.Go(func() {
				for {
					if _, ok := at.NextHead(); !ok {
						return
					}
					if at.TrySend(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)) != nil {
						return
					}
				}
			})
		}
	})
	w := newWindowed(t, client)
	for i := range uint32(streams) {
		client.Send(client.Headers(1+2*i, on("GET", "/x")...).End())
	}
	ended := 0
	for ended < streams {
		w.over = false
		f, err := w.read()
		if err != nil {
			t.Fatalf("%d ended: %v", ended, err)
		}
		if f.Type == http2.FrameRSTStream {
			t.Fatal(f)
		}
		if w.over {
			ended++
		}
	}
	if len(w.got) != streams*len(body) {
		t.Error(len(w.got))
	}
	client.Close()
	mu.Lock()
	for _, at := range conns {
		at.Close()
	}
	mu.Unlock()
	served.Wait()
}

// A client that calls a request off, or leaves, ends it, and what it waits for; an origin that breaks off ends the stream.
func TestRulesSendStreamsThatEnd(t *testing.T) {
	for what, end := range map[string]func(client, origin *h2test.Peer, at *proxytest.Conn){
		"reset":  func(client, _ *h2test.Peer, _ *proxytest.Conn) { client.Send(h2test.Reset(1, http2.ErrCodeCancel)) },
		"leaves": func(client, _ *h2test.Peer, _ *proxytest.Conn) { client.Close() },
		"broken": func(client, _ *h2test.Peer, at *proxytest.Conn) {
			at.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
			client.ExpectHead(1)
			client.Expect(`DATA 1 "abc"`)
			at.Close()
			client.UntilReset(1, http2.ErrCodeInternal)
		},
		"left behind": func(client, origin *h2test.Peer, _ *proxytest.Conn) {
			origin.Close()
			client.UntilReset(1, http2.ErrCodeInternal)
		},
		"refused": func(client, _ *h2test.Peer, at *proxytest.Conn) {
			at.Close()
			client.ExpectHead(1, ":status: 502")
		},
	} {
		t.Run(what, func(t *testing.T) {
			route, other := detoured(t, "")
			client, origin := route.Started()
			client.Send(client.Headers(1, on("GET", "/x")...).End())
			at := other.Accept()
			at.ExpectHead()
			end(client, origin, at)
			row, _, _ := finishedAt(route, "/x")
			want := map[string]flow.Failure{"reset": flow.FailureClientGone, "leaves": flow.FailureClientGone,
				"broken": flow.FailureTruncated, "left behind": flow.FailureOriginClosed, "refused": flow.FailureOriginClosed}[what]
			if row.Failure != want {
				t.Errorf("%+v", row)
			}
			if what == "reset" || what == "leaves" {
				_ = at.Net.SetReadDeadline(time.Now().Add(proxytest.Deadline))
				if _, err := at.Net.Read(make([]byte, 1)); err == nil {
					t.Error("the origin is asked still")
				}
			}
		})
	}
}

// What follows a body whose length was told has no place in HTTP/1.1: it goes nowhere, and least of all to the other origin.
func TestRulesSendStreamsWithTrailersElsewhere(t *testing.T) {
	route, other := detoured(t, "")
	client, origin := route.Started()
	client.Send(client.Headers(1, on("POST", "/x", "content-length: 3")...), h2test.Data(1, "abc"), client.Headers(1, "t: 1").End())
	at := other.Accept()
	at.Expect("POST /x HTTP/1.1\r\nHost: {origin}\r\ncontent-length: 3\r\n\r\nabc")
	at.Send(ok2)
	client.ExpectHead(1, ":status: 200")
	client.ExpectBody(1, "ok")
	client.Send(client.Headers(3, on("GET", "/a")...).End())
	origin.ExpectFields(3, on("GET", "/a")...)
	goesOn(client, origin)
}

// What was said of a request's priority before it came is not said of the next one, where it goes elsewhere.
func TestRulesSendPrioritizedStreamsElsewhere(t *testing.T) {
	route, other := detoured(t, "[[rule]]\nwhen='path:/w'\ndelay.request='1m'\n")
	client, origin := route.Started()
	client.Send(client.Headers(1, on("GET", "/w")...).End(), h2test.PriorityUpdate(3, "u=1"), client.Headers(3, on("GET", "/x")...).End())
	at := other.Accept()
	at.ExpectHead()
	at.Send(ok2)
	client.ExpectHead(3, ":status: 200")
	client.ExpectBody(3, "ok")
	client.Send(client.Headers(5, on("GET", "/a")...).End())
	origin.ExpectFields(5, on("GET", "/a")...)
	goesOn(client, origin)
}

// What HTTP/2 lets a head be and HTTP/1.1 does not is answered, in the row that there is.
func TestRulesSendOddStreamsElsewhere(t *testing.T) {
	route, other := detoured(t, "")
	route.Configure(func(c *proxy.Config) { c.Limits.MaxHead = 16 << 10 })
	client, origin := route.Started()
	client.Send(client.Headers(1, on("GET", "/x?"+strings.Repeat("x", 9_000), "y: "+strings.Repeat("y", 1000))...).End())
	client.ExpectHead(1, ":status: 414")
	row := route.Proxy.Row(func(r flow.Row) bool { return r.Phase.Final() && strings.HasPrefix(r.Path, "/x?") })
	if row.Failure != flow.FailureBadRequest || row.Status != 414 {
		t.Errorf("%+v", row)
	}
	other.NotAsked()
	client.Send(client.Headers(3, on("GET", "/a")...).End())
	origin.ExpectFields(3, on("GET", "/a")...)
}
