package app_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"posthouse/app"
	"posthouse/proxy/proxytest/eventually"
)

// inOwnNetwork runs the test that calls it again, in a network namespace that has
// its own loopback interface and nothing else, and reports whether it is there.
func inOwnNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv("POSTHOUSE_OWN_NETWORK") != "" {
		ip(t, "link", "set", "lo", "up")
		return true
	}
	for _, tool := range []string{"unshare", "ip"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool + ": install util-linux and iproute2")
		}
	}
	if err := exec.Command("unshare", "-rn", "ip", "link", "set", "lo", "up").Run(); err != nil {
		t.Skipf("no network can be made here: %v", err)
	}
	cmd := exec.Command("unshare", "-rn", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=2m", "-test.v")
	cmd.Env = append(os.Environ(), "POSTHOUSE_OWN_NETWORK=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v: %s", args, err, out)
	}
}

// A network that comes, goes and comes again: the address is listened on as soon as
// it is there, and a kept connection to an origin is closed when addresses change,
// before the next request has to find out.
func TestNetworksThatComeAndGo(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	s := lanSettings("192.0.2.8")
	s.LAN.Listen = []string{"192.0.2.7"}
	s.Proxy.Port = 9876 // this network is the test's own
	c := newController(t, app.Options{Settings: &s, Poll: 5 * time.Millisecond})
	c.Start()
	if status := await(t, c, app.Running, app.Failed); status.State != app.Running || status.LANErr == nil {
		t.Fatalf("without the network: %+v", status)
	}
	ip(t, "addr", "add", "192.0.2.7/32", "dev", "lo")
	ip(t, "addr", "add", "192.0.2.8/32", "dev", "lo")
	eventually.Holds(t, "listening once the network is there", func() bool { return len(c.Status().LAN) == 1 })
	mustReach(t, "192.0.2.8", "192.0.2.7:9876")

	origin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = origin.Close() }()
	ended := make(chan time.Time, 4)
	go serveKept(origin, ended)
	get(t, c, origin)
	ip(t, "addr", "del", "192.0.2.7/32", "dev", "lo")
	begun := time.Now()
	select {
	case at := <-ended:
		t.Logf("the kept connection was closed after %v", at.Sub(begun))
	case <-time.After(15 * time.Second):
		t.Fatal("a connection of the network that was is kept")
	}
	get(t, c, origin) // dials
	if err := reach("192.0.2.8", "192.0.2.7:9876"); err == nil {
		t.Error("an address that was removed is reached")
	}
	ip(t, "addr", "add", "192.0.2.7/32", "dev", "lo")
	mustReach(t, "192.0.2.8", "192.0.2.7:9876")
}

// serveKept answers each request and keeps the connection; it tells when one ends.
func serveKept(ln net.Listener, ended chan<- time.Time) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			in := bufio.NewReader(conn)
			for {
				if _, err := http.ReadRequest(in); err != nil {
					ended <- time.Now()
					return
				}
				_, _ = fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			}
		}()
	}
}

// get asks the origin through the proxy, on a new connection.
func get(t *testing.T, c *app.Controller, origin net.Listener) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", c.Addr(), deadline)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(deadline))
	_, _ = fmt.Fprintf(conn, "GET http://%s/ HTTP/1.1\r\nHost: x\r\n\r\n", origin.Addr())
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != 200 {
		t.Fatalf("%v, %v", answer, err)
	}
	_ = answer.Body.Close()
}
