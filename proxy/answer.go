package proxy

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// reply is an answer of Posthouse's own.
type reply struct {
	status  int // 0: no answer can be given
	failure flow.Failure
	why     flow.Reason // what the row says
	body    string
	file    *replyFile // in place of body; nil for none
	kind    string     // Content-Type
	allow   string     // value of an Allow field
	policy  string     // Content-Security-Policy; "" lets a page do nothing
	fields  []ownField
	closes  bool       // the connection cannot carry another exchange
	code    http2.Code // HTTP/2: how the stream is reset where there is no answer
	ruled   bool       // a person's rule answers: it has the fields that the rule says, and no others
	moves   bool       // HTTP/2: the client opens another connection, which leads elsewhere
	resets  bool       // the connection is reset where there is no answer
	relayed bool       // the answer is the upstream proxy's, which the origin's connection holds

	sent   []byte       // what came of an answer that is not passed on, where the row is to show it
	secure *flow.Secure // what is known of TLS that failed; nil where there is none
}

// ownField is a further header field of an answer.
type ownField struct{ name, value string }

const plainText = "text/plain; charset=utf-8"

// errorReply is an answer that says, in plain words, what happened and what to do.
func errorReply(status int, failure flow.Failure, why flow.Reason) *reply {
	return &reply{status: status, failure: failure, why: why, kind: plainText,
		body: "Posthouse: " + strconv.Itoa(status) + " " + http.StatusText(status) + "\n\n" + reason.English(why) + "\n"}
}

func (r *reply) close() *reply {
	r.closes = true
	return r
}

// gone is for a client that no longer takes an answer.
func gone() *reply {
	return &reply{failure: flow.FailureClientGone, why: reason.ClientLeft.With(), closes: true}
}

// overLimitReply is the one answer of a connection above the limit.
func overLimitReply() *reply {
	return errorReply(503, flow.FailureLimit, reason.ConnectionLimit.With()).close()
}

func loopReply() *reply {
	return errorReply(508, flow.FailureLoop, reason.Loop.With())
}

// badMessageReply is the answer to a message that http1 refused. The connection is
// closed unless only the target was at fault: what follows cannot be trusted.
func badMessageReply(err error) *reply {
	var bad *http1.Error
	if !errors.As(err, &bad) {
		return errorReply(400, flow.FailureBadRequest, reason.RequestUnreadable.With(reason.Of(err))).close()
	}
	r := errorReply(bad.Status, flow.FailureBadRequest, reason.RequestRefused.With(bad.Reason()))
	switch bad {
	case http1.ErrScheme, http1.ErrPort, http1.ErrAuthority, http1.ErrHostLong, http1.ErrUserinfo, http1.ErrTargetForm:
	default:
		r.closes = true
	}
	return r
}

// answerBadHead ends a connection whose request head was not usable.
func (x *http1Exchange) answerBadHead(err error) bool {
	raw := x.conn.socket.Buffered()
	seen := len(raw)
	x.recordRaw(raw)
	x.conn.socket.Discard(seen)
	x.keep = false
	x.isHead = bytes.HasPrefix(raw, []byte("HEAD ")) // its answer has no body, bad or not
	switch {
	case err == errClientLeft:
		return x.answer(gone())
	case socket.IsInterrupt(err) && x.conn.wasCut():
		return x.answer(x.conn.cutReply().close())
	case x.conn.overLimit:
		x.conn.forgive()
		return x.answer(overLimitReply())
	case err == errHeadBudget:
		return x.answer(longHeadReply())
	case socket.IsInterrupt(err):
		x.conn.forgive()
		return x.answer(errorReply(408, flow.FailureClientTimeout, reason.HeadLate.With()).close())
	}
	return x.answer(badMessageReply(err).close())
}

// recordRaw opens a record of bytes that could not be parsed, with what can be made
// out of them.
func (x *http1Exchange) recordRaw(raw []byte) {
	if h := x.conn.handed.Swap(nil); h != nil { // its record says how much is kept
		x.rec, x.start = h.x.rec, h.x.start
		return
	}
	b := capture.Begin{Kind: flow.KindHTTP, Start: x.start, Client: x.conn.addr, Process: x.conn.process, Head: raw,
		Sent: x.sender.hooks()}
	sketch(&b, raw)
	if path := b.Path; x.inside != nil {
		x.inside.begin(&x.exchange, &b)
		b.Kind, b.Path = flow.KindHTTP, path
		b.MetadataOnly = x.private(x.inside.authority.Host)
	} else {
		b.MetadataOnly = x.private(sketchedHost(&b, raw))
	}
	x.rec = x.srv.store.Begin(&b)
}

