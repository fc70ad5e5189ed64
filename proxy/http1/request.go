package http1

import "bytes"

// Request is a parsed request head.
type Request struct {
	Head
	Method  []byte // as sent; methods are case-sensitive (RFC 9110 section 9.1)
	Target  []byte // as sent
	Version []byte // as sent, such as "HTTP/1.1"
}

// CheckStart refuses what cannot become a request line, from its first bytes
// on, so that a client that speaks another protocol is told immediately.
func CheckStart(b []byte) error {
	if len(b) == 0 || classes[b[0]]&classToken != 0 {
		return nil
	}
	if b[0] == 0x16 && (len(b) < 2 || b[1] == 0x03) {
		return ErrTLS
	}
	if b[0] == ' ' || b[0] == '\t' {
		return ErrRequestLine
	}
	return ErrMethod
}

// CheckRequestLine refuses a request line that no fields can mend, such as the
// whole request of an HTTP/0.9 client.
func CheckRequestLine(line []byte) error {
	var r Request
	return r.parseLine(line)
}

// ParseRequest reads a head that lines has scanned (RFC 9112 sections 3 to 6).
// raw must stay unchanged while r is used.
func ParseRequest(r *Request, raw []byte, lines *Lines) error {
	r.Head.reset(raw)
	r.Method, r.Target, r.Version = nil, nil, nil
	if err := r.parseLine(lines.line(raw, 0)); err != nil {
		return err
	}
	if err := r.parseFields(lines); err != nil {
		return err
	}
	return r.checkHost()
}

func (r *Request) parseLine(line []byte) error {
	i := bytes.IndexByte(line, ' ')
	j := bytes.LastIndexByte(line, ' ')
	if i < 0 || j <= i {
		if !cleanText(line) {
			return ErrControl
		}
		return ErrRequestLine
	}
	method, target, version := line[:i], line[i+1:j], line[j+1:]
	if len(method) == 0 || !isClass(method, classToken) {
		return ErrMethod
	}
	if len(target) == 0 || !isClass(target, classTarget) {
		return ErrTarget
	}
	minor, err := parseVersion(version)
	if err != nil {
		return err
	}
	r.Method, r.Target, r.Version, r.Minor = method, target, version, minor
	return nil
}

// parseVersion reads HTTP-version (RFC 9112 section 2.3): "HTTP/" DIGIT "." DIGIT.
func parseVersion(b []byte) (minor uint8, err error) {
	if len(b) != 8 || string(b[:5]) != "HTTP/" || b[6] != '.' || b[5]-'0' > 9 || b[7]-'0' > 9 {
		return 0, ErrVersion
	}
	if b[5] != '1' {
		return 0, ErrVersionMajor
	}
	return b[7] - '0', nil
}

// checkHost holds RFC 9112 section 3.2: one Host in HTTP/1.1, at most one in HTTP/1.0.
func (r *Request) checkHost() error {
	if r.hosts == 0 {
		if r.Minor == 0 {
			return nil
		}
		return ErrHostMissing
	}
	if r.hosts > 1 {
		return ErrHostTwice
	}
	value := r.Find(Host)
	if len(value) == 0 {
		return nil
	}
	var a Authority
	if bytes.IndexByte(value, '@') >= 0 || parseAuthority(&a, value) != nil {
		return r.hostFault()
	}
	return nil
}

// hostFault says where a malformed Host comes from: clients take it from their
// target, which is what is wrong then.
func (r *Request) hostFault() error {
	var t Target
	var err *Error
	if r.Is("CONNECT") {
		err, _ = ParseConnect(&t.Authority, r.Target).(*Error)
	} else {
		err, _ = ParseAbsolute(&t, r.Target).(*Error)
	}
	switch err {
	case ErrAuthority, ErrHostLong, ErrUserinfo, ErrPort:
		return err
	}
	return ErrHostValue
}

// HasBody reports whether content follows the head (RFC 9112 section 6.3).
func (r *Request) HasBody() bool { return r.Chunked || r.Length > 0 }

// Is reports whether the method is m.
func (r *Request) Is(m string) bool { return string(r.Method) == m }

// Idempotent reports whether a proxy may send the request again after a lost
// connection (RFC 9110 section 9.2.2).
func (r *Request) Idempotent() bool {
	switch string(r.Method) {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}

// maxMaxForwards stands for all numbers too large to count down (RFC 9110
// section 7.6.2: the recipient's maximum supported value).
const maxMaxForwards = 1<<63 - 1

// MaxForwards returns the value of Max-Forwards (RFC 9110 section 7.6.2), or -1 where there is none.
func (r *Request) MaxForwards() (int64, error) {
	value, count := []byte(nil), 0
	for i := range r.Fields {
		if r.Fields[i].Known == MaxForwards {
			value = r.Fields[i].Value
			count++
		}
	}
	if count == 0 {
		return -1, nil
	}
	n, ok := parseDecimal(value)
	if !ok && allDigits(value) {
		n, ok = maxMaxForwards, true
	}
	if !ok || count > 1 {
		return 0, ErrMaxForwards
	}
	return n, nil
}

// Begin makes r a request that has no text of HTTP/1, such as one that came over
// HTTP/2: raw is how it is shown, of which method, target and what Add is given are parts.
func (r *Request) Begin(raw, method, target []byte) {
	r.Head.reset(raw)
	r.Method, r.Target, r.Version = method, target, nil
	r.Minor = 1
}

// Add puts a field behind the others, and notes what a proxy acts on. It checks nothing.
func (h *Head) Add(name, value, line []byte) {
	f := Field{Name: name, Value: value, Line: line, Known: lookup(name)}
	h.Fields = append(h.Fields, f)
	switch f.Known {
	case Via:
		h.HasVia = true
	case Authorization, ProxyAuthorization, WWWAuthenticate, ProxyAuthenticate:
		h.HasLogin = true
	}
}

// Drop forgets what the head holds of a buffer, and keeps its memory for fields.
func (h *Head) Drop() { h.reset(nil) }
