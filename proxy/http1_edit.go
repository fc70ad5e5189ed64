package proxy

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// What a person made of a message of HTTP/1 is read as strictly as what comes, so that it has one
// meaning; what is sent as it is typed is not.

// replacement is what goes on in place of a body.
type replacement struct {
	came    int    // bytes of the buffer that it takes the place of
	wire    []byte // with its framing
	content []byte // without it
	payload []byte // as it came, for the record
}

// record keeps what goes on, where it is not what came in another framing.
func (r *replacement) record(went capture.Went) {
	if !bytes.Equal(r.content, r.payload) {
		went.Add(r.content)
	}
}

// editedRequest is a request that a person edited, where it goes, and its body; nil where that
// stays. x is a copy of the exchange, since this may be called beside it.
func editedRequest(x exchange, h *heldBody, e *breakpoints.Edit) (req http1.Request, p plan, body *replacement, why flow.Reason) {
	head := e.Head
	for range 2 { // once more where its Content-Length is mended
		var err error
		if req, err = http1.WholeRequest(head, &x.limits); err != nil {
			return req, p, nil, reason.Of(err)
		}
		if req.Is("HEAD") != x.isHead {
			return req, p, nil, reason.BreakHead.With()
		}
		x.req = req
		p = x.route()
		switch {
		case p.reply != nil && !p.reply.why.IsZero():
			return req, p, nil, p.reply.why
		case p.reply != nil || p.local || p.kind != flow.KindHTTP:
			return req, p, nil, reason.BreakConnect.With()
		}
		var mended []byte
		if body, mended, why = editedBody(&req.Head, h, e, false); mended == nil || !why.IsZero() {
			return req, p, body, why
		}
		head = mended
	}
	return req, p, body, why
}

// editedResponse is a response that a person edited, and its body.
func editedResponse(h *heldBody, isHead bool, limits *http1.Limits, e *breakpoints.Edit) (resp http1.Response, body *replacement,
	why flow.Reason) {
	head := e.Head
	for range 2 {
		var err error
		if resp, err = http1.WholeResponse(head, limits); err != nil {
			return resp, nil, reason.Of(err)
		}
		if resp.Status < 200 || resp.Status > 999 {
			return resp, nil, reason.BreakStatus.With()
		}
		empty := isHead || http1.Bodiless(resp.Status)
		if empty && e.NewBody && len(e.Body) > 0 || empty && !isHead && !e.NewBody && (len(h.payload) > 0 || !h.behind.IsZero()) {
			return resp, nil, reason.BreakNoBody.With(strconv.Itoa(resp.Status))
		}
		var mended []byte
		if body, mended, why = editedBody(&resp.Head, h, e, empty); mended == nil || !why.IsZero() {
			return resp, body, why
		}
		head = mended
	}
	return resp, body, why
}

// editedBody is what takes the place of a body under an edited head, nil where it passes as it
// came, and the head with another Content-Length, nil where that is right.
func editedBody(head *http1.Head, h *heldBody, e *breakpoints.Edit, empty bool) (body *replacement, mended []byte, why flow.Reason) {
	switch {
	case !h.behind.IsZero():
		if e.NewBody || !h.framed(head) {
			return nil, nil, reason.BreakFraming.With()
		}
		return nil, nil, flow.Reason{}
	case empty:
		if h.raw == 0 {
			return nil, nil, flow.Reason{} // there is none to take the place of
		}
		return &replacement{came: h.raw, payload: h.payload}, withLength(head, -1), flow.Reason{}
	case !e.NewBody && h.framed(head):
		return nil, nil, flow.Reason{}
	}
	payload := h.payload
	if e.NewBody {
		payload = e.Body
	}
	body = &replacement{came: h.raw, wire: payload, content: payload, payload: h.payload}
	switch {
	case head.Chunked:
		body.wire = asChunks(payload, h.trailer)
	case head.Length != int64(len(payload)) && (head.Length >= 0 || len(payload) > 0 || h.until):
		mended = withLength(head, len(payload))
	}
	return body, mended, flow.Reason{}
}

