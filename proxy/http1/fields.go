package http1

import "bytes"

// Known names the fields that have a meaning for a proxy.
type Known uint8

const (
	Other Known = iota
	TE
	Via
	Host
	Expect
	Upgrade
	Trailer
	Connection
	KeepAlive
	ContentType
	MaxForwards
	ContentLength
	Authorization
	ProxyConnection
	WWWAuthenticate
	TransferEncoding
	ProxyAuthenticate
	ProxyAuthorization
	HTTP2Settings
)

// Field is one field line. The slices alias the head.
type Field struct {
	Name  []byte // as sent
	Value []byte // as sent, without the white space around it
	Line  []byte // the whole line with its CR LF
	Known Known
}

// lookup finds the known name, whatever its case; the length decides which are compared.
func lookup(name []byte) Known {
	switch len(name) {
	case 2:
		return one(name, "te", TE)
	case 3:
		return one(name, "via", Via)
	case 4:
		return one(name, "host", Host)
	case 6:
		return one(name, "expect", Expect)
	case 7:
		if EqualFold(name, "upgrade") {
			return Upgrade
		}
		return one(name, "trailer", Trailer)
	case 10:
		if EqualFold(name, "connection") {
			return Connection
		}
		return one(name, "keep-alive", KeepAlive)
	case 12:
		if EqualFold(name, "content-type") {
			return ContentType
		}
		return one(name, "max-forwards", MaxForwards)
	case 13:
		return one(name, "authorization", Authorization)
	case 14:
		if EqualFold(name, "content-length") {
			return ContentLength
		}
		return one(name, "http2-settings", HTTP2Settings)
	case 16:
		if EqualFold(name, "www-authenticate") {
			return WWWAuthenticate
		}
		return one(name, "proxy-connection", ProxyConnection)
	case 17:
		return one(name, "transfer-encoding", TransferEncoding)
	case 18:
		return one(name, "proxy-authenticate", ProxyAuthenticate)
	case 19:
		return one(name, "proxy-authorization", ProxyAuthorization)
	}
	return Other
}

func one(name []byte, lower string, k Known) Known {
	if EqualFold(name, lower) {
		return k
	}
	return Other
}

// parseField reads one field line (RFC 9112 section 5); line ends in CR LF.
func parseField(line []byte, f *Field) error {
	text := line[:len(line)-2]
	n := 0
	for n < len(text) && classes[text[n]]&classToken != 0 {
		n++
	}
	if n == len(text) || text[n] != ':' || n == 0 {
		return fieldError(text, n)
	}
	value := text[n+1:]
	if !cleanText(value) {
		return ErrControl
	}
	f.Name, f.Value, f.Line = text[:n], trimOWS(value), line
	f.Known = lookup(f.Name)
	return nil
}

// parseOddField reads a line that mending has let pass although its name has odd
// bytes or its value controls. It has a name, and no other bytes that end a line.
func parseOddField(line []byte, f *Field) bool {
	text := line[:len(line)-2]
	colon := bytes.IndexByte(text, ':')
	if colon <= 0 {
		return false
	}
	f.Name, f.Value, f.Line = text[:colon], trimOWS(text[colon+1:]), line
	f.Known = lookup(f.Name)
	return true
}

// fieldError says what is wrong with a line whose name ends at n without a colon.
func fieldError(text []byte, n int) error {
	switch {
	case !cleanText(text):
		return ErrControl
	case text[0] == ' ' || text[0] == '\t':
		return ErrFold
	case n > 0 && n < len(text) && (text[n] == ' ' || text[n] == '\t'):
		return ErrSpaceColon
	}
	return ErrFieldName
}
