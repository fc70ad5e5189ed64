// Package upstream lends connections to origins: it resolves, dials (Happy
// Eyeballs, RFC 8305), goes through another proxy where one is set (HTTP CONNECT,
// RFC 9110 section 9.3.6; SOCKS5, RFC 1928 and 1929), and keeps idle connections
// in a bounded pool. Of the messages that pass it knows only "this
// connection may be used again".
//
// A Dialer and a Pool are safe for concurrent use; a Conn has one borrower.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// Stage is the step of dialing that failed.
type Stage uint8

const (
	StageResolve Stage = iota + 1
	StageConnect
	StageLoop   // the address is the proxy's own
	StageDenied // no address is one that Dialer.Denied lets pass

	// Further steps with an upstream proxy.
	StageTLS    // the handshake with an HTTPS proxy
	StageSpeak  // it does not answer, or not as a proxy of its kind does
	StageAuth   // it wants credentials, or others
	StageTarget // it answers that it cannot or will not reach the target
)

// DialError says which step towards which host failed.
type DialError struct {
	Stage Stage
	Host  string // host:port as asked for; before StageTLS that of the upstream proxy, if there is one
	Proxy string // the upstream proxy without its credentials, "" for none
	Err   error
	Sent  []byte // what the upstream proxy sent instead of opening a way, at most 16 KiB of it; nil for nothing
}

func (e *DialError) Error() string {
	switch e.Stage {
	case StageResolve:
		return fmt.Sprintf("%s has no address: %v", e.Host, e.Err)
	case StageLoop:
		return e.Host + " is this proxy itself"
	case StageDenied:
		return fmt.Sprintf("%s is not to be reached: %v", e.Host, e.Err)
	case StageConnect:
		return fmt.Sprintf("no connection to %s: %v", e.Host, e.Err)
	}
	return fmt.Sprintf("no connection to %s through %s: %v", e.Host, e.Proxy, e.Err)
}

func (e *DialError) Unwrap() error { return e.Err }

// Timeout reports whether the time given for the step was used up.
func (e *DialError) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.Is(e.Err, context.DeadlineExceeded) || errors.As(e.Err, &t) && t.Timeout()
}

// attemptDelay is when the next address is tried beside one that does not answer (RFC 8305 section 5).
const attemptDelay = 250 * time.Millisecond

// maxAddresses bounds how many addresses of one name are tried.
const maxAddresses = 16

// Dialer opens connections. The zero value works.
type Dialer struct {
	Resolver *net.Resolver             // nil: the system's
	Own      func(netip.AddrPort) bool // reports the proxy's own addresses, may be nil
	Denied   func(netip.Addr) bool     // reports addresses that are never connected to; nil: none

	// For tests; nil: TCP, and the Resolver.
	dialOne   func(context.Context, netip.AddrPort) (net.Conn, error)
	lookupOne func(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Result is a new connection and when its steps were done.
type Result struct {
	Conn      *Conn
	Resolved  time.Time // zero if the host was an address
	Connected time.Time
	Mended    flow.Mended // how a proxy's answer to CONNECT broke the rules of HTTP
}

// Dial connects to host (a name, or an address without brackets) and port. The
// context ends it; errors are *DialError.
func (d *Dialer) Dial(ctx context.Context, host string, port uint16) (Result, error) {
	name := net.JoinHostPort(host, fmt.Sprint(port))
	var result Result
	addrs, names, err := d.addresses(ctx, host, port)
	defer names.end()
	if err != nil {
		return result, &DialError{Stage: StageResolve, Host: name, Err: err}
	}
	if names != nil {
		result.Resolved = time.Now()
	}
	if slices.ContainsFunc(addrs, d.isOwn) {
		return result, &DialError{Stage: StageLoop, Host: name}
	}
	if addrs, err = d.permitted(addrs); err != nil {
		return result, &DialError{Stage: StageDenied, Host: name, Err: err}
	}
	conn, err := d.connect(ctx, addrs, names)
	if err != nil {
		return result, &DialError{Stage: StageConnect, Host: name, Err: err}
	}
	result.Connected = time.Now()
	result.Conn = newConn(conn)
	result.Conn.leads = Key{Host: lowerHost(host), Port: port, Outward: d.Denied != nil}
	return result, nil
}

func (d *Dialer) isOwn(a netip.AddrPort) bool { return d.Own != nil && d.Own(a) }

// addresses finds the first addresses of host. More may come from the lookup, which is
// nil for a host that is an address.
func (d *Dialer) addresses(ctx context.Context, host string, port uint16) ([]netip.AddrPort, *lookup, error) {
	if a, meant := http1.HostAddr(host); a.IsValid() {
		return []netip.AddrPort{netip.AddrPortFrom(a, port)}, nil, nil
	} else if meant {
		return nil, nil, reason.New(reason.NameNoAddress) // some resolvers would find one all the same
	}
	local := isLocalhost(host)
	if local {
		host = "localhost"
	}
	names := d.lookUp(ctx, host)
	ips, err := names.first()
	if err != nil && local && ctx.Err() == nil {
		ips, err = loopback, nil
	}
	if err != nil {
		return nil, names, resolveCause(err)
	}
	return interleave(ips, port), names, nil
}

var loopback = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

// isLocalhost reports whether host is localhost or a name below it, which are
// this machine's (RFC 6761 section 6.3) although not every resolver knows them.
// Browsers take them for that by themselves, but behind a proxy they do not look.
func isLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// resolveCause drops what a person need not read of a resolver's error.
func resolveCause(err error) error {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return reason.New(reason.NameUnknown)
	}
	return err
}

// interleave keeps the resolver's order (RFC 6724) but alternates the families (RFC 8305 section 4).
func interleave(ips []netip.Addr, port uint16) []netip.AddrPort {
	var first, second []netip.AddrPort
	for i, ip := range ips {
		ip = ip.Unmap()
		a := netip.AddrPortFrom(ip, port)
		if i == 0 || ip.Is4() == first[0].Addr().Is4() {
			first = append(first, a)
		} else {
			second = append(second, a)
		}
	}
	out := alternate(first, second)
	return out[:min(len(out), maxAddresses)]
}

// alternate takes from both in turn.
func alternate(first, second []netip.AddrPort) []netip.AddrPort {
	out := make([]netip.AddrPort, 0, len(first)+len(second))
	for i := 0; i < max(len(first), len(second)); i++ {
		if i < len(first) {
			out = append(out, first[i])
		}
		if i < len(second) {
			out = append(out, second[i])
		}
	}
	return out
}

// plain dials without keep-alive probes: an idle pooled connection is closed
// long before they would matter, and setting them up costs four system calls.
// They are switched on for one that is waited for, and for tunnels.
var plain = net.Dialer{KeepAlive: -1}

func (d *Dialer) one(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
	if d.dialOne != nil {
		return d.dialOne(ctx, a)
	}
	return plain.DialContext(ctx, "tcp", a.String())
}

type attempt struct {
	conn net.Conn
	err  error
}

// connect tries the addresses; the first connection wins, the others are closed.
// It returns only after every attempt that it started has ended.
func (d *Dialer) connect(ctx context.Context, addrs []netip.AddrPort, names *lookup) (net.Conn, error) {
	switch {
	case len(addrs) == 0:
		return nil, reason.New(reason.NameEmpty)
	case len(addrs) == 1 && names.more() == nil:
		return d.one(ctx, addrs[0])
	}
	return d.race(ctx, addrs, names)
}

// race tries the addresses in turn, each attemptDelay after the one before it,
// or immediately when that has failed (RFC 8305 section 5). Those that are found
// meanwhile join it.
func (d *Dialer) race(ctx context.Context, addrs []netip.AddrPort, names *lookup) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan attempt)
	delay := time.NewTimer(0)
	defer delay.Stop()
	var won attempt
	var last <-chan time.Time // until when others are waited for, since all known addresses failed
	for started, ended := 0, 0; ; {
		next, more := delay.C, names.more()
		over := won.conn != nil || ctx.Err() != nil && started > 0
		if over {
			more = nil
		}
		if over || started == len(addrs) {
			next = nil // those under way are waited for
		}
		switch idle := next == nil && ended == started; {
		case idle && more == nil:
			return won.conn, won.failure()
		case !idle:
			last = nil
		case last == nil:
			last = time.After(lastWait)
		}
		select {
		case <-next:
			a := addrs[started]
			started++
			go func() {
				conn, err := d.one(ctx, a)
				results <- attempt{conn, err}
			}()
			delay.Reset(attemptDelay)
		case a := <-more:
			addrs = d.join(addrs, started, names.answered(a))
		case <-last:
			return nil, won.err
		case r := <-results:
			ended++
			if r.err != nil {
				delay.Reset(0)
			}
			if won.settle(r); won.conn != nil {
				cancel()
			}
		}
	}
}

