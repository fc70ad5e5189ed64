package decrypt

import (
	"encoding/binary"
	"net"

	"posthouse/proxy/clienthello"
)

// wire is the transport below TLS with an origin. It looks at both hellos, which pass in
// the clear: what was sent is told by its fingerprint, and of the keys of several groups
// the library is given the one of the group that the origin chose.
type wire struct {
	net.Conn
	record uint16             // version in the header of the first record; 0: as the library has it
	choose func(group uint16) // nil: not wanted
	ja4    string             // of what was sent, "" until then
	wrote  bool
	seen   []byte // of the origin's first record
	shaken bool   // the handshake is over
	flight []byte // what came until then
}

// serverHelloLimit is how much of an origin's first record is looked at, in bytes.
const serverHelloLimit = 4 << 10

// maxFlight bounds what is kept of an origin's part of the handshake, in bytes.
const maxFlight = 64 << 10

func (w *wire) Write(p []byte) (int, error) {
	if !w.wrote {
		w.wrote = true
		if ja4, ok := clienthello.JA4Of(p); ok {
			w.ja4 = ja4
			if w.record>>8 == 3 {
				binary.BigEndian.PutUint16(p[1:], w.record)
			}
		}
	}
	return w.Conn.Write(p)
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if !w.shaken && n > 0 {
		w.flight = append(w.flight, p[:min(n, maxFlight-len(w.flight))]...)
	}
	if w.choose != nil && n > 0 {
		w.look(p[:n])
	}
	return n, err
}

func (w *wire) look(p []byte) {
	w.seen = append(w.seen, p[:min(len(p), serverHelloLimit-len(w.seen))]...)
	group, known := chosenGroup(w.seen)
	if !known && len(w.seen) < serverHelloLimit {
		return
	}
	if group != 0 {
		w.choose(group)
	}
	w.choose, w.seen = nil, nil
}

// chosenGroup reads the group of an origin's key share off its first record. known is
// false until all is there that tells; the group is 0 where none was chosen.
func chosenGroup(b []byte) (group uint16, known bool) {
	const handshakeRecord, serverHello = 22, 2
	if len(b) < 5 {
		return 0, false
	}
	size := int(binary.BigEndian.Uint16(b[3:]))
	if b[0] != handshakeRecord || size < 4 {
		return 0, true
	}
	if len(b) < 5+size && len(b) < serverHelloLimit {
		return 0, false
	}
	b = b[5:min(len(b), 5+size)]
	if b[0] != serverHello || len(b) < 4+2+32+1 {
		return 0, true
	}
	b = b[4+2+32:]
	rest := 1 + int(b[0]) + 2 + 1 // session id, cipher, compression
	if len(b) < rest+2 {
		return 0, true
	}
	for b = b[rest+2:]; len(b) >= 4; {
		id, length := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if len(b) < 4+length {
			break
		}
		if id == clienthello.ExtKeyShare && length > 2 { // of two bytes in a HelloRetryRequest
			return binary.BigEndian.Uint16(b[4:]), true
		}
		b = b[4+length:]
	}
	return 0, true
}