// asChunks is a body in one chunk (RFC 9112 section 7.1).
func asChunks(payload, trailer []byte) []byte {
	out := make([]byte, 0, len(payload)+len(trailer)+32)
	if len(payload) > 0 {
		out = append(strconv.AppendInt(out, int64(len(payload)), 16), "\r\n"...)
		out = append(append(out, payload...), "\r\n"...)
	}
	return append(append(append(out, "0\r\n"...), trailer...), "\r\n"...)
}

// withLength is a head with its Content-Length in its place, or behind the other fields; below
// zero it has neither that nor a transfer coding. It is nil where that changes nothing.
func withLength(head *http1.Head, n int) []byte {
	line, _, _ := cutLine(head.Raw)
	out := append(append(make([]byte, 0, len(head.Raw)+32), line...), "\r\n"...)
	put := n < 0
	for i := range head.Fields {
		f := &head.Fields[i]
		switch {
		case n < 0 && (f.Known == http1.ContentLength || f.Known == http1.TransferEncoding):
		case f.Known == http1.ContentLength:
			out = strconv.AppendInt(append(append(out, f.Name...), ": "...), int64(n), 10)
			out, put = append(out, "\r\n"...), true
		default:
			out = append(out, f.Line...)
		}
	}
	if !put {
		out = append(strconv.AppendInt(append(out, "Content-Length: "...), int64(n), 10), "\r\n"...)
	}
	if out = append(out, "\r\n"...); bytes.Equal(out, head.Raw) {
		return nil
	}
	return out
}

// rawFault says what keeps a request from being sent as it is typed: of HEAD alone nobody would
// know where its answer ends.
func rawFault(isHead bool, head []byte) flow.Reason {
	if bytes.HasPrefix(head, []byte("HEAD ")) != isHead {
		return reason.BreakHead.With()
	}
	return flow.Reason{}
}

// ownAnswer is the answer that a person gave.
func ownAnswer(limits *http1.Limits, e *breakpoints.Edit) (*reply, flow.Reason) {
	resp, err := http1.WholeResponse(e.Head, limits)
	if err != nil {
		return nil, reason.Of(err)
	}
	switch {
	case resp.Status < 200 || resp.Status > 999:
		return nil, reason.BreakStatus.With()
	case http1.Bodiless(resp.Status) && len(e.Body) > 0:
		return nil, reason.BreakNoBody.With(strconv.Itoa(resp.Status))
	}
	r := &reply{status: resp.Status, ruled: true, body: string(e.Body)}
	for i := range resp.Fields {
		switch f := &resp.Fields[i]; {
		case f.Known == http1.ContentLength, f.Known == http1.TransferEncoding, f.Known == http1.Connection, f.Known == http1.KeepAlive,
			f.Known == http1.Upgrade, f.Known == http1.ProxyConnection: // of the connection: dropped tells
		default:
			r.fields = append(r.fields, ownField{string(f.Name), string(f.Value)})
			if f.Known == http1.ContentType {
				r.kind = string(f.Value)
			}
		}
	}
	return r, flow.Reason{}
}

// dropped is what ownAnswer leaves out of what a person wrote: fields that Posthouse does not write just
// so, and the words behind the status.
func dropped(e *breakpoints.Edit) (fields []string, phrase string) {
	most := len(e.Head)
	resp, err := http1.WholeResponse(e.Head, &http1.Limits{StartLine: most, Head: most, Fields: most})
	if err != nil {
		return nil, ""
	}
	for i := range resp.Fields {
		switch f := &resp.Fields[i]; f.Known {
		case http1.ContentLength:
			if string(f.Value) != strconv.Itoa(len(e.Body)) {
				fields = append(fields, string(f.Name))
			}
		case http1.TransferEncoding, http1.Connection, http1.KeepAlive, http1.Upgrade, http1.ProxyConnection:
			fields = append(fields, string(f.Name))
		}
	}
	if len(resp.Line) > 13 {
		phrase = strings.TrimSpace(string(resp.Line[13:]))
	}
	if phrase == http.StatusText(resp.Status) {
		phrase = ""
	}
	return fields, phrase
}
