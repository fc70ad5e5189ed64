package proxy

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/socket"
)

// What a detour says, and what it makes of the answer.

// http1Head is a request's head in HTTP/1.1; chunks says that its body goes in chunks.
func http1Head(fields []hpack.HeaderField, ended bool) (head []byte, chunks bool) {
	m := outgoing.Message{Protocol: outgoing.HTTP2}
	chunks = !ended
	for _, f := range fields {
		if f.Name == "te" { // what it asks for is no more than HTTP/1.1 has anyway
			continue
		}
		chunks = chunks && f.Name != "content-length"
		m.Fields = append(m.Fields, outgoing.Field{Name: f.Name, Value: f.Value})
	}
	head = m.AsHTTP1().Head
	if chunks {
		head = append(head[:len(head)-len(crlf)], "transfer-encoding: chunked\r\n\r\n"...)
	}
	return head, chunks
}

// upload sends the request's body over the pipe.
func (d *detour) upload(pipe *detourPipe, chunks bool) {
	var err error
	for err == nil {
		var piece bodyPiece
		piece, err = bodyIn{d.up}.next()
		if len(piece.data) == 0 {
			continue
		}
		out := piece.data
		if chunks {
			out = append(strconv.AppendInt(nil, int64(len(out)), 16), "\r\n"...)
			out = append(append(out, piece.data...), "\r\n"...)
		}
		if _, sent := pipe.far.Write(out); sent != nil {
			err = sent
		}
	}
	if trailer := fieldsText(d.trailer()); err == io.EOF && chunks { // HTTP/1.1 has none behind a length
		if _, sent := pipe.far.Write(append([]byte("0\r\n"), trailer...)); sent != nil {
			err = sent
		}
	}
	d.uploaded(err)
}

// uploaded notes how sending the request's body has ended: io.EOF, or what ended it early.
func (d *detour) uploaded(err error) {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	d.up.done = true
	switch {
	case d.up.gone:
	case err == io.EOF:
		c.up.lines.any.Store(true)
		c.up.lines.move()
	default: // it is not wanted
		c.up.lines.drop(d.x)
	}
}

// trailer takes the request's trailer.
func (d *detour) trailer() []hpack.HeaderField {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.up.gone {
		return nil
	}
	l := d.up.line()
	if l.trailer == nil {
		return nil
	}
	fields := l.trailer.fields
	c.up.lines.unreserve(&c.up.lines.heads, l.trailer.size)
	l.trailer = nil
	return fields
}

// answer passes on what comes back, and reports whether the pipe can be used again.
func (d *detour) answer(pipe *detourPipe) (keep bool) {
	sock, limits := pipe.far, d.c.srv.config.Load().Limits.heads()
	resp, n, ok := d.heads(sock, limits)
	switch {
	case ok && d.socket && resp.Status == 101:
		d.switched(pipe, &resp, n)
		return false
	case !ok || d.socket && resp.Status < 300: // which would say that there is a WebSocket
		d.end(http2.InternalError)
		return false
	}
	framing := resp.Framing(d.isHead)
	keep = resp.Persistent() && framing != http1.UntilClose
	begun := d.begin(responseFields(&resp), framing == http1.NoBody)
	length := resp.Length
	sock.Discard(n)
	if !begun {
		d.end(http2.EnhanceYourCalm)
		return false
	}
	if framing != http1.NoBody {
		trailer, whole := d.relay(pipe, framing, length, limits)
		if !whole {
			d.end(http2.InternalError)
			return false
		}
		d.trail(trailer)
		if (bodyOut{d.down}).end() != nil {
			return false
		}
	}
	d.end(http2.NoError)
	return keep
}

// switched passes on what follows where there is a WebSocket now: as HTTP/2 has it (RFC 8441 section 5).
func (d *detour) switched(pipe *detourPipe, resp *http1.Response, n int) {
	fields := slices.DeleteFunc(responseFields(resp), func(f hpack.HeaderField) bool { return f.Name == "sec-websocket-accept" })
	fields[0].Value = "200"
	begun := d.begin(fields, false)
	pipe.far.Discard(n)
	if !begun {
		d.end(http2.EnhanceYourCalm)
		return
	}
	if d.up != nil {
		d.c.ended.Go(func() {
			d.upload(pipe, false)
			_ = pipe.far.Close() // a pipe has no half that ends
		})
	}
	if _, whole := d.relay(pipe, http1.UntilClose, 0, http1.Limits{}); !whole || (bodyOut{d.down}).end() != nil {
		d.end(http2.InternalError)
		return
	}
	d.end(http2.NoError)
}

