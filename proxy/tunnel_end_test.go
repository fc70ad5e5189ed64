package proxy_test

import (
	"bytes"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// Forms of CONNECT (RFC 9110 section 9.3.6).
func TestConnectForms(t *testing.T) {
	for name, c := range map[string]struct{ listen, request string }{
		"IPv6":         {"[::1]:0", connect},
		"HTTP/1.0":     {"127.0.0.1:0", "CONNECT {origin} HTTP/1.0\r\n\r\n"},
		"another Host": {"127.0.0.1:0", "CONNECT {origin} HTTP/1.1\r\nHost: other.example\r\n\r\n"},
		"close, as curl sends": {"127.0.0.1:0",
			"CONNECT {origin} HTTP/1.1\r\nHost: {origin}\r\nProxy-Connection: close\r\nConnection: close\r\n\r\n"},
		"a length of 0": {"127.0.0.1:0", "CONNECT {origin} HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 0\r\n\r\n"},
		"credentials":   {"127.0.0.1:0", "CONNECT {origin} HTTP/1.1\r\nHost: {origin}\r\nProxy-Authorization: Basic eA==\r\n\r\n"},
		"Expect and Upgrade too": {"127.0.0.1:0",
			"CONNECT {origin} HTTP/1.1\r\nHost: {origin}\r\nExpect: 100-continue\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.OriginAt(c.listen), p.Client()
			client.Send(c.request + "\x16\x03glued")
			at := origin.Accept()
			client.Expect("HTTP/1.1 200 Connection Established\r\n\r\n") // no framing fields in a 2xx
			at.Expect("\x16\x03glued")
			at.Send("back")
			client.Expect("back")
		})
	}
}

// How a tunnel ends: each end passes as what it is, in its own direction.
var tunnelEnds = map[string]func(client, at *proxytest.Conn){
	"the origin closes immediately": func(client, at *proxytest.Conn) {
		at.Close()
		client.ExpectEnd()
	},
	"the client closes immediately": func(client, at *proxytest.Conn) {
		client.Close()
		at.ExpectEnd()
	},
	"bytes before an end arrive": func(client, at *proxytest.Conn) {
		at.Send("last words")
		at.Close()
		client.Expect("last words")
		client.ExpectEnd()
	},
	"both end": func(client, at *proxytest.Conn) {
		client.CloseWrite()
		at.ExpectEnd()
		at.CloseWrite()
		client.ExpectEnd()
	},
	"reset after the other half ended": func(client, at *proxytest.Conn) {
		client.CloseWrite()
		at.ExpectEnd()
		at.Send("x")
		client.Expect("x")
		at.Reset()
		client.ExpectReset()
	},
	"the client resets after it ended its half": func(client, at *proxytest.Conn) {
		at.CloseWrite()
		client.ExpectEnd()
		client.Send("x")
		at.Expect("x")
		client.Reset()
		at.ExpectReset()
	},
	"late data behind a half-close, in bulk": func(client, at *proxytest.Conn) {
		client.Quiet()
		at.Quiet()
		client.Send("GET")
		client.CloseWrite()
		at.Expect("GET")
		at.ExpectEnd()
		body := bytes.Repeat([]byte("0123456789abcdef"), 1<<17)
		go func() {
			_, _ = at.Net.Write(body)
			_ = at.Net.CloseWrite()
		}()
		client.Expect(string(body))
		client.ExpectEnd()
	},
}

func TestTunnelEnds(t *testing.T) {
	for name, talk := range tunnelEnds {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			client, at := openTunnel(t, p, "")
			talk(client, at)
			client.Close()
			at.Close()
			if row := p.Finished(1); row.Status != 200 || row.Kind != flow.KindTunnel {
				t.Errorf("row %+v", row)
			}
		})
	}
}

