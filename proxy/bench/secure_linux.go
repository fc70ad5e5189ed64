package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

const (
	secureConnections = 32
	visitCount        = 100 // hosts of one measurement of first visits
)

// secureClient is a connection with TLS: to the origin itself, or in a tunnel
// that a contender opens and looks into.
type secureClient struct {
	*tls.Conn
	tcp   *net.TCPConn
	early []byte // read with a head, not yet used
}

// secureOptions say how a secureClient connects.
type secureOptions struct {
	limit    time.Time // for all it does
	protocol string    // the only one it offers, "" for http/1.1
	// sessions are those that it may take up, and where it leaves its own; nil
	// for full handshakes.
	sessions tls.ClientSessionCache
}

// reachSecure connects to authority through in.
func reachSecure(in *instance, authority string, o secureOptions) (*secureClient, error) {
	conn, err := net.Dial("tcp", in.addr)
	if err != nil {
		return nil, err
	}
	c := &secureClient{tcp: conn.(*net.TCPConn)}
	host, _, _ := net.SplitHostPort(authority)
	c.Conn = tls.Client(conn, &tls.Config{RootCAs: in.roots, ServerName: host, ClientSessionCache: o.sessions,
		NextProtos: []string{cmp.Or(o.protocol, "http/1.1")}})
	err = conn.SetDeadline(o.limit)
	if err == nil && !in.blind {
		err = openSecureTunnel(conn, authority)
	}
	if err == nil {
		err = c.Handshake()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

func openSecureTunnel(conn net.Conn, authority string) error {
	if _, err := io.WriteString(conn, "CONNECT "+authority+" HTTP/1.1\r\nHost: "+authority+"\r\n\r\n"); err != nil {
		return err
	}
	var buf [1 << 10]byte
	for n := 0; n < len(buf); {
		m, err := conn.Read(buf[n:])
		if err != nil {
			return fmt.Errorf("CONNECT: %w", err)
		}
		n += m
		switch a, ok, err := parseAnswer(buf[:n]); {
		case err != nil:
			return err
		case ok && a.status != 200:
			return fmt.Errorf("CONNECT was answered with %d", a.status)
		case ok && a.head != n:
			return errors.New("bytes came in the tunnel before the client spoke")
		case ok:
			return nil
		}
	}
	return errors.New("the answer to CONNECT does not end")
}

// Read returns what came with a head first.
func (c *secureClient) Read(into []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(into, c.early)
		c.early = c.early[n:]
		return n, nil
	}
	return c.Conn.Read(into)
}

// get sends a request and expects 200 with a body of size bytes to follow.
func (c *secureClient) get(request []byte, size int64) (answer, error) {
	if _, err := c.Write(request); err != nil {
		return answer{}, err
	}
	b := make([]byte, 0, 4<<10)
	for {
		n, err := c.Read(b[len(b):cap(b)])
		if err != nil && n == 0 {
			return answer{}, fmt.Errorf("in the response head %q: %w", b, err)
		}
		b = b[:len(b)+n]
		a, ok, err := parseAnswer(b)
		switch {
		case err != nil:
			return a, err
		case ok && (a.status != 200 || a.length != size):
			return a, fmt.Errorf("the answer is %d with a length of %d, not 200 with %d", a.status, a.length, size)
		case ok:
			c.early = b[a.head:]
			return a, nil
		case len(b) == cap(b):
			return a, errors.New("the response head does not end")
		}
	}
}

// secureRequest is a GET request for a host inside TLS.
func secureRequest(authority, path, more string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n%s\r\n", path, authority, more)
}

// visited is what a visit found.
type visited struct {
	answer
	resumed bool // the client's own session was taken up
}

// visit fetches a file on its own connection and holds it against what it must be.
func visit(in *instance, authority, path string, size int64, sessions tls.ClientSessionCache) (v visited, err error) {
	c, err := reachSecure(in, authority, secureOptions{limit: time.Now().Add(answerLimit), sessions: sessions})
	if err != nil {
		return v, err
	}
	defer c.Close()
	v.resumed = c.ConnectionState().DidResume
	if v.answer, err = c.get(secureRequest(authority, path, ""), size); err != nil {
		return v, err
	}
	if err := verifyBody(c, size); err != nil {
		return v, fmt.Errorf("wrong body: %w", err)
	}
	return v, nil
}

// verifySecure is verify inside TLS.
func verifySecure(in *instance, authority, path string, size int64) (int, error) {
	v, err := visit(in, authority, path, size, nil)
	return v.head + int(size), err
}

// secureMeasure sends small requests over connections that stay.
func secureMeasure(ctx context.Context, b *bench, in *instance) (sample, error) {
	return secureLoad{in: in, authority: b.origin.authority(keeping)}.measure(ctx, b)
}

// freshMeasure sends each over a new connection, to an origin that closes its own, too.
func freshMeasure(resume bool) func(context.Context, *bench, *instance) (sample, error) {
	return func(ctx context.Context, b *bench, in *instance) (sample, error) {
		return secureLoad{in: in, authority: b.origin.authority(closing), fresh: true, resume: resume}.measure(ctx, b)
	}
}

func (l secureLoad) measure(ctx context.Context, b *bench) (sample, error) {
	l.connections, l.duration = secureConnections, b.duration
	var r *loadResult
	return measured(l.in, func() (sample, error) {
		var err error
		if r, err = l.run(ctx); err != nil {
			return nil, err
		}
		requests := float64(r.requests)
		return sample{"rps": requests / r.seconds, "p50": r.latencies.percentile(50), "p99": r.latencies.percentile(99),
			"resumed": 100 * float64(r.resumed) / requests, "reused": 100 * float64(r.reused) / requests}, nil
	}, func(cpu float64, s sample) { s["cpu"] = cpu * 1e6 / float64(r.requests) })
}

// secureLoad is many small requests inside TLS. Every answer is compared, head
// length and body.
type secureLoad struct {
	in          *instance
	authority   string
	connections int
	duration    time.Duration
	fresh       bool // a new connection for each request,
	resume      bool // and the session of the one before is taken up
}

func (l secureLoad) run(ctx context.Context) (*loadResult, error) {
	parts := make([]loadResult, l.connections)
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	var over atomic.Bool
	timer := time.AfterFunc(l.duration, func() { over.Store(true) })
	defer timer.Stop()
	done := func() bool { return over.Load() || ctx.Err() != nil }
	for i := range l.connections {
		group.Go(func() error {
			if l.fresh {
				return l.renew(done, &parts[i])
			}
			return l.keep(done, &parts[i])
		})
	}
	err := group.Wait()
	total := &loadResult{seconds: time.Since(start).Seconds()}
	for i := range parts {
		total.requests += parts[i].requests
		total.resumed += parts[i].resumed
		total.reused += parts[i].reused
		total.latencies.merge(&parts[i].latencies)
	}
	if err == nil && total.requests == 0 {
		err = fmt.Errorf("not one request was answered in %.1f s", total.seconds)
	}
	return total, err
}

// keep sends requests over one connection, one after the other.
func (l secureLoad) keep(done func() bool, result *loadResult) error {
	c, err := reachSecure(l.in, l.authority, secureOptions{limit: time.Now().Add(l.duration + answerLimit)})
	if err != nil {
		return err
	}
	defer c.Close()
	request := secureRequest(l.authority, smallPath, "")
	a, err := c.get(request, smallSize)
	if err == nil {
		err = verifyBody(c, smallSize)
	}
	if err != nil {
		return err
	}
	size := a.head + smallSize
	buf := make([]byte, size+1) // one byte more than an answer, so that a longer one shows
	for !done() {
		sent := time.Now()
		if _, err := c.Write(request); err != nil {
			return err
		}
		n, err := io.ReadAtLeast(c, buf, size)
		if err != nil {
			return fmt.Errorf("after %d of %d bytes of an answer: %w", n, size, err)
		}
		if n > size || string(buf[:len(okPrefix)]) != string(okPrefix) || string(buf[n-smallSize:n]) != string(smallBody) {
			return fmt.Errorf("wrong answer: %q", buf[:n])
		}
		result.requests++
		result.latencies.add(time.Since(sent).Microseconds())
	}
	return nil
}

// renew sends each request over a new connection.
func (l secureLoad) renew(done func() bool, result *loadResult) error {
	var sessions tls.ClientSessionCache
	if l.resume {
		sessions = tls.NewLRUClientSessionCache(1)
		// The first has none to take up.
		if _, err := visit(l.in, l.authority, smallPath, smallSize, sessions); err != nil {
			return err
		}
	}
	for !done() {
		start := time.Now()
		v, err := visit(l.in, l.authority, smallPath, smallSize, sessions)
		if err != nil {
			return err
		}
		result.requests++
		if v.resumed {
			result.resumed++
		}
		if v.reused {
			result.reused++
		}
		result.latencies.add(time.Since(start).Microseconds())
	}
	return nil
}

// firstVisits fetches the small file from hosts that in has not seen yet.
func firstVisits(ctx context.Context, b *bench, in *instance) (sample, error) {
	return measured(in, func() (sample, error) {
		start := time.Now()
		for range visitCount {
			host := b.origin.visitAuthority(in.visited)
			in.visited++
			if _, err := visit(in, host, smallPath, smallSize, nil); err != nil {
				return nil, fmt.Errorf("%s: %w", host, err)
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		return sample{"ms": time.Since(start).Seconds() * 1000 / visitCount}, nil
	}, func(cpu float64, s sample) { s["cpu"] = cpu * 1000 / visitCount })
}

// secureBulk downloads the big file again and again for about the duration.
func secureBulk(ctx context.Context, b *bench, in *instance) (sample, error) {
	var moved int64
	return measured(in, func() (sample, error) {
		start := time.Now()
		for moved == 0 || time.Since(start) < b.duration/2 {
			if err := secureDownload(in, b.origin.authority(keeping)); err != nil {
				return nil, err
			}
			moved += bigSize
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		return sample{"mib": mib(moved) / time.Since(start).Seconds()}, nil
	}, func(cpu float64, s sample) { s["cpu"] = cpu / (mib(moved) / 1024) })
}

// recordShare is how much TLS may add to a body in bulk: 22 bytes for a record
// of at least 1 KiB, as some send them at first, and the head.
const recordShare = 0.03

// secureDownload asks for the big file and for the end of the connection behind
// it, and drops the records inside the kernel: a client that decrypted them
// would be what is measured. Their bytes are counted; what is in them is
// verified before the first and after the last round.
func secureDownload(in *instance, authority string) error {
	c, err := reachSecure(in, authority, secureOptions{limit: time.Now().Add(countLimit)})
	if err != nil {
		return err
	}
	defer c.tcp.Close()
	if _, err := c.Write(secureRequest(authority, bigPath, "Connection: close\r\n")); err != nil {
		return err
	}
	got, err := dropToEnd(c.tcp)
	if err != nil {
		return fmt.Errorf("the download broke off after %d bytes: %w", got, err)
	}
	if got < bigSize || float64(got) > bigSize*(1+recordShare) {
		return fmt.Errorf("%d bytes of records came for a body of %d", got, int64(bigSize))
	}
	return nil
}

// dropToEnd drops what comes (MSG_TRUNC, tcp(7)) and counts it.
func dropToEnd(conn *net.TCPConn) (total int64, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	untouched := make([]byte, 1<<20)
	for {
		var n int
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			for {
				n, _, failed = unix.Recvfrom(int(fd), untouched, unix.MSG_TRUNC)
				if failed != unix.EINTR {
					return failed != unix.EAGAIN
				}
			}
		})
		if err = errors.Join(err, failed); err != nil || n == 0 {
			return total, err
		}
		total += int64(n)
	}
}
