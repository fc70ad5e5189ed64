package proxy

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// Bodies that rules change, over HTTP/2: the message waits (http2Wait) until it is whole. One that
// is longer than what is held of a connection, or takes too long, goes on as it came.

// http2BodyTime is how long a body may take to be whole.
const http2BodyTime = 30 * time.Second

// http2Body is a body that rules change.
type http2Body struct {
	c       *http2Conn
	stream  uint32
	request bool
	work    *rules.Rewriting // of the goroutine that changes it, once that runs
	labels  []string         // of the rules
	wait    *http2Wait

	// Under http2Conn.mu:
	out    []byte // the body that goes on
	fields []hpack.HeaderField
	placed bool // out goes on
}

// bodyWork prepares what rules do to the body of a message with a head; none says that it has no
// body. What cannot be done is told. Nil is nothing.
func (p *http2Pump) bodyWork(x *http2Exchange, apply []*rules.Compiled, fields []hpack.HeaderField, none bool) *http2Body {
	if !rules.Rewrites(apply, p.toOrigin) {
		return nil
	}
	var encoding []string
	part, kind := false, ""
	for i := range fields {
		switch f := &fields[i]; f.Name {
		case "content-encoding":
			encoding = append(encoding, f.Value)
		case "content-range":
			part = true
		case "content-type":
			kind = f.Value
		case ":status":
			part = part || f.Value == "206"
		}
	}
	work := x.ruling.set.Rewriting(apply, p.toOrigin, encoding...)
	switch {
	case none:
		work.Fail(reason.RuleBodyNone.With())
	case part:
		work.Fail(reason.RuleBodyPart.With())
	case endless(kind):
		work.Fail(reason.RuleBodyStream.With(kind))
	}
	if work.Idle() {
		effects, did := bodyOutcome(work, p.toOrigin)
		x.ruling.tell(effects, did...)
		return nil
	}
	b := &http2Body{c: p.c, stream: x.stream, request: p.toOrigin, work: work}
	for _, one := range work.Parts() {
		b.labels = append(b.labels, one.Label)
	}
	return b
}

// endless reports whether a body of a type is read while it comes, so that it must not wait.
func endless(contentType string) bool {
	media, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch media = strings.TrimSpace(media); media {
	case "text/event-stream", "multipart/x-mixed-replace", "application/x-ndjson", "application/stream+json", "application/json-seq":
		return true
	}
	return strings.HasPrefix(media, "application/grpc") || strings.HasPrefix(media, "application/connect+")
}

// behind is a wait, nil for none, with that for the body behind it.
func (b *http2Body) behind(w *http2Wait, x *http2Exchange) *http2Wait {
	if b == nil {
		return w
	}
	b.wait = &http2Wait{whole: b.begin, ended: func(end http2WaitEnd) { b.ended(x, end) }}
	if w == nil {
		b.wait.until = lateAfter(clock(), http2BodyTime)
		return b.wait
	}
	last := w
	for last.then != nil {
		last = last.then
	}
	last.then, b.wait.until = b.wait, int64(http2BodyTime)
	return w
}

// begin changes the body, which is whole; mu is held.
func (b *http2Body) begin() {
	if b.c.ending == nil {
		b.c.ended.Go(b.change)
	}
}

func (b *http2Body) change() {
	held := heldStreams{b.c}
	fields, body, whole, ok := held.held(b.stream, b.wait)
	if !ok || !whole {
		return
	}
	out, placed := b.work.Placed()
	if !placed && !b.work.Idle() {
		out = b.work.Apply(body)
		placed = out != nil
	}
	var edit *http2Edit
	if placed {
		b.c.mu.Lock()
		b.out, b.fields, b.placed = out, lengthened(fields, len(out)), true
		b.c.mu.Unlock()
		edit = &http2Edit{fields: b.fields, body: out, hasBody: true}
	}
	if err := held.proceed(b.stream, b.wait, edit); err != nil && err != errNotHeld {
		b.c.mu.Lock()
		b.placed = false
		b.c.mu.Unlock()
		b.work.Fail(reason.RuleRefused.With(reason.Of(err)))
		_ = held.proceed(b.stream, b.wait, nil)
	}
}

// lengthened are fields with the length of another body, where they have one.
func lengthened(fields []hpack.HeaderField, length int) []hpack.HeaderField {
	for i := range fields {
		if fields[i].Name == "content-length" {
			fields[i].Value = strconv.Itoa(length)
		}
	}
	return fields
}

// ended says in the row what came of it; mu is held.
func (b *http2Body) ended(x *http2Exchange, end http2WaitEnd) {
	if x.rec == nil {
		return
	}
	switch end {
	case waitTold:
		if b.placed {
			b.record(x)
		}
		if effects, did := bodyOutcome(b.work, b.request); effects != 0 {
			x.rec.Ruled(effects, did...)
		}
	case waitFull:
		b.failed(x, reason.RuleBodyLong.With(http2HoldBodies))
	case waitTimeUp:
		b.failed(x, reason.RuleBodyLate.With(http2BodyTime))
	case waitAway:
		b.failed(x, reason.RuleBodyCut.With())
	case waitAnswered, waitLeft:
	}
}

// record keeps what goes on.
func (b *http2Body) record(x *http2Exchange) {
	x.rec.Went(b.request).Add(b.out)
	if b.request {
		x.rec.RuledRequest(fieldsText(b.fields))
	} else {
		x.rec.RuledResponse(fieldsText(b.fields))
	}
	b.out, b.fields = nil, nil
}

func (b *http2Body) failed(x *http2Exchange, why flow.Reason) {
	for _, label := range b.labels {
		x.rec.Ruled(flow.EffectFailed, reason.RuleFailed.With(label, why))
	}
}