// settle keeps the first connection, and until there is one what a person is told.
func (a *attempt) settle(r attempt) {
	switch {
	case r.err != nil:
		a.err = telling(a.err, r.err)
	case a.conn == nil:
		a.conn = r.conn
	default:
		_ = r.conn.Close()
	}
}

// failure is why there is no connection.
func (a *attempt) failure() error {
	if a.conn != nil {
		return nil
	}
	return a.err
}

// join puts addresses that were found late among those that were not tried yet, in turn with them.
func (d *Dialer) join(addrs []netip.AddrPort, started int, late []netip.Addr) []netip.AddrPort {
	port := addrs[0].Port()
	fresh := slices.DeleteFunc(interleave(late, port),
		func(a netip.AddrPort) bool { return slices.Contains(addrs, a) || d.isOwn(a) || d.denies(a) })
	if len(fresh) == 0 {
		return addrs
	}
	all := append(addrs[:started:started], alternate(fresh, addrs[started:])...)
	return all[:min(len(all), max(started, maxAddresses))]
}

// telling picks which of two failures a person is told. That one family has no
// route here says nothing about the origin; that it refused does.
func telling(a, b error) error {
	if a == nil || socket.IsRefused(b) && !socket.IsRefused(a) {
		return b
	}
	return a
}

// Conn is a connection to an origin, borrowed from or bound for a pool.
type Conn struct {
	*socket.Conn
	Remote         netip.AddrPort
	TLS            *flow.Secure // what TLS agreed on, nil for a plain connection; see Agreed
	CertUnanswered func() bool  // the origin asked for a client certificate and got none; nil for a plain connection
	Used           bool         // it has carried an exchange
	Bound          bool         // it belongs to one client's connection, and is never pooled
	Probed         bool         // keep-alive probes are on; the borrower's to set

	leads      Key
	user       uint64 // the client connection that it was used for last
	idleSince  time.Time
	prev, next *Conn // in the pool's list of idle connections, newest first
	below      *Conn // next older idle connection of the same key
}

// Secured is c with TLS above it; c itself must no longer be used.
func Secured(c *Conn, s *socket.Conn) *Conn {
	return &Conn{Conn: s, Remote: c.Remote, Bound: c.Bound, leads: c.leads}
}

func newConn(c net.Conn) *Conn {
	s := socket.New(c)
	return &Conn{Conn: s, Remote: s.AddrPort()}
}
