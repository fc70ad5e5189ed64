package ca

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/proxytest/wallclock"
)

func (c *cache) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entries)
}

func leaf(t testing.TB, a *Authority, name string) *tls.Certificate {
	t.Helper()
	cert, err := a.Leaf(name)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestSiblingsShareALeaf(t *testing.T) {
	a, _ := open(t)
	first := leaf(t, a, "www.example.com")
	for _, name := range []string{"example.com", "static.example.com", "WWW.EXAMPLE.COM."} {
		if leaf(t, a, name) != first {
			t.Errorf("%s has another leaf", name)
		}
	}
	for _, name := range []string{"a.b.example.com", "example.org", "a_b.example.com", "someone.github.io", "127.0.0.1"} {
		if leaf(t, a, name) == first {
			t.Errorf("%s has the leaf of example.com", name)
		}
	}
	if leaf(t, a, "one.github.io") == leaf(t, a, "two.github.io") {
		t.Error("two people's names share a leaf")
	}
	if first.PrivateKey != leaf(t, a, "example.org").PrivateKey {
		t.Error("the leaves have different keys")
	}
}

func TestCacheKeepsToItsBound(t *testing.T) {
	a, _ := open(t)
	kept, lost := leaf(t, a, "kept.test"), leaf(t, a, "lost.test")
	for i := range CacheSize + 50 {
		leaf(t, a, fmt.Sprintf("n%d.test", i))
		if leaf(t, a, "kept.test") != kept {
			t.Fatal("a leaf that is in use went")
		}
		if n := a.cache.len(); n > CacheSize {
			t.Fatalf("%d leaves", n)
		}
	}
	if n, m := a.cache.len(), a.cache.recent.Len(); n != CacheSize || m != CacheSize {
		t.Errorf("%d leaves, %d in the list", n, m)
	}
	if leaf(t, a, "lost.test") == lost {
		t.Error("the oldest leaf is still there")
	}
}

func TestLeafIsMadeOnceForAllThatAsk(t *testing.T) {
	a, _ := open(t)
	var group sync.WaitGroup
	certs := make([]*tls.Certificate, 32)
	start := make(chan struct{})
	for i := range certs {
		group.Go(func() {
			<-start
			certs[i], _ = a.Leaf("one.example.com")
			for j := range 20 { // and others, that push each other around
				if _, err := a.Leaf(fmt.Sprintf("n%d.test", (i*7+j)%50)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	close(start)
	group.Wait()
	for i := range certs {
		if certs[i] == nil || certs[i] != certs[0] {
			t.Fatalf("caller %d has another leaf", i)
		}
	}
	if n := a.cache.len(); n != 51 {
		t.Errorf("%d leaves", n)
	}
}

// An entry that is pushed out while it is being made still answers those who
// wait for it, and does not come back.
func TestEntryPushedOutWhileItIsMade(t *testing.T) {
	a, now := open(t)
	s := subject{family: family{name: "slow.test"}}
	e, mine := a.cache.enter(s, *now)
	if !mine {
		t.Fatal("it is there already")
	}
	waiter, mine := a.cache.enter(s, *now)
	if mine || waiter != e {
		t.Fatal("it is made twice")
	}
	for i := range CacheSize {
		a.cache.enter(subject{family: family{name: fmt.Sprint(i)}}, *now)
	}
	e.err = errors.New("no")
	a.cache.settle(e)
	<-waiter.done
	if n := a.cache.len(); n != CacheSize {
		t.Errorf("%d entries", n)
	}
}

func TestLeafIsRenewedBeforeItExpires(t *testing.T) {
	a, now := open(t)
	first := leaf(t, a, "example.com")
	*now = now.Add(40 * 24 * time.Hour)
	if leaf(t, a, "example.com") != first {
		t.Error("renewed after 40 days already")
	}
	*now = now.Add(25 * 24 * time.Hour)
	second := leaf(t, a, "example.com")
	if second == first || second.Leaf.NotAfter.Sub(*now) < 80*24*time.Hour {
		t.Errorf("not renewed 24 days before its end, or until %v only", second.Leaf.NotAfter)
	}
	if bytes.Equal(first.Leaf.SerialNumber.Bytes(), second.Leaf.SerialNumber.Bytes()) {
		t.Error("both have the same serial number")
	}
	*now = now.Add(-65 * 24 * time.Hour) // the clock was wrong
	if leaf(t, a, "example.com") == second {
		t.Error("a leaf of the future is given out")
	}
}

func TestLeafEndsWithTheCA(t *testing.T) {
	a, now := open(t)
	*now = a.Certificate().NotAfter.Add(-time.Hour)
	cert := leaf(t, a, "example.com")
	if !cert.Leaf.NotAfter.Equal(a.Certificate().NotAfter) {
		t.Errorf("until %v", cert.Leaf.NotAfter)
	}
	*now = a.Certificate().NotAfter
	if _, err := a.Leaf("example.com"); !errors.Is(err, ErrExpired) {
		t.Errorf("a CA past its end signs: %v", err)
	}
	if n := a.cache.len(); n != 0 {
		t.Errorf("%d entries, a failure is kept", n)
	}
}

func TestLeafBeforeTheTimeOfTheCA(t *testing.T) {
	a, now := open(t)
	*now = a.Certificate().NotBefore.Add(-time.Second)
	if _, err := a.Leaf("example.com"); !errors.Is(err, ErrNotYetValid) {
		t.Errorf("a CA before its time signs: %v", err)
	}
	*now = a.Certificate().NotBefore
	if cert := leaf(t, a, "example.com"); cert.Leaf.NotBefore.After(*now) {
		t.Errorf("a leaf of the future: from %v", cert.Leaf.NotBefore)
	}
}

// A computer that sleeps has its wall clock go on, and the other one of Go's times stand still.
func TestLeafIsRenewedByTheWallClock(t *testing.T) {
	now := time.Now()
	a, err := newAuthority(Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	first := leaf(t, a, "example.com")
	now = wallclock.Set(now, 80*24*time.Hour)
	if now.Before(first.Leaf.NotAfter.Add(-20*24*time.Hour)) || time.Until(now) > time.Hour {
		t.Fatalf("both clocks are at %v", now)
	}
	if leaf(t, a, "example.com") == first {
		t.Error("a leaf 10 days before its end is shown, since the computer slept")
	}
}

func BenchmarkLeafCold(b *testing.B) {
	a, _ := open(b)
	names := make([]string, 4*CacheSize)
	for i := range names {
		names[i] = fmt.Sprintf("www.n%d.test", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := a.Leaf(names[i%len(names)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLeafWarm(b *testing.B) {
	a, _ := open(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Leaf("www.example.com"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestWarmLeafCostsAlmostNothing(t *testing.T) {
	a, _ := open(t)
	for name, most := range map[string]float64{"www.example.com": 1, "127.0.0.1": 0, "[::1]": 0, "localhost": 0} {
		leaf(t, a, name)
		if n := testing.AllocsPerRun(100, func() { _, _ = a.Leaf(name) }); n > most {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