// Bulk both ways concurrently neither mixes nor stalls.
func TestTunnelCarriesBulkBothWaysAtOnce(t *testing.T) {
	up, down := make([]byte, 8<<20), make([]byte, 8<<20)
	for i := range up {
		up[i], down[i] = byte(i*i>>9), byte(i*i>>11)
	}
	p := proxytest.Start(t)
	client, at := openTunnel(t, p, "")
	client.Quiet()
	at.Quiet()
	write := func(c net.Conn, b []byte) {
		_ = c.SetWriteDeadline(time.Now().Add(proxytest.Deadline))
		_, _ = c.Write(b)
	}
	go write(client.Net, up)
	go write(at.Net, down)
	got := make(chan bool)
	go func() {
		b, _ := read(client.Net, len(down))
		got <- bytes.Equal(b, down)
	}()
	if b, err := read(at.Net, len(up)); !bytes.Equal(b, up) {
		t.Errorf("altered on the way up (%v)", err)
	}
	if !<-got {
		t.Error("altered on the way down")
	}
}

// A request for the proxy by any address of this machine is a loop, plainly and
// through a tunnel, by name and by number.
func TestLoopByEveryLocalAddress(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Listen: "[::]:0"})
	_, port, _ := net.SplitHostPort(p.Addr())
	hosts := []string{"127.0.0.1", "127.255.255.254", "[::1]", "[::]", "0.0.0.0", "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]",
		"localhost", "LOCALHOST.", "a.localhost"}
	if name, err := os.Hostname(); err == nil {
		if _, err := net.LookupHost(name); err == nil && !strings.Contains(name, "_") {
			hosts = append(hosts, name)
		}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.IsLinkLocalUnicast() { // those need a zone
			continue
		}
		host := n.IP.String()
		if n.IP.To4() == nil {
			host = "[" + host + "]"
		}
		hosts = append(hosts, host)
	}
	for _, host := range hosts {
		client := p.Client().Quiet()
		client.Send("GET http://" + host + ":" + port + "/ HTTP/1.1\r\nHost: x\r\n\r\n")
		if head := client.ExpectHead(); !strings.HasPrefix(head, "HTTP/1.1 508 ") {
			t.Errorf("%s was answered %.60q", host, head)
		}
		tunnel := p.Client().Quiet()
		tunnel.Send("CONNECT " + host + ":" + port + " HTTP/1.1\r\nHost: x\r\n\r\n")
		if head := tunnel.ExpectHead(); !strings.HasPrefix(head, "HTTP/1.1 508 ") {
			t.Errorf("a tunnel to %s was answered %.60q", host, head)
		}
		client.Close()
		tunnel.Close()
	}
	if rows := p.Finished(flow.ID(2 * len(hosts))); rows.Failure != flow.FailureLoop {
		t.Errorf("row %+v", rows)
	}
}

// Another port of the same address is another server, and no loop.
func TestAnOriginBesideTheProxyIsNoLoop(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Listen: "0.0.0.0:0"})
	origin, client := p.Origin(), p.Client()
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		client.Send("GET http://" + host + ":" + strconv.Itoa(origin.Port()) + "/ HTTP/1.1\r\nHost: x\r\n\r\n")
		at := origin.Accept()
		at.ExpectHead()
		at.Send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
		client.Expect(ok2)
	}
}

// A tunnel that does not come about in time is answered, and the connection goes on.
func TestTunnelThatTakesTooLong(t *testing.T) {
	silent := blackHole(t)
	p := withTimeouts(t, proxy.Timeouts{Dial: short})
	client := p.Client()
	for _, request := range []string{"CONNECT " + silent + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET http://" + silent + "/ HTTP/1.1\r\nHost: x\r\n\r\n"} {
		client.Send(request)
		client.ExpectN(contentLength(t, client.ExpectStatus(504)))
	}
	if row := p.Finished(2); row.Failure != flow.FailureConnectTimeout {
		t.Errorf("row %+v", row)
	}
}

// A client that leaves while the origin is dialed is not waited for.
func TestClientLeavesInTheDial(t *testing.T) {
	silent := blackHole(t)
	for _, method := range []string{"GET http://" + silent + "/", "CONNECT " + silent} {
		p := withTimeouts(t, proxy.Timeouts{Dial: -1})
		client := p.Client()
		client.Send(method + " HTTP/1.1\r\nHost: x\r\n\r\n")
		p.Row(func(r flow.Row) bool { return r.ID == 1 })
		client.Reset()
		if row := p.Finished(1); row.Failure != flow.FailureClientGone {
			t.Errorf("row %+v", row)
		}
	}
}
