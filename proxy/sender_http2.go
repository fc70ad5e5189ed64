package proxy

import (
	"context"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
)

// A message over HTTP/2 goes in a stream of a carrier: a connection that the engine serves as it
// serves a client's. Messages of one client (outgoing.Message.Client) that ask for the same
// connection share one, as the requests of a program do; where it takes no more streams another
// one is opened. Of all other messages each has a carrier of its own.

const (
	maxCarriers = 64              // that are shared, of all clients
	openingTime = 5 * time.Second // that a message waits for a carrier which another one opens
	cancelTime  = 2 * time.Second // for a stream to end that was called off, before its carrier does
	maxAgain    = 3               // carriers that a message is sent over where each ends before it is worked on
)

// carriers are those that messages share.
type carriers struct {
	mu  sync.Mutex
	all []*carrier
}

// carrier is a connection of HTTP/2 for messages of Posthouse's own.
type carrier struct {
	srv    *Server
	conn   *conn
	far    *outgoing.Streams
	key    carrierKey
	config *Config // when it was opened: what is sent under another one opens another
	first  *sender

	mu      sync.Mutex
	senders map[uint32]*sender // of streams whose rows have not ended
}

// carrierKey is what messages have in common that share a carrier.
type carrierKey struct {
	client        uint64
	host, sni     string
	port          uint16
	direct, rules bool
	hello         outgoing.Hello
	ja4           flow.JA4
	opening       string
}

// keyOf is the key of a message; shares is false for one that shares none.
func keyOf(m *outgoing.Message) (k carrierKey, shares bool) {
	k = carrierKey{m.Client, m.Host, m.ServerName, m.EffectivePort(), m.Direct, m.Rules, m.Hello, m.JA4, m.Stream.Opening}
	return k, m.Client != 0 && !m.NewConn
}

// inStream sends one message over HTTP/2 and returns its row as it ended. Where a connection that
// carried others ends before this one was worked on it is sent again, which its row says.
func (s *sendings) inStream(ctx context.Context, m *outgoing.Message, sending *outgoing.Sending) flow.Row {
	var was flow.ID
	for again := 0; ; again++ {
		one := newSender(m, sending)
		if was != 0 {
			one.remark = reason.SendAgain.With(strconv.FormatUint(uint64(was), 10))
		}
		c, stream := s.carry(ctx, one, again >= maxAgain)
		switch {
		case ctx.Err() != nil && c == nil:
			end := cancelled(ctx, m)
			return flow.Row{Failure: end.failure, Reason: end.why}
		case c == nil:
			return flow.Row{Failure: flow.FailureLimit, Reason: reason.ConnectionLimit.With()}
		}
		row, unworked := c.await(ctx, one, stream)
		if !unworked || one == c.first || ctx.Err() != nil {
			return row
		}
		s.shared.drop(c)
		was = row.ID
	}
}

// carry gives a message a stream of a carrier. It waits for one that is being opened, and else
// opens one; alone says that it does so in any case. nil is for what ends before, or has no room.
func (s *sendings) carry(ctx context.Context, one *sender, alone bool) (*carrier, uint32) {
	key, shares := keyOf(one.m)
	late := time.NewTimer(openingTime)
	defer late.Stop()
	for ctx.Err() == nil {
		s.shared.mu.Lock()
		var opening *carrier
		if shares && !alone {
			c, stream, opens := s.shared.find(s.srv.config.Load(), key, one)
			if c != nil {
				s.shared.mu.Unlock()
				return c, stream
			}
			opening = opens
		}
		if opening == nil {
			c, stream := s.open(one, key, shares)
			s.shared.mu.Unlock()
			return c, stream
		}
		s.shared.mu.Unlock()
		select {
		case <-opening.far.Opened():
		case <-opening.first.gone:
			s.shared.drop(opening)
		case <-late.C:
			alone = true
		case <-ctx.Done():
		}
	}
	return nil, 0
}

// find gives a message a stream of a carrier that is open; opening is one that is not yet. mu is
// held.
func (a *carriers) find(now *Config, key carrierKey, one *sender) (c *carrier, stream uint32, opening *carrier) {
	for _, c := range slices.Clone(a.all) {
		switch ok := false; {
		case c.key != key:
		case c.config != now:
			a.retire(c)
		case !c.isOpen():
			opening = c
		default:
			if stream, ok = c.send(one); ok {
				return c, stream, nil
			}
			if c.far.Alone(0) { // it takes no more ever
				a.retire(c)
			}
		}
	}
	return nil, 0, opening
}

// retire has no more messages go over a carrier, which ends with the last of them; mu is held.
func (a *carriers) retire(c *carrier) {
	a.all = slices.DeleteFunc(a.all, func(one *carrier) bool { return one == c })
	if c.far.Alone(0) {
		c.far.Close()
	}
}

