package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// smallLoad is many small requests over connections that stay open. Every
// answer is compared, head length and body.
type smallLoad struct {
	in          *instance
	way         way
	authority   string
	connections int
	threads     int
	duration    time.Duration // when it ends,
	requests    int64         // or how many requests it is, if not 0
	numbered    bool          // each request has its own query
}

// loadResult is what came of a smallLoad.
type loadResult struct {
	requests  int64
	resumed   int64 // whose connection took up the client's session,
	reused    int64 // and whose connection to the origin took up one
	seconds   float64
	latencies histogram
}

// lane is one connection with a request under way.
type lane struct {
	*client
	request []byte
	number  []byte // the part of request that is counted up, if any
	in      []byte // the answer as far as it has come
	size    int    // of a whole answer, head and body
	sent    time.Time
}

// run sends requests until the time or the number is reached.
func (l smallLoad) run(ctx context.Context) (*loadResult, error) {
	lanes, err := l.open()
	defer func() {
		for _, lane := range lanes {
			lane.close()
		}
	}()
	if err != nil {
		return nil, err
	}
	left := &atomic.Int64{}
	left.Store(math.MaxInt64)
	if l.requests > 0 {
		left.Store(l.requests)
	}
	ctx, cancel := context.WithTimeout(ctx, l.limit())
	defer cancel()
	parts := make([]loadResult, l.threads)
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	for i := range l.threads {
		var mine []*lane
		for j := i; j < len(lanes); j += l.threads {
			mine = append(mine, lanes[j])
		}
		group.Go(func() error { return drive(ctx, mine, left, &parts[i]) })
	}
	err = group.Wait()
	total := &loadResult{seconds: time.Since(start).Seconds()}
	for i := range parts {
		total.requests += parts[i].requests
		total.latencies.merge(&parts[i].latencies)
	}
	if err == nil && total.requests == 0 {
		err = fmt.Errorf("not one request was answered in %.1f s", total.seconds)
	}
	if err == nil && l.requests > 0 && total.requests < l.requests {
		err = fmt.Errorf("only %d of %d requests were answered in %.0f s", total.requests, l.requests, total.seconds)
	}
	return total, err
}

// countLimit ends a load that is given as a number of requests.
const countLimit = 10 * time.Minute

func (l smallLoad) limit() time.Duration {
	if l.requests > 0 {
		return countLimit
	}
	return l.duration
}

// open connects all lanes; each has one verified answer behind it.
func (l smallLoad) open() ([]*lane, error) {
	var lanes []*lane
	for i := range l.connections {
		c, err := reach(l.in, l.way, l.authority)
		if err != nil {
			return lanes, err
		}
		ln := &lane{client: c}
		lanes = append(lanes, ln)
		ln.prepare(l, i)
		a, err := c.get(ln.request, smallSize)
		if err == nil {
			err = c.verifyBody(smallSize)
		}
		if err != nil {
			return lanes, err
		}
		ln.size = a.head + smallSize
		ln.in = make([]byte, 0, ln.size+1)
		if err := unix.SetNonblock(c.fd, true); err != nil {
			return lanes, err
		}
	}
	return lanes, nil
}

// prepare writes the lane's request.
func (ln *lane) prepare(l smallLoad, i int) {
	if !l.numbered {
		ln.request = requestFor(l.in, l.way, l.authority, smallPath)
		return
	}
	query := fmt.Sprintf("?lane=%03d&n=", i)
	const zeros = "00000000"
	ln.request = requestFor(l.in, l.way, l.authority, smallPath+query+zeros)
	at := bytes.Index(ln.request, []byte(query)) + len(query)
	ln.number = ln.request[at : at+len(zeros)]
}

// countUp adds one to a decimal number.
func countUp(digits []byte) {
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i] < '9' {
			digits[i]++
			return
		}
		digits[i] = '0'
	}
}

// errEnough ends a drive that has sent what there was to send.
var errEnough = errors.New("enough")

// drive keeps a request under way in each lane until ctx ends or left is used up.
func drive(ctx context.Context, lanes []*lane, left *atomic.Int64, result *loadResult) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(poll)
	active := 0
	for i, ln := range lanes {
		event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(i)}
		if err := unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, ln.fd, &event); err != nil {
			return err
		}
		switch err := ln.send(left); {
		case err == errEnough:
		case err != nil:
			return err
		default:
			active++
		}
	}
	events := make([]unix.EpollEvent, len(lanes))
	quiet := time.Now()
	for active > 0 && ctx.Err() == nil {
		n, err := unix.EpollWait(poll, events, 100)
		if err == unix.EINTR || n == 0 && time.Since(quiet) < answerLimit {
			continue
		}
		if err != nil || n == 0 {
			return fmt.Errorf("no answer came for %v: %w", time.Since(quiet).Round(time.Second), errors.Join(err, ctx.Err()))
		}
		quiet = time.Now()
		for _, event := range events[:n] {
			switch err := lanes[event.Fd].advance(left, result, quiet); {
			case err == errEnough:
				active--
			case err != nil:
				return err
			}
		}
	}
	return nil
}

func (ln *lane) send(left *atomic.Int64) error {
	if left.Add(-1) < 0 {
		return errEnough
	}
	ln.sent = time.Now()
	ln.in = ln.in[:0]
	countUp(ln.number)
	return ln.write(ln.request) // small: it fits the socket's buffer
}

var okPrefix = []byte("HTTP/1.1 200")

// advance reads what has come, and sends the next request after a whole answer.
func (ln *lane) advance(left *atomic.Int64, result *loadResult, now time.Time) error {
	for {
		// One byte more than an answer, so that a longer one shows.
		n, err := unix.Read(ln.fd, ln.in[len(ln.in):cap(ln.in)])
		switch {
		case err == unix.EAGAIN:
			return nil
		case err == unix.EINTR:
			continue
		case err != nil:
			return fmt.Errorf("reading an answer: %w", err)
		case n == 0:
			return fmt.Errorf("the connection ended after %d of %d bytes of an answer", len(ln.in), ln.size)
		}
		ln.in = ln.in[:len(ln.in)+n]
		if len(ln.in) < ln.size {
			continue
		}
		if len(ln.in) > ln.size || !bytes.HasPrefix(ln.in, okPrefix) || !bytes.Equal(ln.in[ln.size-smallSize:], smallBody) {
			return fmt.Errorf("wrong answer: %q", ln.in)
		}
		result.requests++
		result.latencies.add(now.Sub(ln.sent).Microseconds())
		return ln.send(left) // edge-triggered: the next answer is a new edge
	}
}

var smallBody = pattern(nil, 0, smallSize)
