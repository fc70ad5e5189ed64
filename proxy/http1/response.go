package http1

import "posthouse/proxy/flow"

// Response is a parsed response head.
type Response struct {
	Head
	Sent   []byte      // the head as it came; Raw is the same unless it was mended
	Mended flow.Mended // how Sent broke the rules, where ResponseReader could mend it
	Status int
	Line   []byte // the status line as sent, without CR LF
	Reason []byte // with the space before it, as sent; empty where there is none
}

// CheckStatus refuses what cannot become a status line, from its first bytes
// on, so that an origin that speaks another protocol is told immediately.
func CheckStatus(b []byte) error {
	const version = "HTTP/"
	n := min(len(b), len(version))
	if string(b[:n]) != version[:n] {
		return ErrStatusLine
	}
	return nil
}

// Bodiless reports whether a response of a status never has content, whatever its fields say
// (RFC 9112 section 6.3).
func Bodiless(status int) bool { return status < 200 || status == 204 || status == 304 }

// Contentless reports whether a response of a status is to have no content: of 205 its fields say so (RFC 9110
// section 15.3.6), of others nothing else can be.
func Contentless(status int) bool { return Bodiless(status) || status == 205 }

// Exchangeable reports whether a status can take the place of another while the rest of its response stays.
func Exchangeable(status, to int) bool {
	return Bodiless(status) == Bodiless(to) && (Contentless(status) || !Contentless(to))
}

// CheckStatusLine refuses a status line that no fields can mend.
func CheckStatusLine(line []byte) error {
	var r Response
	return r.parseLine(line)
}

// ParseResponse reads a head that lines has scanned (RFC 9112 sections 4 to 6).
// raw must stay unchanged while r is used.
func ParseResponse(r *Response, raw []byte, lines *Lines) error { return r.parse(raw, lines, false) }

// parse reads a head. In a loose one, which was mended, field names may have odd
// bytes, and values controls.
func (r *Response) parse(raw []byte, lines *Lines, loose bool) error {
	r.Head.reset(raw)
	r.loose = loose
	r.Sent, r.Mended = raw, 0
	r.Status, r.Line, r.Reason = 0, nil, nil
	if err := r.parseLine(lines.line(raw, 0)); err != nil {
		return err
	}
	return r.parseFields(lines)
}

// parseLine reads "HTTP/1.1 SP 3DIGIT SP reason"; the second space may lack
// with the reason, as many servers send it.
func (r *Response) parseLine(line []byte) error {
	if len(line) < 12 || line[8] != ' ' {
		return ErrStatusLine
	}
	minor, err := parseVersion(line[:8])
	if err != nil {
		return err
	}
	status := 0
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return ErrStatusLine
		}
		status = status*10 + int(c-'0')
	}
	reason := line[12:]
	if status < 100 || len(reason) > 0 && reason[0] != ' ' {
		return ErrStatusLine
	}
	if !cleanText(reason) {
		return ErrControl
	}
	r.Minor, r.Status, r.Line, r.Reason = minor, status, line, reason
	return nil
}

// Framing is how a body's end is found (RFC 9112 section 6.3).
type Framing uint8

const (
	NoBody Framing = iota
	Length
	Chunked
	UntilClose
)

// Framing tells how the body of a response to a request by that method ends.
func (r *Response) Framing(head bool) Framing {
	switch {
	case head, Bodiless(r.Status):
		return NoBody
	case r.Chunked:
		return Chunked
	case r.Length == 0:
		return NoBody
	case r.Length > 0:
		return Length
	}
	return UntilClose
}

// Persistent reports whether the connection may carry another exchange after
// this response (RFC 9112 section 9.3). HTTP/1.0 peers are not trusted with
// that, nor is an origin that announces a body where none may be (RFC 9112
// sections 6.1 and 6.2): it may send one.
func (r *Response) Persistent() bool {
	if r.Minor == 0 || r.Close {
		return false
	}
	return r.Status != 204 || !r.Chunked && r.Length <= 0
}
