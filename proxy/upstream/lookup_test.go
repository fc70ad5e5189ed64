package upstream

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

var errNone = &net.DNSError{Err: "no such host", IsNotFound: true}

// said is what the resolver says to one question.
type said struct {
	after time.Duration // below zero: nothing, until it is called off
	ips   string
	err   error
}

// scriptedNames plays the resolver, in the clock of a synctest bubble.
type scriptedNames struct {
	begin time.Time
	says  map[string]said // by network

	mu    sync.Mutex
	asked []string // network@milliseconds
	open  int
}

func (s *scriptedNames) lookup(ctx context.Context, network, _ string) ([]netip.Addr, error) {
	s.mu.Lock()
	s.asked = append(s.asked, network+"@"+time.Since(s.begin).String())
	s.open++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.open--
		s.mu.Unlock()
	}()
	a := s.says[network]
	var due <-chan time.Time
	if a.after >= 0 {
		t := time.NewTimer(a.after)
		defer t.Stop()
		due = t.C
	}
	select {
	case <-due:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var ips []netip.Addr
	for ip := range strings.FieldsSeq(a.ips) {
		ips = append(ips, netip.MustParseAddr(ip))
	}
	return ips, a.err
}

const ms = time.Millisecond

var silent6 = map[string]said{"ip": {after: never}, "ip4": {after: 30 * ms, ips: "1.1.1.1"}, "ip6": {after: never}}

var resolutions = []struct {
	name   string
	says   map[string]said
	steps  map[string]step
	asked  string // but for both families
	tried  string
	winner string
	err    error
	took   time.Duration
}{
	{
		name: "both answer soon: nothing else is asked", says: map[string]said{"ip": {after: 40 * ms, ips: "::1 1.1.1.1"}},
		steps: map[string]step{"::1": {after: 10 * ms}}, tried: "::1@40ms", winner: "::1", took: 50 * ms,
	}, {
		name: "RFC 8305 3: AAAA is never answered", says: silent6,
		steps: map[string]step{"1.1.1.1": {after: 10 * ms}}, asked: "ip4 ip6", tried: "1.1.1.1@80ms", winner: "1.1.1.1", took: 90 * ms,
	}, {
		name: "A is never answered", says: map[string]said{"ip": {after: never}, "ip4": {after: never},
			"ip6": {after: 20 * ms, ips: "::1"}},
		steps: map[string]step{"::1": {after: 10 * ms}}, asked: "ip4 ip6", tried: "::1@70ms", winner: "::1", took: 80 * ms,
	}, {
		name: "AAAA comes later and joins", says: map[string]said{"ip": {after: never}, "ip4": {after: 10 * ms, ips: "1.1.1.1 1.1.1.2"},
			"ip6": {after: 40 * ms, ips: "::1 ::2"}},
		steps: map[string]step{"1.1.1.1": {after: never}, "::1": {after: never}, "1.1.1.2": {after: 10 * ms}},
		asked: "ip4 ip6", tried: "1.1.1.1@60ms ::1@310ms 1.1.1.2@560ms", winner: "1.1.1.2", took: 570 * ms,
	}, {
		name: "the answer for both comes later and joins",
		says: map[string]said{"ip": {after: 100 * ms, ips: "::1 1.1.1.1"}, "ip4": {after: 10 * ms, ips: "1.1.1.1"},
			"ip6": {after: never}},
		steps: map[string]step{"1.1.1.1": {after: never}, "::1": {after: 10 * ms}},
		asked: "ip4 ip6", tried: "1.1.1.1@60ms ::1@310ms", winner: "::1", took: 320 * ms,
	}, {
		name:  "an address of the other family comes after a failure",
		says:  map[string]said{"ip": {after: never}, "ip4": {after: 10 * ms, ips: "1.1.1.1"}, "ip6": {after: 200 * ms, ips: "::1"}},
		steps: map[string]step{"1.1.1.1": {err: route}, "::1": {after: 10 * ms}},
		asked: "ip4 ip6", tried: "1.1.1.1@60ms ::1@250ms", winner: "::1", took: 260 * ms,
	}, {
		name: "a refusal does not wait for ever", says: silent6,
		steps: map[string]step{"1.1.1.1": {err: refused}}, asked: "ip4 ip6", tried: "1.1.1.1@80ms", err: refused, took: 80*ms + lastWait,
	}, {
		name:  "nothing more comes after a refusal",
		says:  map[string]said{"ip": {after: 100 * ms, ips: "1.1.1.1"}, "ip4": {after: 10 * ms, ips: "1.1.1.1"}, "ip6": {after: never}},
		steps: map[string]step{"1.1.1.1": {err: refused}}, asked: "ip4 ip6", tried: "1.1.1.1@60ms", err: refused, took: 100 * ms,
	}, {
		name: "one family has none, the other is silent",
		says: map[string]said{"ip": {after: 5 * time.Second, err: errNone}, "ip4": {after: 10 * ms, err: errNone},
			"ip6": {after: never}},
		asked: "ip4 ip6", err: errNone, took: 5 * time.Second,
	}, {
		name: "the name is not known", says: map[string]said{"ip": {after: 40 * ms, err: errNone}}, err: errNone, took: 40 * ms,
	}, {
		name: "nothing answers until the limit", says: map[string]said{"ip": {after: never}, "ip4": {after: never}, "ip6": {after: never}},
		asked: "ip4 ip6", err: context.DeadlineExceeded, took: 10 * time.Second,
	}, {
		name: "no one waits for names when the origin is silent too", says: silent6,
		steps: map[string]step{"1.1.1.1": {after: never}}, asked: "ip4 ip6", tried: "1.1.1.1@80ms", err: context.DeadlineExceeded,
		took: 10 * time.Second,
	},
}

