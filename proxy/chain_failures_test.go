package proxy_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// What goes wrong with an upstream proxy is said in words that name it, and never its password.
func TestUpstreamFailures(t *testing.T) {
	connect := "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"
	get := "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"
	for name, c := range map[string]struct {
		scheme, request string
		answer          []string // sent one after the other, each when something has come
		status          int
		failure         flow.Failure
		words           string
	}{
		"407 with credentials": {"http://u:s3cret@", connect,
			[]string{"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"a, b\"\r\nContent-Length: 0\r\n\r\n"}, 502,
			flow.FailureUpstreamAuth, "does not accept the user and password"},
		"407 without a way": {"http://u:s3cret@", connect,
			[]string{"HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n"}, 502, flow.FailureUpstreamAuth,
			"Negotiate or NTLM, and Posthouse can only do Basic"},
		"407 to a plain request": {"http://u:s3cret@", get,
			[]string{"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\nno"}, 502,
			flow.FailureUpstreamAuth, "does not accept"},
		"403": {"http://", connect, []string{"HTTP/1.1 403 Not Today\r\n\r\n"}, 502, flow.FailureUpstream,
			"403 Not Today"},
		"504": {"http://", connect, []string{"HTTP/1.1 504 Late\r\n\r\n"}, 504,
			flow.FailureConnectTimeout, "504 Late"},
		"no HTTP": {"http://", connect, []string{"SSH-2.0-x\r\n"}, 502, flow.FailureUpstream, "not valid HTTP/1.1"},
		"two lengths in a 403": {"http://", connect, []string{"HTTP/1.1 403 No\nContent-Length: 1\nContent-Length: 2\n\n"}, 502,
			flow.FailureUpstream, "403 No"},
		"a status of four digits": {"http://", connect, []string{"HTTP/1.1 2000 OK\r\n\r\n"}, 502, flow.FailureUpstream, "not valid"},
		"closed":                  {"http://", connect, []string{""}, 502, flow.FailureUpstream, "closed the connection"},
		"endless interim": {"http://", connect, []string{strings.Repeat("HTTP/1.1 103 x\r\n\r\n", 50)}, 502,
			flow.FailureUpstream, "interim"},
		"endless head": {"http://", connect, []string{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 70_000)}, 502,
			flow.FailureUpstream, "too large"},
		"a 101": {"http://", connect, []string{"HTTP/1.1 101 x\r\n\r\n"}, 502, flow.FailureUpstream,
			"switched protocols"},
		"socks: none of these":    {"socks5://u:s3cret@", connect, []string{"\x05\xff"}, 502, flow.FailureUpstreamAuth, "takes no user"},
		"socks: auth wanted":      {"socks5://", connect, []string{"\x05\xff"}, 502, flow.FailureUpstreamAuth, "asks for authentication"},
		"socks: method not asked": {"socks5://", connect, []string{"\x05\x02"}, 502, flow.FailureUpstream, "not offered"},
		"socks: wrong password": {"socks5://u:s3cret@", connect, []string{"\x05\x02", "\x01\x01"}, 502, flow.FailureUpstreamAuth,
			"does not accept"},
		"socks: not SOCKS": {"socks5://", connect, []string{"HTTP/1.1 400 x\r\n"}, 502, flow.FailureUpstream, "not SOCKS5"},
		"socks: refused": {"socks5://", connect, []string{"\x05\x00", "\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"}, 502,
			flow.FailureRefused, "refused"},
		"socks: unreachable": {"socks5://", get, []string{"\x05\x00", "\x05\x04\x00\x01"}, 502, flow.FailureUnreachable,
			"unreachable"},
		"socks: unknown reply": {"socks5://", connect, []string{"\x05\x00", "\x05\x77\x00\x01"}, 502, flow.FailureUpstream, "code 119"},
		"socks: bad address type": {"socks5://", connect, []string{"\x05\x00", "\x05\x00\x00\x09xxxx"}, 502, flow.FailureUpstream,
			"not SOCKS5"},
		"socks: closed in between": {"socks5://", connect, []string{"\x05\x00", ""}, 502, flow.FailureUpstream, "closed the connection"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			p, up := chained(t, c.scheme)
			up.Serve(func(at *proxytest.Conn) {
				buf := make([]byte, 4<<10)
				for _, text := range c.answer {
					if _, err := at.Net.Read(buf); err != nil || text == "" {
						return
					}
					if at.TrySend(text) != nil {
						return
					}
				}
				_, _ = io.Copy(io.Discard, at.Net)
			})
			client := p.Client()
			client.Send(c.request)
			head := client.ExpectStatus(c.status)
			body := string(client.ExpectN(contentLength(t, head)))
			row := p.Finished(1)
			if row.Failure != c.failure || !strings.Contains(said(row.Reason), c.words) || !strings.Contains(said(row.Reason), up.Addr()) {
				t.Errorf("%v: %s", row.Failure, said(row.Reason))
			}
			if strings.Contains(head+body+said(row.Reason)+row.Upstream, "s3cret") {
				t.Error("the password is told")
			}
			if row.Upstream == "" {
				t.Error("the row does not name the upstream proxy")
			}
			// The client's connection lives on.
			client.Send("GET /nothing HTTP/1.1\r\nHost: {proxy}\r\n\r\n")
			client.ExpectHead()
		})
	}
}

func TestUpstreamThatIsNotThere(t *testing.T) {
	p, up := chained(t, "http://")
	up.Close()
	client := p.Client()
	client.Send("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n")
	client.ExpectStatus(502)
	if row := p.Finished(1); row.Failure != flow.FailureUpstream || !strings.Contains(said(row.Reason), "Is it running?") {
		t.Errorf("row %+v", row)
	}
}

func TestSilentUpstreamTimesOut(t *testing.T) {
	for _, scheme := range []string{"http://", "https://", "socks5://"} {
		t.Run(scheme[:4], func(t *testing.T) {
			p := proxytest.Start(t)
			up := p.Origin()
			config := chainTo(t, scheme+up.Addr())
			config.Timeouts.Dial = 200 * time.Millisecond
			p.Server.Configure(config)
			client := p.Client()
			client.Send("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n")
			up.Accept()
			client.ExpectStatus(504)
			if row := p.Finished(1); row.Failure != flow.FailureUpstream || !strings.Contains(said(row.Reason), "in time") {
				t.Errorf("row %+v", row)
			}
		})
	}
}

// A client that leaves while the upstream proxy says nothing ends the attempt.
func TestClientLeavesWhileTheUpstreamIsSilent(t *testing.T) {
	p, up := chained(t, "socks5://")
	client := p.Client()
	client.Send("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n")
	at := up.Accept()
	at.ExpectN(3)
	client.Reset()
	at.ExpectGone()
	if row := p.Finished(1); row.Failure != flow.FailureClientGone {
		t.Errorf("row %+v", row)
	}
}
