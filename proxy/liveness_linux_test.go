package proxy_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// vanish makes the peer deaf and dumb: its kernel drops every segment that
// arrives, so that nothing is acknowledged, as after sleep or a change of network.
func vanish(t *testing.T, c *proxytest.Conn) {
	t.Helper()
	raw, err := c.Net.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	drop := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	var failed error
	if err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop})
	}); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
}

const ask = "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n"

func startImpatient(t *testing.T) *proxytest.Proxy {
	p := proxytest.Start(t)
	p.Server.SetDeadAfter(time.Second)
	return p
}

// A kept connection whose other end has vanished costs seconds, not the minutes
// of the response limit, and the request is sent again.
func TestVanishedKeptConnectionIsReplaced(t *testing.T) {
	p := startImpatient(t)
	origin, client := p.Origin(), p.Client()
	client.Send(ask)
	first := origin.Accept()
	first.ExpectHead()
	first.Send(ok2)
	client.Expect(ok2)
	vanish(t, first)
	client.Send(ask)
	second := origin.Accept()
	second.ExpectHead()
	second.Send(ok2)
	client.Expect(ok2)
	if row := p.Finished(2); row.Failure != flow.FailureNone || row.Timing.Reused {
		t.Errorf("row %+v", row)
	}
	// Both the client's connection and the new one to the origin are sound.
	client.Send(ask)
	second.ExpectHead()
	second.Send(ok2)
	client.Expect(ok2)
}

// What cannot be sent again is answered with words.
func TestVanishedOriginIsTold(t *testing.T) {
	p := startImpatient(t)
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 6\r\n\r\nabc")
	at := origin.Accept()
	at.ExpectThrough("abc")
	vanish(t, at)
	client.Send("def")
	client.ExpectStatus(504)
	if row := p.Finished(1); row.Failure != flow.FailureResponseTimeout || !strings.Contains(said(row.Reason), "vanished") {
		t.Errorf("row %+v", row)
	}
}

func TestVanishedEndOfATunnel(t *testing.T) {
	p := startImpatient(t)
	origin, client := p.Origin(), p.Client()
	client.Send(connect)
	at := origin.Accept()
	client.ExpectStatus(200)
	client.Send("x")
	at.Expect("x")
	vanish(t, at)
	client.Send("y")
	client.ExpectReset()
	if row := p.Finished(1); row.Failure != flow.FailureTruncated || !strings.Contains(said(row.Reason), "vanished") {
		t.Errorf("row %+v", row)
	}
}

// An origin that takes its time, or takes no bytes for a while, is not dead.
func TestSlowOriginIsNotTakenForDead(t *testing.T) {
	p := startImpatient(t)
	origin, client := p.Origin(), p.Client()
	body := strings.Repeat("x", 16<<20) // more than the sockets hold: the origin's window closes
	client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 16777216\r\n\r\n")
	at := origin.Accept().Quiet()
	at.ExpectHead()
	sent := make(chan error, 1)
	go func() {
		_ = client.Net.SetWriteDeadline(time.Now().Add(proxytest.Deadline))
		_, err := client.Net.Write([]byte(body))
		sent <- err
	}()
	client.Silence(3 * time.Second)
	at.ExpectN(len(body))
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	client.Silence(1500 * time.Millisecond)
	at.Send(ok2)
	client.Expect(ok2)
}

// After sleep the kept connections are gone before anyone asks for them.
func TestSleepClosesKeptConnections(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(ask)
	first := origin.Accept()
	first.ExpectHead()
	first.Send(ok2)
	client.Expect(ok2)
	p.Finished(1)
	p.Server.Slept(time.Hour)
	first.ExpectEnd()
	client.Send(ask)
	origin.Accept().ExpectHead()
}
