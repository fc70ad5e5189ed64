package upstream

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers over UDP: a name has its addresses, none, or no answer at all (nil).
func nameServer(t *testing.T, names map[string][]string) *net.Resolver {
	t.Helper()
	return nameServerBut(t, names, 0)
}

// nameServerBut is one that never answers questions of a type.
func nameServerBut(t *testing.T, names map[string][]string, silent dnsmessage.Type) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = pc.Close()
		<-done
	})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			if answer := answerQuery(b[:n], names, silent); answer != nil {
				_, _ = pc.WriteTo(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialNameServer(ctx, "udp", pc.LocalAddr().String())
	}}
}

func answerQuery(query []byte, names map[string][]string, silent dnsmessage.Type) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	if q.Type == silent {
		return nil
	}
	addrs, ok := names[strings.TrimSuffix(q.Name.String(), ".")]
	if ok && addrs == nil {
		return nil
	}
	m.Header.Response, m.Header.RecursionAvailable = true, true
	m.Additionals = nil
	if !ok {
		m.Header.RCode = dnsmessage.RCodeNameError
	}
	for _, text := range addrs {
		a := netip.MustParseAddr(text)
		h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	b, _ := m.Pack()
	return b
}

func TestDialName(t *testing.T) {
	origin := listen(t, "127.0.0.1:0")
	d := Dialer{Resolver: nameServer(t, map[string][]string{"origin.test": {"127.0.0.1"}})}
	r, err := d.Dial(within(t, patience), "origin.test.", origin.Port())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Conn.Close() }()
	if r.Conn.Remote != origin || r.Resolved.IsZero() || r.Connected.Before(r.Resolved) {
		t.Errorf("%+v", r)
	}
}

func TestDialNameWithADeadAddress(t *testing.T) {
	origin := listen(t, "127.0.0.1:0")
	d := Dialer{Resolver: nameServer(t, map[string][]string{"two.test": {"127.0.0.2", "127.0.0.1"}})}
	r, err := d.Dial(within(t, patience), "two.test.", origin.Port())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Conn.Close() }()
	if r.Conn.Remote != origin {
		t.Errorf("%v", r.Conn.Remote)
	}
}

func TestDialUnknownName(t *testing.T) {
	d := Dialer{Resolver: nameServer(t, nil)}
	_, err := d.Dial(within(t, patience), "nobody.test.", 80)
	var e *DialError
	if !errors.As(err, &e) || e.Stage != StageResolve || e.Timeout() {
		t.Fatalf("%v", err)
	}
	if want := "nobody.test.:80 has no address: the name is not known"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestDialNameWithoutAddresses(t *testing.T) {
	d := Dialer{Resolver: nameServer(t, map[string][]string{"empty.test": {}})}
	_, err := d.Dial(within(t, patience), "empty.test.", 80)
	var e *DialError
	if !errors.As(err, &e) || e.Stage != StageResolve || e.Timeout() {
		t.Fatalf("%v", err)
	}
}

func TestDialWithASilentNameServer(t *testing.T) {
	d := Dialer{Resolver: nameServer(t, map[string][]string{"silent.test": nil})}
	_, err := d.Dial(within(t, 50*time.Millisecond), "silent.test.", 80)
	var e *DialError
	if !errors.As(err, &e) || e.Stage != StageResolve || !e.Timeout() {
		t.Fatalf("%v", err)
	}
}

func TestDialNameOfTheProxyItself(t *testing.T) {
	d := Dialer{
		Resolver: nameServer(t, map[string][]string{"me.test": {"10.1.1.1", "127.0.0.1"}}),
		Own:      func(a netip.AddrPort) bool { return a == netip.MustParseAddrPort("127.0.0.1:9876") },
	}
	_, err := d.Dial(within(t, patience), "me.test.", 9876)
	var e *DialError
	if !errors.As(err, &e) || e.Stage != StageLoop {
		t.Fatalf("%v", err)
	}
}

// localhost and all below it are this machine, whatever the name server says (RFC 6761 section 6.3).
func TestDialLocalhost(t *testing.T) {
	origin := listen(t, "127.0.0.1:0")
	d := Dialer{Resolver: nameServer(t, map[string][]string{"app.localhost": {"192.0.2.1"}})}
	for _, host := range []string{"localhost", "LocalHost", "localhost.", "app.localhost", "a.B.LOCALHOST."} {
		r, err := d.Dial(within(t, patience), host, origin.Port())
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		if r.Conn.Remote != origin {
			t.Errorf("%s led to %v", host, r.Conn.Remote)
		}
		_ = r.Conn.Close()
	}
	for _, host := range []string{"notlocalhost", "localhost.example", ".localhostx"} {
		if isLocalhost(host) {
			t.Errorf("%s is taken for this machine", host)
		}
	}
}
