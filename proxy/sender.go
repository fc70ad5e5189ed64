package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// What Posthouse itself sends goes through the engine as what a client sends. In place of a
// client's socket there is one end of a pipe, whose other end outgoing.Speak has.

// maxSendings bounds the messages of Posthouse's own that are under way.
const maxSendings = 128

// sendings counts them, and remembers as whom they are shown.
type sendings struct {
	srv     *Server
	shared  carriers
	count   atomic.Int32
	program sync.Once
	process *capture.ClientProcess
}

// self is the program that rows of Posthouse's own name.
func (s *sendings) self() *capture.ClientProcess {
	s.program.Do(func() {
		s.process = new(capture.ClientProcess)
		path, _ := os.Executable()
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			path = resolved
		}
		s.process.Set(flow.App{Name: "Posthouse", Path: path, PID: int32(os.Getpid())})
	})
	return s.process
}

// Send has the engine send a message of Posthouse's own, through everything that a request
// of a client goes through, and with a row, also while recording is paused. It returns when
// the message is under way; the error says why it cannot be. What is under way ends with
// ctx, and with Shutdown.
func (s *Server) Send(ctx context.Context, m outgoing.Message) (*outgoing.Sending, error) {
	if m.FixLength {
		m = m.Fixed()
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	if n := s.sendings.count.Add(1); n > maxSendings {
		s.sendings.count.Add(-1)
		return nil, reason.New(reason.SendMany, strconv.Itoa(maxSendings))
	}
	s.mu.Lock()
	if s.closing.Load() {
		s.mu.Unlock()
		s.sendings.count.Add(-1)
		return nil, ErrServerClosed
	}
	s.wg.Add(1)
	s.mu.Unlock()
	ctx, stop := context.WithCancelCause(ctx)
	sending := outgoing.NewSending(func() { stop(nil) })
	if m.Timeout > 0 {
		sending.Limit(m.Timeout, func() { stop(errSendLate) })
	}
	go func() {
		defer s.wg.Done()
		defer s.sendings.count.Add(-1)
		defer stop(nil)
		sending.End(s.sendings.all(ctx, &m, sending))
	}()
	return sending, nil
}

var errSendLate = errors.New("the time for it is over")

// all sends a message and follows where its answers lead.
func (s *sendings) all(ctx context.Context, m *outgoing.Message, sending *outgoing.Sending) (r outgoing.Result) {
	for follows := m.Follow; ; {
		r.Row = s.once(ctx, m, sending)
		r.Hops = append(r.Hops, r.Row.ID)
		if follows == 0 || r.Row.Status < 300 || r.Row.Status > 399 || r.Row.Failure != flow.FailureNone {
			return r
		}
		answer, _ := s.srv.store.Get(r.Row.ID)
		answer.ID, answer.Status = r.Row.ID, r.Row.Status
		next, leads, err := m.Redirected(&answer)
		switch {
		case err != nil:
			r.Problem = err
			return r
		case !leads:
			return r
		case m.Follow == 0:
			r.Problem = reason.New(reason.SendRedirects, strconv.Itoa(follows))
			return r
		}
		m = &next
	}
}

// once sends one message and returns its row as it ended.
func (s *sendings) once(ctx context.Context, m *outgoing.Message, sending *outgoing.Sending) flow.Row {
	if m.Protocol == outgoing.HTTP2 {
		return s.inStream(ctx, m, sending)
	}
	near, far := net.Pipe()
	one := newSender(m, sending)
	c := s.conn(near, one)
	if !s.srv.run(c) {
		_ = far.Close()
		return flow.Row{Failure: flow.FailureLimit, Reason: reason.ConnectionLimit.With()}
	}
	var speaks sync.WaitGroup
	speaks.Go(func() {
		outgoing.Speak(far, m, func(head, early []byte) { one.upgraded(c, &upgradedConn{Conn: far, early: early}, head, sending) })
	})
	defer speaks.Wait()
	defer func() { _ = far.Close() }()
	for {
		select {
		case row := <-one.ended:
			return row
		case <-one.gone:
			select {
			case row := <-one.ended:
				return row
			default:
				return flow.Row{Failure: flow.FailureInternal}
			}
		case <-ctx.Done():
			c.end(cancelled(ctx, m))
			ctx = context.Background()
		}
	}
}

// cancelled is why a message ends whose time, or whose sender's patience, is over.
func cancelled(ctx context.Context, m *outgoing.Message) *ended {
	if context.Cause(ctx) == errSendLate {
		return &ended{flow.FailureResponseTimeout, reason.SendLate.With(m.Timeout)}
	}
	return &ended{flow.FailureClientGone, reason.SendCancelled.With()}
}

// sender is what Posthouse itself sends over a connection. A nil one is of a client's.
type sender struct {
	m         *outgoing.Message
	authority http1.Authority
	sent      capture.Sent
	remark    flow.Reason     // for the row, where the exchange does not fail
	rec       *capture.Record // of a request over HTTP/2, which begins before its stream; nil once that has it
	early     bool            // it had such a record, which knows of its connection
	odd       bool            // its head is no HTTP that can be read in one way
	ended     chan flow.Row   // gets the row as it ended
	gone      chan struct{}   // closed when the connection has ended whose first message it is

	carrier *carrier              // of that connection where it speaks HTTP/2
	begun   atomic.Bool           // it has its row
	cut     atomic.Pointer[ended] // why its stream alone was called off
}

// newSender is a message on its way, with the row that it gets.
func newSender(m *outgoing.Message, sending *outgoing.Sending) *sender {
	s := &sender{m: m, ended: make(chan flow.Row, 1), gone: make(chan struct{}),
		authority: http1.Authority{Text: []byte(m.Authority()), Host: []byte(m.Host), Port: m.EffectivePort(),
			Literal: strings.ContainsRune(m.Host, ':')}}
	s.sent = capture.Sent{From: m.From, Ended: func(row flow.Row) { s.ended <- row }, Began: func(id flow.ID) {
		s.begun.Store(true)
		sending.Begin(id)
	}}
	if m.From != 0 && m.Chunked() && m.Body.Len() > 0 {
		s.remark = reason.SendChunked.With()
	}
	return s
}

// conn is the engine's end of a connection for a message, and maybe for others behind it.
func (s *sendings) conn(near net.Conn, first *sender) *conn {
	c := &conn{srv: s.srv, id: s.srv.lastClient.Add(1), socket: socket.New(near), process: s.self(), sender: first}
	if first.m.Client != 0 {
		c.id = 1<<63 | first.m.Client // no client's from elsewhere
	}
	c.watch.stage(s.srv.config.Load().Timeouts.ClientHead)
	return c
}

// raw reports whether the bytes of the head go out as they stand.
func (s *sender) raw() bool { return s != nil && s.m.Protocol == outgoing.HTTP1 && !s.m.AsClient }

// ruled reports whether a person's rules apply.
func (s *sender) ruled() bool { return s == nil || s.m.Rules && !s.odd }

// direct reports whether it goes around the upstream proxy.
func (s *sender) direct() bool { return s != nil && s.m.Direct }

// hooks are what a record is begun with.
func (s *sender) hooks() *capture.Sent {
	if s == nil {
		return nil
	}
	return &s.sent
}

// alone reports whether its connection to the origin is to carry nothing else.
func (s *sender) alone() bool { return s != nil && s.m.NewConn }

// said is what the row says besides.
func (s *sender) said() flow.Reason {
	if s == nil {
		return flow.Reason{}
	}
	return s.remark
}

// takeRecord is the record of a request that began before it was read; nil for none.
func (s *sender) takeRecord() (rec *capture.Record) {
	if s != nil {
		rec, s.rec = s.rec, nil
	}
	return rec
}

// left ends what is left of the sender when its connection has ended, maybe before it stood.
func (s *sender) left(c *conn) {
	if s == nil {
		return
	}
	if rec := s.takeRecord(); rec != nil {
		failure, why := flow.FailureInternal, flow.Reason{}
		if c.wasCut() {
			failure, why = c.cutWhy(reason.StoppedMidway)
		}
		rec.Finish(failure, why, 0, time.Now())
	}
	close(s.gone)
}

// upgraded hands over a connection that speaks another protocol now, or ends it.
func (s *sender) upgraded(c *conn, far *upgradedConn, head []byte, sending *outgoing.Sending) {
	if !s.m.KeepOpen {
		c.end(&ended{flow.FailureNone, reason.SendClosed.With()})
		return
	}
	far.end = func() { c.end(&ended{flow.FailureNone, flow.Reason{}}) }
	sending.Upgrade(outgoing.Upgraded{ReadWriteCloser: far, Head: head})
}

// upgradedConn is the other end of a tunnel that Posthouse itself opened.
type upgradedConn struct {
	net.Conn
	early []byte // read before anything else
	end   func()
}

func (u *upgradedConn) Read(p []byte) (int, error) {
	if len(u.early) > 0 {
		n := copy(p, u.early)
		u.early = u.early[n:]
		return n, nil
	}
	n, err := u.Conn.Read(p)
	if err == io.ErrClosedPipe { // the row has ended, and the pipe with it, before the end was read
		err = io.EOF
	}
	return n, err
}

// Close ends both directions: a peer that says nothing more is not waited for.
func (u *upgradedConn) Close() error {
	defer u.end()
	return u.Conn.Close()
}

var _ io.ReadWriteCloser = (*upgradedConn)(nil)
