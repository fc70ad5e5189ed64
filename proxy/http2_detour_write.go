package proxy

import (
	"io"
	"slices"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// What is sent over a connection that streams are sent over.

// detourOpening is what such a connection begins with, in the form of flow.HTTP2.Opening: nothing is to
// be pushed, and streams have detourWindow.
const detourOpening = "2:0;4:262144|16711681|0|"

// begin makes ready to speak; mu is held.
func (l *detourConn) begin() {
	limits := l.c.srv.config.Load().Limits.heads()
	l.reader.decoder = http2.NewDecoder(http2.Limits{Size: limits.Head, Fields: limits.Fields})
	l.reader.most = max(2*limits.Head, socket.LargeBuffer)
	l.peer.init(l.pipe.far)
	l.peer.room()
	l.peer.out = outgoing.AppendOpening(l.peer.out, detourOpening)
	l.signal() // a WebSocket waits for what the origin then says
}

// write writes what frames that came have owed, until the connection ends.
func (l *detourConn) write() {
	for range l.wake {
		l.peer.mu.Lock()
		l.c.mu.Lock()
		ended := l.ended
		l.pay()
		l.c.mu.Unlock()
		l.peer.write()
		l.peer.mu.Unlock()
		if ended {
			return
		}
	}
}

// pay appends what is owed; peer.mu and mu are held.
func (l *detourConn) pay() {
	for _, size := range l.owed.tables {
		l.peer.encoder.Limit(size)
	}
	l.peer.own(l.owed.append)
	l.owed = detourOwed{}
}

func (o *detourOwed) append(b []byte) []byte {
	for range o.acks {
		b = appendSettingsAck(b)
	}
	for _, ping := range o.pings {
		b = append(http2.Header{Length: 8, Type: http2.Ping, Flags: http2.FlagAck}.Append(b), ping[:]...)
	}
	if o.window > 0 {
		b = http2.AppendWindowUpdate(b, 0, o.window)
	}
	for _, g := range o.grants {
		b = http2.AppendWindowUpdate(b, g.stream, g.n)
	}
	for _, r := range o.resets {
		b = http2.AppendReset(b, r.stream, r.code)
	}
	return b
}

// detourSending is a stream whose request is sent over a connection.
type detourSending struct {
	*detour
	to *detourConn
}

// ask opens the stream, and sends its body. It reports false where the connection takes no more streams: it
// was not asked then.
func (d detourSending) ask() bool {
	l := d.to
	switch is, gone := d.place(); {
	case gone:
		d.unserved(flow.FailureClientGone, reason.StreamLeft.With())
		return true
	case !is:
		return false
	}
	c := l.c
	l.peer.mu.Lock()
	c.mu.Lock()
	if l.last >= http2.MaxStream-2 {
		l.forget()
	}
	if d.down.gone || l.away {
		l.freed()
		c.mu.Unlock()
		l.peer.mu.Unlock()
		return d.ask()
	}
	l.last = l.last + 1 + l.last%2
	d.number, d.window, d.room, d.sentAll = l.last, l.peer.initialWindow, detourWindow, d.up == nil
	l.streams[d.number], l.untaken[d.number] = d.detour, d.detour
	fields := d.fields
	d.sent()
	l.pay() // resets first, of streams whose places others get
	c.mu.Unlock()
	l.headers(d.number, fields, d.up == nil)
	l.peer.mu.Unlock()
	if d.up != nil {
		d.uploaded(d.sendBody())
	}
	return true
}

// headers writes a section; peer.mu is held.
func (l *detourConn) headers(stream uint32, fields []hpack.HeaderField, ends bool) {
	h := http2.Header{Type: http2.Headers, Stream: stream}
	if ends {
		h.Flags = http2.FlagEndStream
	}
	for i := range fields {
		l.peer.encoder.Field(fields[i])
	}
	l.peer.own(func(b []byte) []byte { return l.peer.encoder.Append(b, h, &http2.Fragment{}, l.peer.maxFrame.Load()) })
	l.peer.write()
}

// place waits until the stream may be opened, and reports whether it may: not where the connection takes no
// more, or where the stream has ended.
func (d detourSending) place() (is, gone bool) {
	l := d.to
	c := l.c
	c.mu.Lock()
	defer c.mu.Unlock()
	l.queue = append(l.queue, d.detour)
	for !d.down.gone && !l.away && !(l.queue[0] == d.detour && l.open < l.most) {
		d.down.await(time.Time{})
	}
	l.queue = slices.DeleteFunc(l.queue, func(o *detour) bool { return o == d.detour })
	if is = !d.down.gone && !l.away; is {
		l.open++
	}
	l.admit()
	return is, d.down.gone
}

// connects waits until it is known whether the origin takes extended CONNECT (RFC 8441 section 3), and reports that.
func (d detourSending) connects() bool {
	l := d.to
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.queue = append(l.queue, d.detour)
	for !d.down.gone && !l.away && !l.greeted {
		d.down.await(time.Time{})
	}
	l.queue = slices.DeleteFunc(l.queue, func(o *detour) bool { return o == d.detour })
	l.admit()
	return l.connects
}

// sendBody sends the request's body. The error is io.EOF where it was all sent.
func (d detourSending) sendBody() error {
	for {
		piece, err := bodyIn{d.up}.next()
		if err != nil && err != io.EOF {
			return err
		}
		var trailer []hpack.HeaderField
		if err == io.EOF {
			trailer = d.trailer()
		}
		if len(piece.data) > 0 || err == io.EOF && trailer == nil {
			if failed := d.sendData(piece.data, err == io.EOF && trailer == nil); failed != nil {
				return failed
			}
		}
		if trailer != nil {
			if failed := d.sendTrailer(trailer); failed != nil {
				return failed
			}
		}
		if err == io.EOF {
			return err
		}
	}
}

// sendData sends a piece of the body, as windows let it; ends says that nothing follows it.
func (d detourSending) sendData(p []byte, ends bool) error {
	l := d.to
	for {
		n, err := d.reserve(len(p))
		if err != nil {
			return err
		}
		h := http2.Header{Length: uint32(n), Type: http2.Data, Stream: d.number}
		if ends && n == len(p) {
			h.Flags = http2.FlagEndStream
		}
		l.peer.mu.Lock()
		gone := !d.goesOn(h.Has(http2.FlagEndStream))
		if !gone {
			l.peer.own(func(b []byte) []byte { return append(h.Append(b), p[:n]...) })
			l.peer.write()
		}
		l.peer.mu.Unlock()
		if p = p[n:]; gone {
			d.unsent(n)
			return errBodyGone
		}
		if len(p) == 0 {
			return nil
		}
	}
}

// sendTrailer ends the request with a trailer.
func (d detourSending) sendTrailer(fields []hpack.HeaderField) error {
	l := d.to
	l.peer.mu.Lock()
	defer l.peer.mu.Unlock()
	if !d.goesOn(true) {
		return errBodyGone
	}
	l.headers(d.number, fields, true)
	return nil
}

// goesOn reports whether more of the request may be sent; ends says that it is the end of it.
func (d detourSending) goesOn(ends bool) bool {
	l := d.to
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if d.up.gone || l.streams[d.number] != d.detour {
		return false
	}
	if d.sentAll = ends; ends && d.gotAll {
		l.release(d.detour)
	}
	return true
}

// unsent gives others the room of a piece that was not sent.
func (d detourSending) unsent(n int) {
	l := d.to
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.peer.window += int64(n)
	l.resume()
}

// reserve waits for room for a piece of n bytes, and returns how many of it may be sent.
func (d detourSending) reserve(n int) (int, error) {
	l := d.to
	if n == 0 {
		return 0, nil
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	for {
		if d.up.gone || l.streams[d.number] != d.detour {
			return 0, errBodyGone
		}
		if room := min(int64(n), d.window, l.peer.window, http2.MinFrame); room > 0 {
			d.window -= room
			l.peer.window -= room
			return int(room), nil
		}
		d.up.await(time.Time{})
	}
}
