package proxy

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// answerNew answers a stream that was not passed on. code resets a request whose rest
// still comes, or that was malformed.
func (c *http2Conn) answerNew(x *http2Exchange, r *reply, code http2.Code) {
	c.client.mu.Lock()
	c.mu.Lock()
	full := len(c.streams) >= http2Streams // of answers that it does not take
	if !full {
		c.add(x)
		c.answer(x, r, code)
	}
	c.mu.Unlock()
	c.client.write()
	c.client.mu.Unlock()
	if full {
		r.file.close()
		c.turnAway(x)
	}
	r.leave(c)
}

// leave has the client open another connection behind an answer with which this one is of no more use: the next one
// asks the origin again.
func (r *reply) leave(c *http2Conn) {
	if r.closes && (c.in.fail != nil || c.refused != nil || r.moves) {
		c.leave()
	}
}

// replyTo answers a stream that is open, in place of its origin. why is called with mu held.
func (c *http2Conn) replyTo(stream uint32, why func(*http2Exchange) *reply) {
	c.client.mu.Lock()
	c.mu.Lock()
	x := c.streams[stream]
	if x == nil || x.own {
		c.mu.Unlock()
		c.client.mu.Unlock()
		return
	}
	passed, number := x.passed && !(x.clientEnded && x.originEnded), x.number
	if x.originEnded && x.down == nil { // the response is whole: the client does not send the rest of its request
		c.finish(x, flow.FailureNone, x.remark)
		c.client.own(func(b []byte) []byte { return http2.AppendReset(b, stream, http2.NoError) })
		c.remove(x)
	} else {
		c.answer(x, why(x), http2.NoError)
	}
	c.mu.Unlock()
	c.client.write()
	c.client.mu.Unlock()
	if passed {
		c.origin.send(func(b []byte) []byte { return http2.AppendReset(b, number, http2.Cancel) })
	}
}

// answer writes a reply of Posthouse's own, or resets a stream whose client has had a
// part of the origin's. client.mu and mu are held.
func (c *http2Conn) answer(x *http2Exchange, r *reply, code http2.Code) {
	heldStreams{c}.endWait(x, waitAnswered)
	x.own = true
	c.up.lines.drop(x)
	c.down.lines.drop(x)
	x.rec.Unusable(r.sent)
	if r.secure != nil {
		x.rec.SetSecure(r.secure)
	}
	crowded := !r.ruled && c.own.bytes > 0 && c.own.bytes+int64(len(r.body)) > http2Held
	if r.status == 0 || x.told == toldHead || crowded {
		code = cmp.Or(r.code, code, http2.InternalError)
		if r.file.close(); crowded && r.failure == flow.FailureNone {
			c.finish(x, flow.FailureLimit, reason.H2AnswersMany.With())
		}
		c.finish(x, r.failure, r.why)
		c.client.own(func(b []byte) []byte { return http2.AppendReset(b, x.stream, code) })
		c.remove(x)
		return
	}
	x.told = toldHead
	h := http2.Header{Type: http2.Headers, Stream: x.stream}
	bodyless := x.isHead || r.length() == 0
	if bodyless {
		h.Flags = http2.FlagEndStream
	}
	head, kind := c.encodeReply(r)
	x.rec.ResponseHead(r.status, head, kind, time.Now())
	c.client.own(func(b []byte) []byte {
		return c.client.encoder.Append(b, h, &http2.Fragment{}, c.client.maxFrame.Load())
	})
	x.resetCode, x.remark = code, r.why
	if bodyless {
		r.file.close()
	} else {
		x.rec.ResponseBody([]byte(r.body))
	}
	if bodyless || !r.ruled { // of others the row ends with the body, which the client may not take
		c.finish(x, r.failure, r.why)
	}
	if bodyless {
		ownAnswers{c}.finished(x)
		return
	}
	ownAnswers{c}.begin(x, r)
}

// encodeReply gives the head to the client's encoder, and returns it as it is shown.
// client.mu is held.
func (c *http2Conn) encodeReply(r *reply) (text []byte, kind capture.Span) {
	field := func(name, value string) {
		name = strings.ToLower(name)
		c.client.encoder.Field(hpack.HeaderField{Name: name, Value: value})
		text = append(append(append(append(text, name...), ": "...), value...), "\r\n"...)
		if name == "content-type" {
			kind = capture.Span{Off: uint32(len(text) - 2 - len(value)), Len: uint32(len(value))}
		}
	}
	field(":status", strconv.Itoa(r.status))
	if r.undated() {
		field("date", time.Now().UTC().Format(http.TimeFormat))
	}
	r.head(field)
	return append(text, "\r\n"...), kind
}

// refuse ends a stream on which a peer has broken the rules.
func (c *http2Conn) refuse(p *http2Pump, bad *http2.Error) error {
	c.mu.Lock()
	on := p.stream(bad.Stream)
	idle := p.idleError(http2.Header{Stream: bad.Stream}) != nil
	stream, open := bad.Stream, on != nil
	if open {
		stream = on.stream
	}
	c.mu.Unlock()
	if idle {
		return &http2.Error{Code: bad.Code, Why: bad.Why}
	}
	if !open {
		return nil // it has ended
	}
	if !p.toOrigin {
		c.badResponse(stream, bad)
		return nil
	}
	c.client.mu.Lock()
	c.mu.Lock()
	passed, number := false, uint32(0)
	if x := c.streams[stream]; x != nil {
		passed, number = x.passed && !x.own, x.number
		x.clientEnded = true // what it still sends is another error
		if x.own || x.told == toldHead {
			c.finish(x, flow.FailureBadRequest, malformedReply(bad).why)
			c.client.own(func(b []byte) []byte { return http2.AppendReset(b, bad.Stream, bad.Code) })
			c.remove(x)
		} else {
			c.answer(x, malformedReply(bad), bad.Code)
		}
	}
	c.mu.Unlock()
	c.client.write()
	c.client.mu.Unlock()
	if passed {
		c.origin.send(func(b []byte) []byte { return http2.AppendReset(b, number, http2.Cancel) })
	}
	return nil
}

// badResponse ends a stream whose response breaks the rules.
func (c *http2Conn) badResponse(stream uint32, bad *http2.Error) {
	c.replyTo(stream, func(*http2Exchange) *reply { return c.badOrigin(bad) })
}

func (c *http2Conn) badOrigin(bad *http2.Error) *reply {
	return errorReply(502, flow.FailureBadResponse, reason.H2Malformed.With(c.under.Remote.String(), bad.Why))
}

// turnAway refuses a stream that is one too many, which the client may open again.
func (c *http2Conn) turnAway(x *http2Exchange) {
	stream := x.stream
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	c.mu.Lock()
	if c.away.sent || c.leaving || c.ending != nil {
		c.finish(x, flow.FailureOriginClosed, reason.H2Ending.With())
	} else {
		c.finish(x, flow.FailureLimit, reason.H2Many.With())
	}
	x.forget(c)
	c.mu.Unlock()
	c.client.own(func(b []byte) []byte { return http2.AppendReset(b, stream, http2.RefusedStream) })
	c.client.write()
}
