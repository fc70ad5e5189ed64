package proxy

import (
	"slices"
	"strconv"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/http2"
)

// How a body that passes through rules goes on over HTTP/2.

// holdsHead reports whether the head of its message is not decided; mu is held.
func (b *http2Body) holdsHead() bool { return b != nil && !b.headed }

// passes reports whether more of it may come into its line; mu is held.
func (b *http2Body) passes() bool { return b != nil && (!b.done || b.undecoded) }

// goOn tells a client that waits for that to send the body: the origin, whose affair it is, gets the
// head with what rules make of the body.
func (b *http2Body) goOn() {
	if !b.expects {
		return
	}
	q := &b.c.client
	q.mu.Lock()
	defer q.mu.Unlock()
	b.c.mu.Lock()
	waits := !b.gone && !b.ended && !b.x.continued && !q.broken
	b.x.continued = b.x.continued || waits
	b.c.mu.Unlock()
	if waits {
		q.interim(b.stream, []hpack.HeaderField{{Name: ":status", Value: "100"}})
	}
}

// bodyOut is a body as it goes on.
type bodyOut struct{ *http2Body }

// release has the head go on, with other fields unless they are nil; ends says that nothing
// follows it.
func (b bodyOut) release(fields []hpack.HeaderField, ends bool) error {
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	switch {
	case b.gone:
		return errBodyGone
	case b.headed:
		return nil
	}
	b.headed, b.took = true, -1
	head := (*b.p.lines.of(b.x)).head
	if fields != nil {
		head.fields = fields
	}
	if ends {
		head.header.Flags |= http2.FlagEndStream
	}
	b.p.lines.move()
	return nil
}

func (b bodyOut) original(raw []byte) error {
	err := b.release(nil, b.bare)
	if err == nil {
		err = b.put(raw)
	}
	return err
}

func (b bodyOut) begin(length int64) error {
	b.note(nil)
	fields := b.resized(length)
	return b.release(fields, false)
}

// resized are the head's fields with another length, nil where they have none, or have gone.
func (b bodyOut) resized(length int64) (fields []hpack.HeaderField) {
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	if b.gone || b.headed || !b.sized {
		return nil
	}
	fields = fieldsOfLength((*b.p.lines.of(b.x)).head.fields, length)
	switch rec := b.x.rec; {
	case rec == nil:
	case b.request:
		rec.RuledRequest(fieldsText(fields))
	default:
		rec.RuledResponse(fieldsText(fields))
	}
	return fields
}

func (b bodyOut) note(p []byte) {
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	if !b.gone && b.x.rec != nil {
		b.x.rec.Went(b.request).Add(p)
		b.outcome()
	}
}

func (b bodyOut) framed() bool { return !b.sized }