func TestResolution(t *testing.T) {
	for _, c := range resolutions {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				names := &scriptedNames{begin: time.Now(), says: c.says}
				s := &script{begin: names.begin, steps: c.steps, conns: map[string]*watchedConn{}}
				d := Dialer{dialOne: s.dial, lookupOne: names.lookup}
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				r, err := d.Dial(ctx, "a.test", 80)
				if took := time.Since(s.begin); took != c.took {
					t.Errorf("%v after %v", err, took)
				}
				switch {
				case c.err == nil && err != nil || c.err != nil && err == nil:
					t.Errorf("%v", err)
				case c.err == error(errNone):
					if !strings.Contains(err.Error(), "the name is not known") {
						t.Errorf("%v", err)
					}
				case c.err != nil && !errors.Is(err, c.err):
					t.Errorf("%v", err)
				}
				want := "ip@0s"
				for network := range strings.FieldsSeq(c.asked) {
					want += " " + network + "@50ms"
				}
				if got := strings.Join(names.asked, " "); got != want &&
					got != strings.Replace(want, "ip4@50ms ip6@50ms", "ip6@50ms ip4@50ms", 1) {
					t.Errorf("asked %s", got)
				}
				if got := strings.Join(s.tried, " "); got != c.tried {
					t.Errorf("tried %s", got)
				}
				if names.open != 0 {
					t.Errorf("%d look-ups are under way", names.open)
				}
				s.check(t, s.connOf(c.winner), c.winner)
				if r.Conn != nil {
					_ = r.Conn.Close()
				}
			})
		})
	}
}

func (s *script) connOf(name string) net.Conn {
	if c := s.conns[name]; c != nil {
		return c
	}
	return nil
}

// An address of the proxy itself, or one that is denied, is not tried when it is found late.
func TestLateAddressThatIsNotDialed(t *testing.T) {
	for rule, d := range map[string]Dialer{
		"own":    {Own: func(a netip.AddrPort) bool { return a.Addr() == netip.IPv6Loopback() }},
		"denied": {Denied: IsLocal},
	} {
		synctest.Test(t, func(t *testing.T) {
			names := &scriptedNames{begin: time.Now(),
				says: map[string]said{"ip": {after: 100 * ms, ips: "1.1.1.1 ::1"}, "ip4": {ips: "1.1.1.1"}, "ip6": {after: never}}}
			s := &script{begin: names.begin, steps: map[string]step{"1.1.1.1": {after: 70 * ms, err: refused}},
				conns: map[string]*watchedConn{}}
			d.dialOne, d.lookupOne = s.dial, names.lookup
			if _, err := d.Dial(context.Background(), "a.test", 80); !errors.Is(err, refused) ||
				strings.Join(s.tried, " ") != "1.1.1.1@50ms" {
				t.Errorf("%s: %v, tried %v", rule, err, s.tried)
			}
		})
	}
}

// Addresses that join are bounded like those that are there from the start.
func TestJoiningAddressesAreBounded(t *testing.T) {
	var d Dialer
	var late []netip.Addr
	for i := range byte(200) {
		late = append(late, netip.AddrFrom4([4]byte{10, 0, 0, i}))
	}
	first := interleave([]netip.Addr{netip.IPv6Loopback(), late[0]}, 7)
	all := d.join(first, 1, late)
	if len(all) != maxAddresses || all[0] != first[0] || all[1].Addr() != late[1] || all[2] != first[1] {
		t.Errorf("%v", all)
	}
}

// With a real resolver: the name server never answers for AAAA.
func TestDialNameWithoutAnAnswerForAAAA(t *testing.T) {
	origin := listen(t, "127.0.0.1:0")
	for _, silent := range []dnsmessage.Type{dnsmessage.TypeAAAA, dnsmessage.TypeA} {
		d := Dialer{Resolver: nameServerBut(t, map[string][]string{"half.test": {"127.0.0.1", "::1"}}, silent)}
		if silent == dnsmessage.TypeA {
			if ln, err := net.Listen("tcp", "[::1]:0"); err != nil {
				t.Skip(err)
			} else {
				t.Cleanup(func() { _ = ln.Close() })
				origin = netip.MustParseAddrPort(ln.Addr().String())
			}
		}
		r, err := d.Dial(within(t, 4*time.Second), "half.test.", origin.Port()) // a query alone has five
		if err != nil {
			t.Fatal(err)
		}
		if r.Conn.Remote != origin {
			t.Errorf("%v", r.Conn.Remote)
		}
		_ = r.Conn.Close()
	}
}