// isOpen reports whether the other side has said what it takes.
func (c *carrier) isOpen() bool {
	select {
	case <-c.far.Opened():
		return true
	default:
		return false
	}
}

// drop has no more messages go over a carrier.
func (a *carriers) drop(c *carrier) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.retire(c)
}

// open opens a carrier for a message, and for others behind it where it is shared; shared.mu is
// held. Where there are many, those that carry nothing end.
func (s *sendings) open(one *sender, key carrierKey, shared bool) (*carrier, uint32) {
	near, far := net.Pipe()
	c := &carrier{srv: s.srv, conn: s.conn(near, one), far: outgoing.NewStreams(far, one.m), key: key, config: s.srv.config.Load(),
		first: one, senders: map[uint32]*sender{}}
	one.carrier = c
	stream, ok := c.send(one)
	if !ok || !s.srv.run(c.conn) {
		c.far.Close()
		return nil, 0
	}
	if shared = shared && s.makeRoom(); shared {
		s.shared.all = append(s.shared.all, c)
	}
	s.srv.wg.Add(1) // the message's own goroutine is waited for still
	go func() {
		defer s.srv.wg.Done()
		c.far.Run()
		s.shared.drop(c)
	}()
	return c, stream
}

// makeRoom ends carriers that carry nothing where there are as many as may be, and reports whether
// there is room for another; shared.mu is held.
func (s *sendings) makeRoom() bool {
	a := &s.shared
	if len(a.all) < maxCarriers {
		return true
	}
	for _, c := range slices.Clone(a.all) {
		if c.far.Alone(0) {
			a.retire(c)
		}
	}
	return len(a.all) < maxCarriers
}

// send opens a stream for a message; false where there is none to be had.
func (c *carrier) send(one *sender) (stream uint32, ok bool) {
	if c.first.remark.Code == reason.SendOwnHello && one.remark.IsZero() { // whose TLS it shares
		one.remark = c.first.remark
	}
	return c.far.Send(one.m, func(stream uint32) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.senders[stream] = one
	})
}

// await waits for the row of a message to end. unworked says that nobody has worked on it, so that
// it may be sent again.
func (c *carrier) await(ctx context.Context, one *sender, stream uint32) (row flow.Row, unworked bool) {
	defer c.settle(stream)
	done := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case row := <-one.ended:
			return row, isUnworked(row.Reason.Code)
		case <-c.first.gone:
			select {
			case row := <-one.ended:
				return row, isUnworked(row.Reason.Code)
			default:
				return flow.Row{Failure: flow.FailureInternal}, !one.begun.Load()
			}
		case <-done:
			done = nil
			if !c.cancel(ctx, one, stream) {
				end := one.cut.Load()
				return flow.Row{Failure: end.failure, Reason: end.why}, false
			}
			wait := time.NewTimer(cancelTime)
			defer wait.Stop()
			late = wait.C
		case <-late:
			late = nil
			c.conn.end(&ended{flow.FailureClientGone, reason.StreamLeft.With()})
		}
	}
}

// isUnworked reports whether a row ended so that a client asks again (RFC 9113 section 8.7).
func isUnworked(code flow.ReasonCode) bool {
	return code == reason.H2Unworked || code == reason.H2AskAgain || code == reason.H2Ending
}

// cancel calls a message off: its carrier ends where it carries nothing else. It reports false
// where there will be no row.
func (c *carrier) cancel(ctx context.Context, one *sender, stream uint32) (known bool) {
	end := cancelled(ctx, one.m)
	one.cut.Store(end)
	a := &c.srv.sendings.shared
	a.mu.Lock()
	alone := c.far.Alone(stream)
	if alone {
		a.retire(c) // so that no other one comes
	}
	a.mu.Unlock()
	if alone {
		c.conn.end(end)
		return true
	}
	return c.far.Cancel(stream)
}

// settle forgets a message whose row has ended, and ends a carrier that carries nothing else.
func (c *carrier) settle(stream uint32) {
	c.far.Settle(stream)
	c.mu.Lock()
	delete(c.senders, stream)
	c.mu.Unlock()
	a := &c.srv.sendings.shared
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.all, c) && c.far.Alone(0) {
		c.far.Close()
	}
}

// of is the message of a stream.
func (s *sender) of(stream uint32) *sender {
	if s == nil || s.carrier == nil {
		return s
	}
	s.carrier.mu.Lock()
	defer s.carrier.mu.Unlock()
	if one := s.carrier.senders[stream]; one != nil {
		return one
	}
	return s
}

// calledOff is why a stream has ended that its own sender has called off; else failure and why.
func (s *sender) calledOff(failure flow.Failure, why flow.Reason) (flow.Failure, flow.Reason) {
	if s != nil {
		if end := s.cut.Load(); end != nil {
			return end.failure, end.why
		}
	}
	return failure, why
}
