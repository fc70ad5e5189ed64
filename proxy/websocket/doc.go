// Package websocket is the WebSocket protocol on the wire as a client speaks it (RFC 6455), with
// messages that are compressed (RFC 7692): frames, messages put together from them, and what of
// an answer makes a handshake one.
//
// A Reader keeps at most Reader.Keep bytes of a message and counts the rest, so that no message
// is too long for it. It belongs to one goroutine, and so does a Writer. The package opens no
// sockets and starts nothing.
package websocket

import (
	"fmt"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Opcode is what a frame is (RFC 6455 section 5.2).
type Opcode uint8

const (
	Continuation Opcode = 0
	Text         Opcode = 1
	Binary       Opcode = 2
	Close        Opcode = 8
	Ping         Opcode = 9
	Pong         Opcode = 10
)

// Control reports whether frames of the opcode say something of the connection.
func (o Opcode) Control() bool { return o&8 != 0 }

func (o Opcode) known() bool { return o <= Binary || o >= Close && o <= Pong }

// Codes with which a connection is closed (RFC 6455 section 7.4.1).
const (
	CloseNormal   uint16 = 1000
	CloseLeaving  uint16 = 1001
	CloseProtocol uint16 = 1002
	CloseNone     uint16 = 1005 // stands for a Close without a code; is never sent
)

// MaxControl bounds what a control frame says, in bytes; the reason of a Close has two less.
const MaxControl = 125

// Error is what a peer did against the protocol.
type Error struct {
	Why  flow.Reason
	Code uint16 // with which the connection is to be closed
}

func (e *Error) Error() string { return reason.English(e.Why) }

// Reason is what flow.Explained asks for.
func (e *Error) Reason() flow.Reason { return e.Why }

var _ flow.Explained = (*Error)(nil)

// broken is a fault of the peer's.
func broken(code flow.ReasonCode, args ...any) *Error {
	return &Error{Why: code.With(args...), Code: CloseProtocol}
}

// CloseText is what a Close says: its code, CloseNone for none, and its reason, which may be
// no UTF-8. Payloads of one byte have neither.
func CloseText(payload []byte) (code uint16, text []byte) {
	if len(payload) < 2 {
		return CloseNone, nil
	}
	return uint16(payload[0])<<8 | uint16(payload[1]), payload[2:]
}

// ClosePayload is what a Close is sent with; CloseNone sends it without code and reason.
func ClosePayload(code uint16, text string) ([]byte, error) {
	switch {
	case code == CloseNone && text == "":
		return nil, nil
	case len(text) > MaxControl-2:
		return nil, fmt.Errorf("websocket: a reason of %d bytes", len(text))
	}
	return append([]byte{byte(code >> 8), byte(code)}, text...), nil
}
