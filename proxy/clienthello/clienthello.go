// Package clienthello reads the one message of a TLS connection that passes in the
// clear, the ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2), to
// tell what a tunnel is for. It only looks: the bytes pass on as they came.
// Bytes in, meaning out; no state, no I/O, bounded by MaxSize.
package clienthello

import "encoding/binary"

// MaxSize bounds the bytes looked at, in bytes: four full TLS records and their headers.
const MaxSize = 4 * (16384 + 5)

// Result says what Parse made of the bytes.
type Result uint8

const (
	NotTLS Result = iota // not, and never, a ClientHello
	More                 // could become one; call again with more bytes
	Found
)

// Info is what a ClientHello says.
type Info struct {
	ServerName string   // server_name, RFC 6066 section 3; empty if not sent
	Protocols  []string // ALPN, RFC 7301, in the client's order
	Version    uint16   // highest version offered, such as 0x0304
}

// VersionName is the common name of a version, empty for one unknown here.
func VersionName(v uint16) string {
	switch v {
	case 0x0300:
		return "SSL 3.0"
	case 0x0301:
		return "TLS 1.0"
	case 0x0302:
		return "TLS 1.1"
	case 0x0303:
		return "TLS 1.2"
	case 0x0304:
		return "TLS 1.3"
	}
	return ""
}

const (
	recordHandshake      = 22
	handshakeClientHello = 1

	extensionServerName        = 0
	extensionALPN              = 16
	extensionSupportedVersions = 43

	maxProtocols = 16
)

// Parse looks at the first bytes of a connection.
func Parse(p []byte) (Info, Result) {
	message, result := handshake(p)
	if result == More && len(p) >= MaxSize {
		return Info{}, NotTLS
	}
	if result != Found {
		return Info{}, result
	}
	return parseHello(message)
}

// handshake joins the records that hold the first handshake message and
// returns its body. It copies only when the message spans records.
func handshake(p []byte) ([]byte, Result) {
	var joined []byte
	for first := true; ; first = false {
		if r := checkRecord(p); r != Found {
			return nil, r
		}
		size := int(binary.BigEndian.Uint16(p[3:]))
		have := min(size, len(p)-5)
		part := p[5 : 5+have]
		if first {
			joined = part
		} else {
			joined = append(joined[:len(joined):len(joined)], part...)
		}
		if len(joined) > 0 && joined[0] != handshakeClientHello {
			return nil, NotTLS
		}
		if len(joined) >= 4 {
			need := int(joined[1])<<16 | int(joined[2])<<8 | int(joined[3])
			if need > MaxSize {
				return nil, NotTLS
			}
			if len(joined) >= 4+need {
				return joined[4 : 4+need], Found
			}
		}
		if have < size || len(joined) > MaxSize {
			return nil, More
		}
		p = p[5+size:]
	}
}

// checkRecord looks at a record header: handshake, version 3.x, 1 to 16384 bytes.
func checkRecord(p []byte) Result {
	switch {
	case len(p) > 0 && p[0] != recordHandshake,
		len(p) > 1 && p[1] != 3,
		len(p) > 2 && p[2] > 4:
		return NotTLS
	case len(p) < 5:
		return More
	}
	if size := binary.BigEndian.Uint16(p[3:]); size == 0 || size > 16384 {
		return NotTLS
	}
	return Found
}

// reader takes fields off a message; once one is short, all later ones are too.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.b) {
		r.short, r.b = true, nil
		return nil
	}
	part := r.b[:n]
	r.b = r.b[n:]
	return part
}

func (r *reader) number(size int) int {
	n := 0
	for _, c := range r.bytes(size) {
		n = n<<8 | int(c)
	}
	return n
}

// vector takes a length of size bytes and then as many bytes.
func (r *reader) vector(size int) reader { return reader{b: r.bytes(r.number(size))} }

func parseHello(message []byte) (Info, Result) {
	r := reader{b: message}
	info := Info{Version: uint16(r.number(2))}
	r.bytes(32) // random
	r.vector(1) // session id
	r.vector(2) // cipher suites
	r.vector(1) // compression methods
	if r.short || info.Version>>8 != 3 {
		return Info{}, NotTLS
	}
	if len(r.b) == 0 {
		return info, Found
	}
	extensions := r.vector(2)
	for len(extensions.b) > 0 && !extensions.short {
		kind := extensions.number(2)
		body := extensions.vector(2)
		if extensions.short {
			break
		}
		info.readExtension(kind, body)
	}
	if r.short || extensions.short {
		return Info{}, NotTLS
	}
	return info, Found
}

func (i *Info) readExtension(kind int, body reader) {
	switch kind {
	case extensionServerName:
		names := body.vector(2)
		for len(names.b) > 0 {
			if kind, name := names.number(1), names.vector(2); kind == 0 && printable(name.b) && i.ServerName == "" {
				i.ServerName = string(name.b)
			}
		}
	case extensionALPN:
		list := body.vector(2)
		for len(list.b) > 0 && len(i.Protocols) < maxProtocols {
			if name := list.vector(1); printable(name.b) && len(name.b) > 0 {
				i.Protocols = append(i.Protocols, string(name.b))
			}
		}
	case extensionSupportedVersions:
		list := body.vector(1)
		for len(list.b) > 1 {
			if v := uint16(list.number(2)); v > i.Version && VersionName(v) != "" { // GREASE values (RFC 8701) have no name
				i.Version = v
			}
		}
	}
}

func printable(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}
