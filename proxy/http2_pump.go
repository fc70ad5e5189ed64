package proxy

import (
	"errors"
	"sync/atomic"

	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// http2Pump passes the frames of one peer to the other. It is one goroutine's alone.
type http2Pump struct {
	c        *http2Conn
	from, to *http2Peer
	toOrigin bool

	greeted bool // the preface, and the first SETTINGS, have passed
	frame   http2Frame

	decoder *http2.Decoder
	section http2.Section
	request http1.Request // memory for the next one's fields
	limits  http2.Limits

	// The field section under way.
	block     []byte       // what came of it
	head      http2.Header // of the frame that it began with; Stream 0 for none
	fragment  http2.Fragment
	priority  [5]byte
	continued int // CONTINUATION frames that it has

	lines      http2Lines    // what has not gone on
	held       int64         // bytes of Server.headBudget
	opening    http2.Opening // of the client's connection
	openedWith string        // the same as text, once a request came
	updates    priorityUpdates
	hint       string // PRIORITY_UPDATE of the request that begins, which the origin was not told of

	headUntil int64 // when the head that has begun is too late, by clock; 0: none has, or it has no limit

	slowed slow // lines that both connections pass because of rules; of who reads the client

	giveBack int64         // bytes of the connection's window that frames took which did not pass
	allowed  atomic.Uint32 // bytes that the sender's table may have, as the other peer has said
	scratch  [http2.HeaderSize + 4]byte
}

// http2Frame is a frame that passes piece by piece.
type http2Frame struct {
	http2.Header
	left     int    // bytes of its payload that are to come
	pad      int    // of them padding, at the end
	skip     int    // and bytes at the begin that say how much
	absorbed bool   // it does not pass
	queued   bool   // it goes into its stream's line
	number   uint32 // the stream's on the other side, where it passes
}

// maxContinuations bounds the frames of one field section: each costs more than its bytes.
const maxContinuations = 128

var errLeaving = errors.New("the connection has served its time")

func (p *http2Pump) init(c *http2Conn, from, to *http2Peer, limits http2.Limits) {
	p.c, p.from, p.to, p.limits = c, from, to, limits
	p.toOrigin = to == &c.origin
	p.decoder = http2.NewDecoder(limits)
	p.lines.pump = p
}

// run passes frames until the peer's connection ends.
func (p *http2Pump) run() error {
	sock := p.from.sock
	sock.Handshook()
	for {
		err := p.passBuffered()
		p.section.Shrink()
		p.returnWindow()
		if p.to.sock != nil {
			p.to.flush()
		}
		if err != nil {
			return err
		}
		if p.over() {
			return errLeaving
		}
		sock.Release()
		(reading{p}).rest()
		if err := (reading{p}).await(); err != nil {
			if p.over() {
				return errLeaving
			}
			return err
		}
		sock.SetBulk(len(sock.Buffered()) >= socket.SmallBuffer/2)
		p.c.heard(p)
	}
}

// returnWindow gives the sender back what frames took that did not pass.
func (p *http2Pump) returnWindow() {
	if n := uint32(p.giveBack); n > 0 {
		p.giveBack = 0
		p.from.send(func(b []byte) []byte { return http2.AppendWindowUpdate(b, 0, n) })
	}
}

// over reports whether the client was told to leave, and has no streams left.
func (p *http2Pump) over() bool {
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	return p.toOrigin && p.c.ending == nil && p.c.leaving && len(p.c.streams) == 0
}

// passBuffered passes on all that has arrived.
func (p *http2Pump) passBuffered() error {
	sock := p.from.sock
	if p.toOrigin && !p.greeted {
		if whole, err := p.preface(); !whole || err != nil {
			return err
		}
	}
	for {
		b := sock.Buffered()
		if p.frame.left > 0 {
			n := min(len(b), p.frame.left)
			if n == 0 {
				return nil
			}
			pieces{p}.piece(nil, b[:n])
			sock.Discard(n)
			continue
		}
		used, err := p.next(b)
		if used == 0 || err != nil {
			return err
		}
		sock.Discard(used)
	}
}

// preface takes what a client's connection begins with (RFC 9113 section 3.4).
func (p *http2Pump) preface() (whole bool, err error) {
	b := p.from.sock.Buffered()
	n := min(len(b), len(http2.Preface))
	if string(b[:n]) != http2.Preface[:n] {
		return false, &http2.Error{Code: http2.ProtocolError, Why: reason.H2Preface.With()}
	}
	if n < len(http2.Preface) {
		return false, nil
	}
	if len(b) > n+3 && http2.Type(b[n+3]) != http2.Settings {
		return false, errNoSettings
	}
	if len(b) < n+http2.HeaderSize {
		return false, nil // with what follows, as clients send it
	}
	if p.to.sock != nil {
		p.to.mu.Lock()
		p.to.pass(b[:n], true)
		p.to.mu.Unlock()
	}
	p.from.sock.Discard(n)
	return true, nil
}

var errNoSettings = &http2.Error{Code: http2.ProtocolError, Why: reason.H2NoSettings.With()}

// next handles the frame that b begins with. It returns how many bytes it took: 0 if
// more must come first.
func (p *http2Pump) next(b []byte) (int, error) {
	if len(b) < http2.HeaderSize {
		return 0, nil
	}
	h := http2.ParseHeader(b)
	if err := p.check(h); err != nil {
		return p.offend(h, b, err)
	}
	if !h.Type.Bounded() {
		return pieces{p}.begin(h, b)
	}
	if int(h.Length) > p.most() {
		return 0, &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2FrameHead.With()}
	}
	size := http2.HeaderSize + int(h.Length)
	if len(b) < size {
		return 0, nil
	}
	if err := p.control(h, b[:size]); err != nil {
		return p.offend(h, b, err)
	}
	return size, nil
}

