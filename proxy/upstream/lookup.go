package upstream

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

const (
	// resolutionDelay is how long the answers for both families are waited for
	// together (RFC 8305 section 3). Then each is asked for alone, and the one that
	// comes is used: some name servers never answer for AAAA.
	resolutionDelay = 50 * time.Millisecond

	// lastWait is how long further addresses are waited for when all known ones failed.
	lastWait = time.Second
)

// lookup is the search for the addresses of a name. The system is asked for both
// families concurrently, as every program asks: only so do a hosts file with one address,
// mDNS and the order of RFC 6724 mean what they mean elsewhere. Its owner is one
// goroutine; end must be called.
type lookup struct {
	ask     func(network string) ([]netip.Addr, error)
	answers chan answer
	pending int // answers to come
	cancel  context.CancelFunc
	wait    sync.WaitGroup
}

// answer is what was found for both families (whole) or for one.
type answer struct {
	ips   []netip.Addr
	err   error
	whole bool
}

// lookUp begins to look for the addresses of host.
func (d *Dialer) lookUp(ctx context.Context, host string) *lookup {
	ctx, cancel := context.WithCancel(ctx)
	l := &lookup{answers: make(chan answer, 3), cancel: cancel}
	l.ask = func(network string) ([]netip.Addr, error) { return d.resolve(ctx, network, host) }
	l.start("ip")
	return l
}

func (d *Dialer) resolve(ctx context.Context, network, host string) ([]netip.Addr, error) {
	switch {
	case d.lookupOne != nil:
		return d.lookupOne(ctx, network, host)
	case d.Resolver != nil:
		return d.Resolver.LookupNetIP(ctx, network, host)
	}
	return systemResolver.LookupNetIP(ctx, network, host)
}

func (l *lookup) start(network string) {
	l.pending++
	l.wait.Go(func() {
		ips, err := l.ask(network)
		l.answers <- answer{ips, err, network == "ip"}
	})
}

// first waits for the first addresses. The answer for both families decides that there are none.
func (l *lookup) first() ([]netip.Addr, error) {
	late := time.NewTimer(resolutionDelay)
	defer late.Stop()
	for {
		select {
		case a := <-l.answers:
			if ips := l.answered(a); len(ips) > 0 || a.whole {
				return ips, a.err
			}
		case <-late.C:
			l.start("ip4")
			l.start("ip6")
		}
	}
}

// answered takes one answer in. After the one for both families no other is waited for.
func (l *lookup) answered(a answer) []netip.Addr {
	l.pending--
	if a.whole {
		l.pending = 0
	}
	if a.err != nil {
		return nil
	}
	return a.ips
}

// more are the answers to come, nil for none.
func (l *lookup) more() <-chan answer {
	if l == nil || l.pending == 0 {
		return nil
	}
	return l.answers
}

// end calls off what is still looked for, and waits for its end.
func (l *lookup) end() {
	if l != nil {
		l.cancel()
		l.wait.Wait()
	}
}