// heads passes interim responses on, and returns the final one, whose head has n bytes.
func (d *detour) heads(sock *socket.Conn, limits http1.Limits) (resp http1.Response, n int, ok bool) {
	var reader http1.ResponseReader
	for {
		resp = http1.Response{}
		reader.Reset()
		for {
			var err error
			if n, err = reader.Read(&resp, sock.Buffered(), &limits); err != nil {
				return resp, 0, false
			}
			if n > 0 {
				break
			}
			if err = sock.Fill(); err == socket.ErrFull {
				if err = sock.Grow(limits.Head + 1); err == nil {
					err = sock.Fill()
				}
			}
			if err != nil {
				return resp, 0, false
			}
		}
		if resp.Status >= 200 || resp.Status == 101 {
			return resp, n, resp.Status != 101 || d.socket
		}
		d.interim(responseFields(&resp))
		sock.Discard(n)
	}
}

// relay passes a body on, and reports whether it was whole.
func (d *detour) relay(pipe *detourPipe, framing http1.Framing, left int64, limits http1.Limits) (trailer []byte, whole bool) {
	sock := pipe.far
	chunks := http1.Chunks{MaxTrailer: limits.Head, MaxFields: limits.Fields}
	chunks.Reset()
	for {
		switch {
		case framing == http1.Length && left == 0:
			return nil, true
		case framing == http1.Chunked && chunks.Done():
			return bytes.Clone(chunks.Trailer()), true
		}
		if len(sock.Buffered()) == 0 {
			if (bodyOut{d.down}).flush() != nil {
				return nil, false
			}
			if sock.Fill() != nil {
				return nil, framing == http1.UntilClose && !pipe.inner.socket.Aborted()
			}
		}
		b := sock.Buffered()
		data, n := b, len(b)
		switch framing {
		case http1.Length:
			n = int(min(int64(n), left))
			data = b[:n]
			left -= int64(n)
		case http1.Chunked:
			var err error
			if n, data, err = chunks.Next(b); err != nil {
				return nil, false
			}
		}
		if (bodyOut{d.down}).write(data) != nil {
			return nil, false
		}
		sock.Discard(n)
	}
}

// responseFields are those of a head in HTTP/2.
func responseFields(r *http1.Response) []hpack.HeaderField {
	fields := []hpack.HeaderField{{Name: ":status", Value: strconv.Itoa(r.Status)}}
	for i := range r.Fields {
		f := &r.Fields[i]
		name := strings.ToLower(string(f.Name))
		if outgoing.OfConnection(name) || r.Named(f) {
			continue
		}
		fields = append(fields, hpack.HeaderField{Name: name, Value: string(bytes.Trim(f.Value, " \t"))})
	}
	return fields
}

// interim passes an interim response on.
func (d *detour) interim(fields []hpack.HeaderField) {
	q := &d.c.client
	q.mu.Lock()
	defer q.mu.Unlock()
	if d.isGone() || q.broken {
		return
	}
	q.interim(d.stream, fields)
}

// begin has the answer's head go on, and reports whether it can.
func (d *detour) begin(fields []hpack.HeaderField, ends bool) bool {
	c, s := d.c, &d.c.down.lines
	c.mu.Lock()
	defer c.mu.Unlock()
	head := &heldSection{fields: fields, header: http2.Header{Type: http2.Headers}, size: int64(sectionSize(fields))}
	if ends {
		head.header.Flags = http2.FlagEndStream
	}
	if d.down.gone || !s.reserve(&s.heads, head.size, http2HoldHeads) {
		return false
	}
	l := s.begin(d.x)
	l.head, l.body = head, d.down
	s.move()
	return true
}

// trail has a trailer follow the body; lines end with CR LF.
func (d *detour) trail(lines []byte) {
	var fields []hpack.HeaderField
	for line := range bytes.Lines(lines) {
		if name, value, ok := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":")); ok {
			fields = append(fields, hpack.HeaderField{Name: strings.ToLower(string(name)), Value: string(bytes.Trim(value, " \t"))})
		}
	}
	if len(fields) > 0 {
		d.trailFields(fields)
	}
}

// trailFields has a trailer follow the body, and reports whether there is room for it.
func (d *detour) trailFields(fields []hpack.HeaderField) bool {
	section := &heldSection{header: http2.Header{Type: http2.Headers, Flags: http2.FlagEndStream}, fields: fields}
	section.size = int64(sectionSize(fields))
	c, s := d.c, &d.c.down.lines
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.down.gone || !s.reserve(&s.heads, section.size, http2HoldHeads) {
		return false
	}
	d.down.line().trailer = section
	return true
}

// end ends the stream behind what has come: with a code where that is not whole.
func (d *detour) end(code http2.Code) {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.down.gone {
		return
	}
	d.pipe.Store(nil)
	d.finish(code, code != http2.NoError || !d.x.clientEnded) // the client need not send the rest (RFC 9113 section 8.1)
}

// finish ends the stream behind what has come: by a reset, or with that; mu is held, and it is not gone.
func (d *detour) finish(code http2.Code, resets bool) {
	c, s := d.c, &d.c.down.lines
	l := d.x.down
	if l == nil {
		l = s.begin(d.x)
		l.body = d.down
	}
	d.down.done = true
	d.x.originEnded = true
	d.x.wait(d.x.config.Timeouts.ClientIdle) // for its client to take it
	if resets {
		l.reset, l.code = true, code
	} else {
		c.answered++
	}
	s.move()
}