// check refuses a frame by its header, and by what must come.
func (p *http2Pump) check(h http2.Header) error {
	if err := h.Check(p.to.largest.Load(), p.toOrigin); err != nil {
		return err
	}
	switch {
	case !p.greeted && (h.Type != http2.Settings || h.Has(http2.FlagAck)):
		return errNoSettings
	case p.head.Stream != 0 && (h.Type != http2.Continuation || h.Stream != p.head.Stream):
		return &http2.Error{Code: http2.ProtocolError, Why: reason.H2FrameInside.With()}
	case p.head.Stream == 0 && h.Type == http2.Continuation:
		return &http2.Error{Code: http2.ProtocolError, Why: reason.H2Continuation.With()}
	}
	p.greeted = true
	return nil
}

// offend acts on a broken rule: one of a stream alone resets it, and skips the frame.
func (p *http2Pump) offend(h http2.Header, b []byte, err error) (int, error) {
	var bad *http2.Error
	if !errors.As(err, &bad) || bad.Stream == 0 {
		return 0, err
	}
	if h.Type == http2.Headers || h.Type == http2.Continuation || h.Type == http2.PushPromise {
		return 0, &http2.Error{Code: bad.Code, Why: bad.Why} // its field section was not read
	}
	size := http2.HeaderSize + int(h.Length)
	if len(b) < size {
		return 0, nil
	}
	return size, p.c.refuse(p, bad)
}

// control handles a whole frame of any type but DATA; b begins with its header.
func (p *http2Pump) control(h http2.Header, b []byte) error {
	payload := b[http2.HeaderSize:]
	if p.toOrigin {
		p.opening.Frame(h, payload)
	}
	switch h.Type {
	case http2.Headers, http2.PushPromise:
		return p.startSection(h, payload)
	case http2.Continuation:
		return p.continueSection(h, payload)
	case http2.Settings:
		return p.settings(h, b)
	case http2.WindowUpdate:
		return p.windowUpdate(h, payload)
	case http2.ResetStream:
		return p.resetStream(h, b)
	case http2.GoAway:
		return p.goAway(b)
	case http2.Ping:
		return p.ping(h, b)
	case http2.Priority:
		if err := http2.CheckPriority(h, payload); err != nil {
			return err
		}
		p.forwardOf(h.Stream, b)
		return nil
	case http2.PriorityUpdate:
		if err := http2.CheckPriorityUpdate(payload); err != nil {
			return err
		}
		if !p.toOrigin || (requests{p}).reprioritize(payload) {
			stream, _ := http2.PriorityUpdated(payload)
			p.forwardOf(stream, b)
		}
		return nil
	}
	p.forward(b)
	return nil
}

