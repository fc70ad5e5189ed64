package har

import (
	"bytes"
	"strings"
	"time"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
)

// ownExchange is an exchange that Posthouse wrote, as it was.
func (e *entry) ownExchange() *flow.Exchange {
	x := &flow.Exchange{}
	own := extra{x: x}
	e.inner.reset(e.own)
	readMembers(e.inner, ownByName, &own)

	x.Method = e.request.method
	if own.method != "" {
		x.Method = own.method
	}
	if own.target != nil {
		x.Scheme, x.Host, x.Path = own.target.scheme, own.target.host, own.target.path
	} else {
		x.Scheme, x.Host, x.Path = cutURL(e.request.url)
	}
	x.RequestHead = own.request.made(e.request.block, func(b []byte) []byte {
		return requestLine(b, x.Method, target(&x.Row), x.Proto)
	})
	x.ResponseHead = own.response.made(e.response.block, func(b []byte) []byte {
		return statusLine(b, unread(e.response.version), x.Status, e.response.phrase)
	})
	x.RequestTrailer = own.request.madeTrailer(e.request.trailer)
	x.ResponseTrailer = own.response.madeTrailer(e.response.trailer)
	own.requestBody.made(&x.RequestBody, &e.request.body, e)
	own.responseBody.made(&x.ResponseBody, &e.response.body, e)
	for _, b := range [...]*flow.Body{&own.came.body, &x.Ruled.RequestBody, &x.Ruled.ResponseBody} {
		if int64(len(b.Bytes)) > e.limits.Body {
			b.Bytes, b.State = b.Bytes[:e.limits.Body], flow.BodyCut
		}
	}
	own.came.restore(x)
	switch {
	case own.foreign != nil:
		x.Foreign = own.foreign
	case own.imported:
		e.foreign.members[partPage] = own.page
		x.Foreign = e.foreign.json()
	}
	sane(x)
	return x
}

// sane makes of an exchange what it would be if Posthouse had recorded it, whoever wrote
// the file. It changes nothing of one that was.
func sane(x *flow.Exchange) {
	if x.Kind == 0 {
		x.Kind = flow.KindHTTP
	}
	if x.Phase == 0 {
		x.Phase = flow.PhaseDone
	}
	x.Note = note(x.Note)
	t := &x.Timing
	for _, d := range [...]*time.Duration{&x.Duration, &t.Resolved, &t.Dialed, &t.Connected, &t.Sent, &t.FirstByte, &t.End} {
		*d = max(*d, 0)
	}
	for _, b := range x.Bodies() {
		b.Size = max(b.Size, 0)
	}
	x.RequestSize, x.ResponseSize, x.Status = max(x.RequestSize, 0), max(x.ResponseSize, 0), max(x.Status, 0)
}

var ownByName = byName(ownMembers)

// unread is the version that httpVersion was made of.
func unread(version string) string {
	if version == "http/2.0" {
		return "HTTP/2.0"
	}
	return version
}

// made is the head of field lines with a start-line.
func (h *headExtra) made(block []byte, start func([]byte) []byte) []byte {
	var b []byte
	switch {
	case h.bare:
		return nil
	case len(h.head) > 0:
		return h.head
	case len(h.line) > 0:
		b = append(h.line, "\r\n"...)
	case len(block) == 0 || block[0] != ':':
		b = start(make([]byte, 0, len(block)+256))
	}
	return append(append(b, block...), "\r\n"...)
}

func (h *headExtra) madeTrailer(block []byte) []byte {
	if len(h.trailer) > 0 {
		return h.trailer
	}
	return block
}

// made fills in the bytes of a body.
func (w *bodyExtra) made(body *flow.Body, told *bodyText, e *entry) {
	if w.wire != nil {
		body.Bytes = w.wire
	} else if told.has {
		body.Bytes = told.plain(e.limits)
	}
	if told.lost > 0 || int64(len(body.Bytes)) > e.limits.Body {
		body.Bytes = body.Bytes[:min(int64(len(body.Bytes)), e.limits.Body)]
		body.State = flow.BodyCut
	}
}

// plain is the bytes of a text.
func (t *bodyText) plain(limits archive.Limits) []byte {
	if !strings.EqualFold(t.encoding, "base64") {
		if len(t.text) == 0 {
			return nil
		}
		return bytes.Clone(t.text[:min(int64(len(t.text)), limits.Body)])
	}
	return unbase64(t.text)
}
