package export

import (
	"strconv"
	"strings"

	"posthouse/proxy/flow"
)

// request is what every form is written from: what was sent, as far as it is known
// and can be sent again.
type request struct {
	x       *flow.Exchange
	head    head
	scheme  string // of its URL: http or https
	path    string // the target as an origin gets it
	content []byte // the body that is sent
	sends   bool   // a body is sent, be it empty
	chunked bool   // its length was not announced
	notes   notes
}

func newRequest(x *flow.Exchange) *request {
	r := &request{x: x, head: parseHead(x), scheme: webScheme(x), path: x.Path}
	r.chunked = strings.EqualFold(r.head.value("Transfer-Encoding"), "chunked")
	switch {
	case r.path == "" && r.head.method.text == "OPTIONS": // as the proxy has it (RFC 9112 section 3.2.4)
		r.path = "*"
	case r.path == "" || r.path[0] == '?':
		r.path = "/" + r.path
	}
	return r
}

// webScheme is that of the URL that a program is given. For ws it would make another
// handshake, with another key; the same request over http is the one that was sent.
func webScheme(x *flow.Exchange) string {
	if x.Scheme == "ws" {
		return "http"
	}
	return x.Scheme
}

// known reports whether there is a request at all.
func (r *request) known() bool { return r.head.method.valid && r.scheme != "" && r.x.Host != "" }

func (r *request) origin() string { return r.scheme + "://" + r.x.Host }

// readBody decides what becomes of the body: all of it is sent, or none. bodyless
// says that the program sends none with this method; carries, why its form cannot
// hold this one, 0 where it can.
func (r *request) readBody(bodyless bool, carries func(body []byte) NoteKind) {
	body := &r.x.RequestBody
	announced, err := strconv.ParseInt(r.head.value("Content-Length"), 10, 64)
	short := err == nil && announced != body.Size // the client left before its end
	if r.chunked && r.x.Phase.Final() && r.x.Timing.Sent == 0 {
		short = true
	}
	switch {
	case body.Size == 0 && !r.chunked && !short:
	case bodyless:
		r.notes.add(BodyRefused)
	case short, body.Size > 0 && body.State != flow.BodyWhole, int64(len(body.Bytes)) != body.Size:
		r.notes.add(BodyIncomplete)
	default:
		if kind := carries(body.Bytes); kind != 0 {
			r.notes.add(kind)
			return
		}
		r.content, r.sends = body.Bytes, true
	}
}

// leftOut notes what no form sends.
func (r *request) leftOut() {
	if len(r.head.malformed) > 0 {
		r.notes.add(FieldsMalformed, r.head.malformed...)
	}
	if r.head.cut {
		r.notes.add(HeadIncomplete)
	}
	if len(r.x.RequestTrailer) > 0 {
		r.notes.add(Trailers)
	}
}
