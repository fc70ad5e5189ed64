package upstream

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// step is what happens to an attempt at one address.
type step struct {
	after time.Duration // until it ends; below zero: not before it is called off
	err   error         // nil: it connects
	deaf  bool          // it does not hear that it is called off
}

// script plays the dialer, in the clock of a synctest bubble.
type script struct {
	begin time.Time
	steps map[string]step

	mu     sync.Mutex
	tried  []string // address@milliseconds
	open   int      // attempts under way
	conns  map[string]*watchedConn
	called []string // attempts that were called off
}

// watchedConn tells whether it was closed.
type watchedConn struct {
	net.Conn
	closed bool
}

func (c *watchedConn) Close() error {
	c.closed = true
	return c.Conn.Close()
}

func (s *script) dial(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
	name := a.Addr().String()
	s.mu.Lock()
	s.tried = append(s.tried, name+"@"+time.Since(s.begin).String())
	s.open++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.open--
		s.mu.Unlock()
	}()
	p := s.steps[name]
	var ended <-chan time.Time
	if p.after >= 0 {
		t := time.NewTimer(p.after)
		defer t.Stop()
		ended = t.C
	}
	off := ctx.Done()
	if p.deaf {
		off = nil
	}
	select {
	case <-ended:
	case <-off:
		s.mu.Lock()
		s.called = append(s.called, name)
		s.mu.Unlock()
		return nil, ctx.Err()
	}
	if p.err != nil {
		return nil, p.err
	}
	near, far := net.Pipe()
	_ = far.Close()
	c := &watchedConn{Conn: near}
	s.mu.Lock()
	s.conns[name] = c
	s.mu.Unlock()
	return c, nil
}

// race is one course of dialing several addresses.
type race struct {
	name   string
	addrs  string
	steps  map[string]step
	limit  time.Duration
	tried  string
	winner string
	err    error
	took   time.Duration
}

const never = -1

var refused, route error = syscall.ECONNREFUSED, syscall.ENETUNREACH

var races = []race{
	{
		name: "the first one answers", addrs: "::1 1.1.1.1",
		steps: map[string]step{"::1": {after: 100 * time.Millisecond}},
		tried: "::1@0s", winner: "::1", took: 100 * time.Millisecond,
	}, {
		name: "RFC 8305 5: the first one is silent", addrs: "::1 1.1.1.1 ::2",
		steps: map[string]step{"::1": {after: never}, "1.1.1.1": {after: 20 * time.Millisecond}},
		tried: "::1@0s 1.1.1.1@250ms", winner: "1.1.1.1", took: 270 * time.Millisecond,
	}, {
		name: "the first one answers after the second was tried", addrs: "::1 1.1.1.1",
		steps: map[string]step{"::1": {after: 300 * time.Millisecond}, "1.1.1.1": {after: never}},
		tried: "::1@0s 1.1.1.1@250ms", winner: "::1", took: 300 * time.Millisecond,
	}, {
		name: "a failure starts the next immediately", addrs: "::1 1.1.1.1 ::2",
		steps: map[string]step{"::1": {err: route}, "1.1.1.1": {after: 10 * time.Millisecond, err: refused}, "::2": {}},
		tried: "::1@0s 1.1.1.1@0s ::2@10ms", winner: "::2", took: 10 * time.Millisecond,
	}, {
		name: "a failure behind a silent one", addrs: "::1 1.1.1.1 ::2",
		steps: map[string]step{"::1": {after: never}, "1.1.1.1": {err: refused}, "::2": {}},
		tried: "::1@0s 1.1.1.1@250ms ::2@250ms", winner: "::2", took: 250 * time.Millisecond,
	}, {
		name: "all fail: a refusal is told", addrs: "::1 1.1.1.1 ::2",
		steps: map[string]step{"::1": {err: route}, "1.1.1.1": {err: refused}, "::2": {err: route}},
		tried: "::1@0s 1.1.1.1@0s ::2@0s", err: refused,
	}, {
		name: "all are silent until the limit", addrs: "::1 1.1.1.1", limit: time.Second,
		steps: map[string]step{"::1": {after: never}, "1.1.1.1": {after: never}},
		tried: "::1@0s 1.1.1.1@250ms", err: context.DeadlineExceeded, took: time.Second,
	}, {
		name: "the limit passes before the last is tried", addrs: "::1 1.1.1.1 ::2", limit: 300 * time.Millisecond,
		steps: map[string]step{"::1": {after: never}, "1.1.1.1": {after: never}},
		tried: "::1@0s 1.1.1.1@250ms", err: context.DeadlineExceeded, took: 300 * time.Millisecond,
	}, {
		name: "two connect: the later one is closed", addrs: "::1 1.1.1.1",
		steps: map[string]step{"::1": {after: 260 * time.Millisecond}, "1.1.1.1": {after: 20 * time.Millisecond, deaf: true}},
		tried: "::1@0s 1.1.1.1@250ms", winner: "::1", took: 270 * time.Millisecond,
	}, {
		name: "one address has the whole time", addrs: "::1", limit: time.Second,
		steps: map[string]step{"::1": {after: never}},
		tried: "::1@0s", err: context.DeadlineExceeded, took: time.Second,
	},
}

func TestRaceOfAddresses(t *testing.T) {
	for _, c := range races {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{begin: time.Now(), steps: c.steps, conns: map[string]*watchedConn{}}
				d := Dialer{dialOne: s.dial}
				var addrs []netip.AddrPort
				for a := range strings.FieldsSeq(c.addrs) {
					addrs = append(addrs, netip.AddrPortFrom(netip.MustParseAddr(a), 80))
				}
				ctx := context.Background()
				if c.limit > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.limit)
					defer cancel()
				}
				conn, err := d.connect(ctx, addrs, nil)
				s.check(t, conn, c.winner)
				if took := time.Since(s.begin); !errors.Is(err, c.err) || took != c.took {
					t.Errorf("%v after %v", err, took)
				}
				if got := strings.Join(s.tried, " "); got != c.tried {
					t.Errorf("tried %s", got)
				}
			})
		})
	}
}

// check holds that only the winner is open, and that no attempt goes on.
func (s *script) check(t *testing.T, conn net.Conn, winner string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != 0 {
		t.Errorf("%d attempts are under way", s.open)
	}
	for name, c := range s.conns {
		if c.closed == (name == winner) {
			t.Errorf("%s: closed %v", name, c.closed)
		}
	}
	if winner == "" && conn != nil || winner != "" && conn != net.Conn(s.conns[winner]) {
		t.Errorf("got %v", conn)
	}
}

func TestCancelledDialEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{begin: time.Now(), steps: map[string]step{"::1": {after: -1}, "::2": {after: -1}}, conns: map[string]*watchedConn{}}
		d := Dialer{dialOne: s.dial}
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, err := d.connect(ctx, []netip.AddrPort{netip.MustParseAddrPort("[::1]:1"), netip.MustParseAddrPort("[::2]:1")}, nil)
		if !errors.Is(err, context.Canceled) || time.Since(s.begin) != 50*time.Millisecond || len(s.called) != 1 {
			t.Errorf("%v after %v, %v called off", err, time.Since(s.begin), s.called)
		}
	})
}
