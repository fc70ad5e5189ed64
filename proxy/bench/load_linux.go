package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
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
	rate        int           // requests a second at most; 0: as many as are answered
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
	ctx, cancel := context.WithTimeout(ctx, l.limit())
	defer cancel()
	parts := make([]loadResult, l.threads)
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	pace := &pace{begun: start, rate: l.rate, requests: l.requests}
	for i := range l.threads {
		var mine []*lane
		for j := i; j < len(lanes); j += l.threads {
			mine = append(mine, lanes[j])
		}
		group.Go(func() error { return drive(ctx, mine, pace, &parts[i]) })
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

// drive keeps a request under way in each lane, as the pace lets it, until ctx or the pace ends.
func drive(ctx context.Context, lanes []*lane, pace *pace, result *loadResult) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(poll)
	d := &driver{pace: pace, active: len(lanes), idle: slices.Clone(lanes)}
	for i, ln := range lanes {
		event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(i)}
		if err := unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, ln.fd, &event); err != nil {
			return err
		}
	}
	events := make([]unix.EpollEvent, len(lanes))
	quiet := time.Now()
	for ctx.Err() == nil {
		if err := d.sendIdle(); err != nil || d.active == 0 {
			return err
		}
		patience := 100 // ms
		if len(d.idle) > 0 {
			patience = 1
		}
		n, err := unix.EpollWait(poll, events, patience)
		if err == unix.EINTR || n == 0 && (time.Since(quiet) < answerLimit || len(d.idle) == d.active) {
			continue
		}
		if err != nil || n == 0 {
			return fmt.Errorf("no answer came for %v: %w", time.Since(quiet).Round(time.Second), errors.Join(err, ctx.Err()))
		}
		quiet = time.Now()
		for _, event := range events[:n] {
			if err := d.advance(lanes[event.Fd], result, quiet); err != nil {
				return err
			}
		}
	}
	return nil
}

// driver is the lanes of one thread.
type driver struct {
	pace   *pace
	active int     // lanes that have or await a request
	idle   []*lane // of them, those that await one
}

// sendIdle sends what is due.
func (d *driver) sendIdle() error {
	for len(d.idle) > 0 {
		switch d.pace.take() {
		case turnLater:
			return nil
		case turnOver:
			d.active -= len(d.idle)
			d.idle = nil
			return nil
		}
		ln := d.idle[len(d.idle)-1]
		d.idle = d.idle[:len(d.idle)-1]
		if err := ln.send(); err != nil {
			return err
		}
	}
	return nil
}

func (ln *lane) send() error {
	ln.sent = time.Now()
	ln.in = ln.in[:0]
	countUp(ln.number)
	return ln.write(ln.request) // small: it fits the socket's buffer
}

var okPrefix = []byte("HTTP/1.1 200")

// advance reads what has come, and sends the next request after a whole answer, if it is due.
func (d *driver) advance(ln *lane, result *loadResult, now time.Time) error {
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
		d.idle = append(d.idle, ln)
		return d.sendIdle() // edge-triggered: the next answer is a new edge
	}
}

var smallBody = pattern(nil, 0, smallSize)
