package proxy_test

import (
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

const expecting = "POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
const expected = "POST / HTTP/1.1\r\nHost: {origin}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"

func TestExpectContinue(t *testing.T) {
	t.Run("100", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send(expecting)
		at := origin.Accept()
		at.Expect(expected)
		at.Send("HTTP/1.1 100 Go on\r\nA: 1\r\n\r\n")
		client.Expect("HTTP/1.1 100 Go on\r\nA: 1\r\n\r\n")
		client.Send("body")
		at.Expect("body")
		at.Send(ok2)
		client.Expect(ok2)
		client.Send(getHead)
		at.ExpectHead()
	})
	t.Run("body without waiting", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send(expecting + "body")
		at := origin.Accept()
		at.Expect(expected + "body")
		at.Send(ok2)
		client.Expect(ok2)
		client.Send(getHead)
		at.ExpectHead()
	})
	for _, status := range []string{"417 Expectation Failed", "401 No", "200 OK"} {
		t.Run(status, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(expecting)
			at := origin.Accept()
			at.Expect(expected)
			at.Send("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\nno")
			client.Expect("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
			client.ExpectEnd()
			at.ExpectGone()
		})
	}
}

// A client that holds its body back until the origin says so is not late: an
// origin that says nothing is (RFC 9110 sections 10.1.1 and 15.6.5). Once it was
// told to go on, the client has its own time.
func TestWhoIsLateWhenA100IsAwaited(t *testing.T) {
	t.Run("the origin", func(t *testing.T) {
		t.Parallel()
		p := withTimeouts(t, proxy.Timeouts{ClientBody: time.Nanosecond, Response: short})
		origin, client := p.Origin(), p.Client()
		client.Send(expecting)
		at := origin.Accept()
		at.Expect(expected)
		client.ExpectStatus(504)
		at.ExpectGone()
		if row := p.Finished(1); row.Failure != flow.FailureResponseTimeout {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("the client", func(t *testing.T) {
		t.Parallel()
		p := withTimeouts(t, proxy.Timeouts{ClientBody: short, Response: time.Hour})
		origin, client := p.Origin(), p.Client()
		client.Send(expecting)
		at := origin.Accept()
		at.Expect(expected)
		at.Send("HTTP/1.1 100 Continue\r\n\r\n")
		client.Expect("HTTP/1.1 100 Continue\r\n\r\n")
		client.ExpectStatus(408)
		at.ExpectGone()
		if row := p.Finished(1); row.Failure != flow.FailureClientTimeout {
			t.Errorf("row %+v", row)
		}
	})
}

// 1xx are relayed immediately and in order.
func TestInterimResponses(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	for _, head := range []string{"HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nlink: </b>\r\n\r\n",
		"HTTP/1.1 199 ?\r\n\r\n"} {
		at.Send(head)
		client.Expect(head)
	}
	at.Send(ok2)
	client.Expect(ok2)
	if x := p.Exchange(1); !strings.Contains(string(x.Interim), "103 Early Hints") {
		t.Errorf("interim heads recorded: %q", x.Interim)
	}
}

func TestTooManyInterimResponses(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Quiet().Send(getHead)
	at := origin.Accept().Quiet()
	at.ExpectHead()
	at.Send(strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 101))
	for range 100 {
		client.Expect("HTTP/1.1 102 Processing\r\n\r\n")
	}
	client.ExpectStatus(502)
}

const upgrading = "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: " +
	"websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
const upgradeAsked = "GET / HTTP/1.1\r\nHost: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
const switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

// Upgrade passes with bytes glued to either head, and with half-close.
func TestUpgrade(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(upgrading + "glued")
	at := origin.Accept()
	at.Expect(upgradeAsked)
	at.Send(switched + "hello")
	client.Expect(switched + "hello")
	at.Expect("glued")
	client.Send("a")
	at.Expect("a")
	client.CloseWrite()
	at.ExpectEnd()
	at.Send("late")
	client.Expect("late")
	at.Close()
	client.ExpectEnd()
	row := p.Finished(1)
	if row.Kind != flow.KindUpgraded || row.Status != 101 || row.RequestSize != 6 || row.ResponseSize != 9 {
		t.Errorf("row %+v", row)
	}
}

func TestUpgradeDeclined(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(upgrading)
	at := origin.Accept()
	at.Expect(upgradeAsked)
	at.Send(ok2)
	client.Expect(ok2)
	client.Send(getHead)
	at.ExpectHead()
}

func TestSwitchingUnaskedIsRefused(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(switched + "evil")
	client.ExpectStatus(502)
	at.ExpectGone()
	if row := p.Finished(1); row.Failure != flow.FailureBadResponse {
		t.Errorf("row %+v", row)
	}
}