// forward passes a whole frame as it came.
func (p *http2Pump) forward(b []byte) {
	if p.to.sock == nil {
		return
	}
	p.to.mu.Lock()
	p.to.pass(b, true)
	p.to.mu.Unlock()
	if !p.toOrigin && p.c.own.any.Load() { // which may have waited for the origin's SETTINGS
		p.c.mu.Lock()
		ownAnswers{p.c}.resume()
		p.c.mu.Unlock()
	}
}

// startSection begins a field section (RFC 9113 section 4.3).
func (p *http2Pump) startSection(h http2.Header, payload []byte) error {
	f, err := http2.ParseFragment(h, payload)
	if err != nil {
		return err
	}
	if h.Has(http2.FlagEndHeaders) {
		return p.endSection(h, &f, f.Block)
	}
	p.head, p.fragment, p.continued = h, f, 0
	if f.Priority != nil {
		p.priority = [5]byte(f.Priority)
		p.fragment.Priority = p.priority[:]
	}
	p.fragment.Block = nil
	p.block = append(p.block[:0], f.Block...)
	return nil
}

func (p *http2Pump) continueSection(h http2.Header, payload []byte) error {
	p.continued++
	if len(p.block)+len(payload) > p.most() || p.continued > maxContinuations {
		return &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2SectionLong.With()}
	}
	if n := len(p.block) + len(payload); n > socket.LargeBuffer {
		if err := (reading{p}).hold(2 * n); err != nil { // with what append takes beforehand
			return err
		}
	}
	p.block = append(p.block, payload...)
	if !h.Has(http2.FlagEndHeaders) {
		return nil
	}
	first, block := p.head, p.block
	p.head = http2.Header{}
	err := p.endSection(first, &p.fragment, block)
	if p.block = p.block[:0]; cap(p.block) > socket.SmallBuffer {
		p.block = nil
	}
	return err
}

// endSection handles a whole field section.
func (p *http2Pump) endSection(h http2.Header, f *http2.Fragment, block []byte) error {
	p.decoder.Allow(p.allowed.Load())
	if err := p.decoder.Decode(block, &p.section); err != nil {
		return err
	}
	if n := len(p.section.Text); n > socket.LargeBuffer && (reading{p}).hold(2*n+cap(block)) != nil {
		p.section.Over = true // answered as one that is too long
	}
	switch {
	case h.Type == http2.PushPromise:
		return responses{p}.promise(h, f)
	case p.toOrigin:
		return requests{p}.requestSection(h, f)
	}
	return responses{p}.responseSection(h, f)
}

// fieldsOf fills a request with the section's fields.
func (p heads) fieldsOf(req *http1.Request, r *http2.Request) {
	s := &p.section
	s.Text = append(s.Text, "\r\n"...)
	req.Begin(s.Text, p.value(":method"), p.value(":path"))
	for i := range s.Fields {
		if f := &s.Fields[i]; !f.IsPseudo() {
			line := s.Line(i)
			req.Add(line[:len(f.Name)], line[len(f.Name)+2:len(line)-2], line)
		}
	}
	if r.Method == "CONNECT" && req.Target == nil {
		req.Target = p.value(":authority")
	}
}

// value is where a field's value stands in the section's text, nil for none.
func (p heads) value(name string) []byte {
	s := &p.section
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			line := s.Line(i)
			return line[len(name)+2 : len(line)-2]
		}
	}
	return nil
}
