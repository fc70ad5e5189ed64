package proxy

import (
	"errors"
	"slices"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// What comes over a connection that streams are sent over. The engine has checked it as it checks what
// any origin sends, but for windows, which are ours.

// detourReader is the memory of who reads; its alone.
type detourReader struct {
	decoder *http2.Decoder
	section http2.Section
	head    http2.Header // of the section under way; Stream 0: none is
	block   []byte
	most    int // bytes of it
}

var errDetourFrames = errors.New("the engine's own frames cannot be read")

// read takes frames until the connection ends.
func (l *detourConn) read() {
	sock := l.pipe.far
	for {
		used, err := l.next(sock.Buffered())
		sock.Discard(used)
		if used == 0 && err == nil {
			err = fillFrame(sock)
		}
		if err != nil {
			l.finish(err)
			return
		}
	}
}

// fillFrame reads on, up to a whole frame.
func fillFrame(sock *socket.Conn) error {
	if len(sock.Buffered()) == 0 {
		sock.Release()
	}
	err := sock.Fill()
	sock.SetBulk(len(sock.Buffered()) >= socket.SmallBuffer/2)
	if err == socket.ErrFull {
		if err = sock.Grow(http2.HeaderSize + http2.MinFrame); err == nil {
			err = sock.Fill()
		}
	}
	return err
}

// next takes the frame that b begins with; it returns how many bytes that has, 0 where more are to come.
func (l *detourConn) next(b []byte) (int, error) {
	if len(b) < http2.HeaderSize {
		return 0, nil
	}
	h := http2.ParseHeader(b)
	if err := h.Check(http2.MinFrame, false); err != nil {
		return 0, err
	}
	size := http2.HeaderSize + int(h.Length)
	if len(b) < size {
		return 0, nil
	}
	return size, l.frame(h, b[:size])
}

func (l *detourConn) frame(h http2.Header, b []byte) error {
	payload := b[http2.HeaderSize:]
	switch h.Type {
	case http2.Data:
		return l.data(h, contentOf(b))
	case http2.Headers, http2.Continuation:
		return l.section(h, payload)
	case http2.PushPromise: // which nobody has asked for
		return &http2.Error{Code: http2.ProtocolError, Why: reason.H2Push.With()}
	case http2.Settings:
		return l.settings(h, payload)
	case http2.WindowUpdate:
		l.granted(h, payload)
	case http2.Ping:
		return l.ping(h, payload)
	case http2.ResetStream:
		l.reset(h.Stream, http2.ResetCode(payload))
	case http2.GoAway:
		l.goAway(payload)
	}
	return nil
}

// section takes a HEADERS or CONTINUATION frame.
func (l *detourConn) section(h http2.Header, payload []byte) error {
	r := &l.reader
	if h.Type == http2.Headers {
		f, err := http2.ParseFragment(h, payload)
		if err != nil {
			return err
		}
		r.head, r.block, payload = h, r.block[:0], f.Block
	}
	if h.Stream != r.head.Stream || len(r.block)+len(payload) > r.most {
		return errDetourFrames
	}
	r.block = append(r.block, payload...)
	if !h.Has(http2.FlagEndHeaders) {
		return nil
	}
	err := r.decoder.Decode(r.block, &r.section)
	if err == nil {
		l.message(r.head)
	}
	r.head = http2.Header{}
	r.section.Shrink()
	if cap(r.block) > socket.SmallBuffer {
		r.block = nil
	}
	return err
}

// message takes a whole section: an interim head, the final one, or a trailer.
func (l *detourConn) message(h http2.Header) {
	c, s := l.c, &l.reader.section
	c.mu.Lock()
	d := l.streams[h.Stream]
	trailer := d != nil && d.headed
	ends := h.Has(http2.FlagEndStream)
	interim := !trailer && !ends && len(s.Fields) > 0 && strings.HasPrefix(s.Fields[0].Value, "1")
	if d != nil && !interim {
		d.headed = true
	}
	c.mu.Unlock()
	if d == nil {
		return
	}
	fields := slices.Clone(s.Fields)
	switch {
	case s.Over:
		d.refuse(flow.FailureBadResponse, reason.H2Malformed.With(l.origin(), reason.H2HeadLong.With()))
	case interim:
		d.interim(fields)
	case trailer && !d.trailFields(fields), !trailer && !d.begin(fields, ends):
		d.refuse(flow.FailureLimit, reason.RuleDetourFull.With())
	case ends:
		d.whole()
	}
}

// whole notes that all of an answer has come.
func (d *detour) whole() {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.gotAll = true; d.over {
		return
	}
	d.finish(http2.NoError, false)
	if d.sentAll {
		d.on.release(d)
	}
}

// data takes a DATA frame. The connection's window is given back, whatever becomes of it.
func (l *detourConn) data(h http2.Header, content []byte) error {
	c := l.c
	c.mu.Lock()
	d := l.streams[h.Stream]
	l.owed.window += h.Length
	l.signal()
	if d == nil || d.gotAll {
		c.mu.Unlock()
		return nil
	}
	if d.room -= int64(h.Length); d.room < 0 {
		c.mu.Unlock()
		return &http2.Error{Code: http2.FlowControlError, Why: reason.H2WindowSpent.With()}
	}
	ends := h.Has(http2.FlagEndStream)
	fits := d.queue(content, ends)
	d.took(int64(h.Length) - int64(len(content)))
	c.mu.Unlock()
	switch {
	case !fits:
		d.refuse(flow.FailureLimit, reason.RuleDetourFull.With())
	case ends:
		d.whole()
	}
	return nil
}

// queue puts content into the client's line, and reports whether there is room for it; mu is held.
func (d *detour) queue(content []byte, ends bool) bool {
	b := d.down
	size := http2.HeaderSize + len(content)
	switch {
	case b.gone || len(content) == 0 && !ends:
		return true
	case d.x.down == nil || b.c.srv.streamBudget.held.Load()+int64(size) > http2Bodies:
		return false
	}
	h := http2.Header{Length: uint32(len(content)), Type: http2.Data}
	if ends {
		h.Flags, b.over = http2.FlagEndStream, true
	}
	l := b.line()
	l.compact()
	l.frames = append(h.Append(l.frames), content...)
	b.count(size)
	l.data += int64(len(content))
	l.given = l.data
	b.p.lines.move()
	return true
}

// took has the origin send more of a stream, of which so many bytes have gone on; mu is held.
func (d *detour) took(n int64) {
	if d.over { // and x is another stream's, maybe
		return
	}
	if d.x.originEnded {
		d.x.wait(d.x.config.Timeouts.ClientIdle)
	}
	l := d.on
	if l == nil || d.gotAll || d.number == 0 {
		return
	}
	if d.taken += n; d.taken >= detourWindow/4 {
		l.owed.grants = append(l.owed.grants, http2Grant{d.number, uint32(d.taken)})
		d.room += d.taken
		d.taken = 0
		l.signal()
	}
}

// settings takes what the origin announces.
func (l *detourConn) settings(h http2.Header, payload []byte) error {
	if h.Has(http2.FlagAck) {
		return nil
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.owed.acks++; l.owed.acks > detourAnswers {
		return errDetourFlood
	}
	l.signal()
	if !l.greeted {
		l.greeted, l.most = true, http2Streams
		defer l.wakeQueue()
	}
	return http2.EachSetting(payload, false, func(s http2.Setting) error {
		switch s.ID {
		case http2.HeaderTableSize: // whose encoder is a writer's, which may wait
			l.owed.tables = append(l.owed.tables, s.Value)
		case http2.EnableConnectProtocol:
			l.connects = s.Value == 1
		case http2.MaxConcurrentStreams:
			l.most = int(min(s.Value, http2Streams))
			l.admit()
		case http2.InitialWindowSize:
			more := int64(s.Value) - l.peer.initialWindow
			l.peer.initialWindow = int64(s.Value)
			for _, d := range l.streams {
				d.window += more
			}
			l.resume()
		case http2.MaxFrameSize:
			l.peer.maxFrame.Store(s.Value)
		}
		return nil
	})
}

var errDetourFlood = &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2Flood.With()}

// ping answers one.
func (l *detourConn) ping(h http2.Header, payload []byte) error {
	if h.Has(http2.FlagAck) {
		return nil
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if len(l.owed.pings) >= detourAnswers {
		return errDetourFlood
	}
	l.owed.pings = append(l.owed.pings, [8]byte(payload))
	l.signal()
	return nil
}

// granted takes what the origin grants; that it is not too much the engine has seen.
func (l *detourConn) granted(h http2.Header, payload []byte) {
	n, err := http2.Increment(h, payload)
	if err != nil {
		return
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if h.Stream == 0 {
		l.peer.window += int64(n)
		l.resume()
	} else if d := l.streams[h.Stream]; d != nil {
		d.window += int64(n)
		d.resume()
	}
}

// resume has bodies go on that wait for windows; mu is held.
func (l *detourConn) resume() {
	for _, d := range l.streams {
		d.resume()
	}
}

func (d *detour) resume() {
	if d.up != nil && d.window > 0 && d.on.peer.window > 0 {
		d.up.signal()
	}
}

// reset ends a stream as the origin has, behind what came of it.
func (l *detourConn) reset(stream uint32, code http2.Code) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if d := l.streams[stream]; d != nil {
		l.lost(d, code)
	}
}

// lost ends a stream that the origin, or its connection, has ended; mu is held.
func (l *detourConn) lost(d *detour, code http2.Code) {
	d.sentAll, d.gotAll = true, true
	if !d.over {
		d.finish(code, true)
	}
	l.release(d)
}

// goAway has no more streams come, and ends those that the origin has not worked on (RFC 9113 section 6.8).
func (l *detourConn) goAway(payload []byte) {
	last, _ := http2.Away(payload)
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	for number, d := range l.streams {
		if number > last {
			l.lost(d, http2.RefusedStream)
		}
	}
	if !l.ended {
		l.forget()
		if l.open == 0 {
			l.leave()
		}
	}
}

// origin is where it leads, for people.
func (l *detourConn) origin() string { return portText(l.pipe.inner.inside.asked()) }

// finish ends what is open when the connection has ended.
func (l *detourConn) finish(err error) {
	var bad *http2.Error
	if errors.As(err, &bad) {
		l.pipe.inner.end(&ended{flow.FailureBadResponse, reason.H2Malformed.With(l.origin(), bad.Why)})
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	for number, d := range l.streams {
		code := http2.InternalError
		if l.untaken[number] != nil {
			code = http2.RefusedStream
		}
		l.lost(d, code)
	}
	l.leave()
}