func (b bodyOut) write(p []byte) error {
	for len(p) > 0 {
		n := min(len(p), bodyPieces-len(b.content))
		b.content = append(b.content, p[:n]...)
		if p = p[n:]; len(b.content) == bodyPieces {
			if err := b.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b bodyOut) flush() error {
	if len(b.content) == 0 {
		return nil
	}
	return b.send(0)
}

func (b bodyOut) end() error {
	b.c.mu.Lock()
	flags := uint8(http2.FlagEndStream)
	if !b.gone && b.ended && b.line().trailer != nil {
		flags = 0
	}
	b.c.mu.Unlock()
	if flags == 0 {
		return b.flush()
	}
	return b.send(flags)
}

// send makes frames of the content, the last one with flags.
func (b bodyOut) send(flags uint8) error {
	b.note(b.content)
	b.frames = b.frames[:0]
	for rest, first := b.content, true; first || len(rest) > 0; first = false {
		n := min(len(rest), http2.MinFrame)
		h := http2.Header{Length: uint32(n), Type: http2.Data}
		if n == len(rest) {
			h.Flags = flags
		}
		b.frames = append(h.Append(b.frames), rest[:n]...)
		rest = rest[n:]
	}
	b.content = b.content[:0]
	return b.put(b.frames)
}

// put puts whole frames into the line, as there is room there.
func (b bodyOut) put(frames []byte) error {
	for len(frames) > 0 {
		n := 0
		for n < len(frames) {
			size := http2.HeaderSize + int(http2.ParseHeader(frames[n:]).Length)
			if n > 0 && (n+size > http2BodyLine || len(b.slow) > 0) {
				break
			}
			n += size
		}
		if err := b.putSlowly(frames[:n]); err != nil {
			return err
		}
		frames = frames[n:]
	}
	return nil
}

// putSlowly puts frames into the line; where that is slow it is one frame, which goes in pieces.
func (b bodyOut) putSlowly(frames []byte) error {
	for len(b.slow) > 0 {
		piece := slowPiece(b.slow)
		var first []byte
		size := 0
		if int(http2.ParseHeader(frames).Length) > piece {
			first, size = splitData(frames, int64(piece))
		}
		if first == nil {
			if err := b.pace(len(frames) - http2.HeaderSize); err != nil {
				return err
			}
			break
		}
		err := b.pace(size)
		if err == nil {
			err = b.putNow(first)
		}
		if err != nil {
			return err
		}
		frames = frames[size:]
	}
	return b.putNow(frames)
}

// pace waits for the place of n bytes on the slow lines.
func (b bodyOut) pace(n int) error {
	wait := slowWait(b.slow, n)
	if wait == 0 {
		return nil
	}
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	return bodyIn(b).restUntil(time.Now().Add(wait))
}

func (b bodyOut) putNow(frames []byte) error {
	c, s := b.c, &b.p.lines
	c.mu.Lock()
	defer c.mu.Unlock()
	for !b.gone && !b.loose && b.line().left() >= http2BodyLine {
		b.await(time.Time{})
	}
	if b.gone || b.loose && b.line().left() >= http2BodyQueued {
		return errBodyGone
	}
	l := b.line()
	l.compact()
	l.frames = append(l.frames, frames...)
	b.count(len(frames))
	for rest := frames; len(rest) > 0; {
		h := http2.ParseHeader(rest)
		l.data += int64(h.Length)
		b.over = b.over || h.Has(http2.FlagEndStream)
		rest = rest[http2.HeaderSize+int(h.Length):]
	}
	l.given = l.data
	s.move()
	return nil
}

// line is the body's; mu is held, and it is not gone.
func (b *http2Body) line() *http2Line { return *b.p.lines.of(b.x) }

// busy reports whether what is waited for is Posthouse: a body that passes through rules, which has
// its time to wait, or of which more is at hand that its reader has room for, on the stream and in
// all. mu is held.
func (l *http2Line) busy(window int64) bool {
	b := l.passing()
	return b != nil && (b.rests || min(window, b.p.to.window) > 0 && (b.whole > 0 || b.working))
}

// left is how many bytes of frames have not gone on.
func (l *http2Line) left() int { return len(l.frames) - l.begin }

// moved notes that frames of so many bytes have gone on; mu is held.
func (b *http2Body) moved(n int) {
	b.count(-n)
	if b.line().left() <= http2BodyLine/2 {
		b.signal()
	}
}

// passed notes that so many bytes of content have gone on; mu is held, and b may be nil.
func (b *http2Body) passed(n int64) {
	if b != nil && b.detour != nil && !b.request {
		b.detour.took(n)
	}
}

// fieldsOfLength are fields that say another length, or none where that is negative.
func fieldsOfLength(fields []hpack.HeaderField, length int64) []hpack.HeaderField {
	fields = slices.Clone(fields)
	if length < 0 {
		return slices.DeleteFunc(fields, func(f hpack.HeaderField) bool { return f.Name == "content-length" })
	}
	for i := range fields {
		if fields[i].Name == "content-length" {
			fields[i].Value = strconv.FormatInt(length, 10)
		}
	}
	return fields
}