// answer sends a reply and ends the exchange. It reports whether the connection
// may carry another one.
func (x *http1Exchange) answer(r *reply) bool {
	defer r.file.close()
	x.conn.watch.silentSince.Store(0)
	skipped := x.skipBody()
	keep := x.keep && !r.closes && skipped && !x.spokeEarly()
	x.rec.Unusable(r.sent)
	if r.status == 0 || x.told == toldHead {
		x.rec.Finish(r.failure, r.why, 0, time.Now())
		if r.resets {
			_ = x.conn.socket.Abort()
		}
		return false
	}
	out := appendReply(x.respOut[:0], r, keep)
	head := len(out)
	if !x.isHead {
		out = append(out, r.body...)
	}
	x.respOut = out
	x.conn.watch.stage(x.config.Timeouts.ClientHead)
	now := clock()
	if x.paced {
		x.stageBody(now) // it is slow because a rule says so
	}
	x.rec.ResponseHead(r.status, out[:head], kindSpan(out[:head], r.kind), moment(now))
	_, err := x.conn.socket.Write(out)
	if err == nil && !x.isHead {
		x.rec.ResponseBody(out[head:])
		if end := (relaying{x}).answerFile(r.file); end.failure != flow.FailureNone {
			return relaying{x}.brokeOff(end)
		}
	}
	x.rec.Finish(r.failure, r.why, 0, time.Now())
	if err != nil {
		return false
	}
	if !keep {
		x.conn.linger()
	}
	return keep
}

// spokeEarly reports whether bytes came behind a CONNECT that fails, from a
// client that did not wait for the answer. They were meant for the tunnel, maybe
// by somebody who only has the client's connection lent: no request is in them
// (RFC 9110 section 9.3.6).
func (x *http1Exchange) spokeEarly() bool {
	return x.req.Raw != nil && x.req.Is("CONNECT") && x.conn.hasUnread()
}

func appendReply(out []byte, r *reply, keep bool) []byte {
	out = append(strconv.AppendInt(append(out, "HTTP/1.1 "...), int64(r.status), 10), ' ')
	out = append(out, http.StatusText(r.status)...)
	if r.undated() {
		out = time.Now().UTC().AppendFormat(append(out, "\r\nDate: "...), http.TimeFormat)
	}
	r.head(func(name, value string) {
		out = append(append(append(append(out, "\r\n"...), name...), ": "...), value...)
	})
	if !keep {
		out = append(out, "\r\nConnection: close"...)
	}
	return append(out, "\r\n\r\n"...)
}

// undated reports whether the fields of an answer lack a Date. A rule may name one.
func (r *reply) undated() bool {
	return !r.ruled || !slices.ContainsFunc(r.fields, func(f ownField) bool { return strings.EqualFold(f.name, "Date") })
}

// closedPolicy lets a page load, run and send nothing, and be framed by none.
const closedPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// head tells the header fields of an answer, whatever version it goes out in; Date
// and what is of the connection are not among them. An answer stands under the
// name of an origin that did not give it: no browser may keep it, guess its type
// or let it do anything.
func (r *reply) head(field func(name, value string)) {
	if r.ruled {
		for _, f := range r.fields {
			field(f.name, f.value)
		}
		if !http1.Bodiless(r.status) {
			field("Content-Length", strconv.FormatInt(r.length(), 10))
		}
		return
	}
	if status := proxyStatus(r); status != "" {
		field("Proxy-Status", status)
	}
	if r.kind != "" {
		field("Content-Type", r.kind)
	}
	if r.allow != "" {
		field("Allow", r.allow)
	}
	field("Cache-Control", "no-store")
	field("Content-Security-Policy", cmp.Or(r.policy, closedPolicy))
	field("X-Content-Type-Options", "nosniff")
	for _, f := range r.fields {
		field(f.name, f.value)
	}
	field("Content-Length", strconv.FormatInt(r.length(), 10))
}

func kindSpan(head []byte, kind string) capture.Span {
	const name = "\r\ncontent-type: "
	for i := 0; kind != "" && i+len(name) < len(head); i++ {
		if head[i] == '\r' && http1.EqualFold(head[i:i+len(name)], name) {
			return capture.Span{Off: uint32(i + len(name)), Len: uint32(len(kind))}
		}
	}
	return capture.Span{}
}

// skipBody drops a request body that will not be read, if all of it is there.
// Otherwise the connection cannot be used again.
func (x *http1Exchange) skipBody() bool {
	switch {
	case x.upload != nil:
		return x.upload.fault == nil
	case x.tookInline:
		return !x.uploads()
	case x.req.Raw == nil || !x.req.HasBody():
		return true
	case x.req.Chunked || int64(len(x.conn.socket.Buffered())) < x.req.Length:
		return false
	}
	x.conn.socket.Discard(int(x.req.Length))
	return true
}

// Bounds of a lingering close. Many clients write their whole body before they
// read: what they still send must be taken, or they never see the answer.
const (
	lingerPause = time.Second      // without a byte
	lingerTime  = 10 * time.Second // in all
	lingerBytes = 64 << 20
)

// linger closes so that the answer arrives: closing with unread bytes would
// send a reset, and the client might lose what it has not read yet (RFC 9112
// section 9.6). The sending side ends now; what still comes in is dropped.
func (c *conn) linger() {
	if c.wasCut() || c.socket.CloseWrite() != nil {
		return
	}
	c.socket.SetBulk(true)
	until := clock() + int64(lingerTime)
	for dropped := 0; dropped < lingerBytes && clock() < until; {
		n := len(c.socket.Buffered())
		c.socket.Discard(n)
		dropped += n
		c.watch.stage(lingerPause)
		if c.socket.Fill() != nil {
			return
		}
	}
}
