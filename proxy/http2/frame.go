package http2

import (
	"encoding/binary"

	"posthouse/proxy/reason"
)

// Sizes on the wire, in bytes (RFC 9113 sections 3.4, 4.1 and 6.5.2).
const (
	Preface       = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	HeaderSize    = 9
	MinFrame      = 16 << 10
	MaxFrame      = 1<<24 - 1
	MaxWindow     = 1<<31 - 1
	DefaultWindow = 65535
	MaxStream     = 1<<31 - 1
)

// Type is a frame's type (RFC 9113 section 6, RFC 7838, 8336, 9218).
type Type uint8

const (
	Data           Type = 0x0
	Headers        Type = 0x1
	Priority       Type = 0x2
	ResetStream    Type = 0x3
	Settings       Type = 0x4
	PushPromise    Type = 0x5
	Ping           Type = 0x6
	GoAway         Type = 0x7
	WindowUpdate   Type = 0x8
	Continuation   Type = 0x9
	PriorityUpdate Type = 0x10
)

// Flags of frames.
const (
	FlagEndStream   = 0x1 // DATA, HEADERS
	FlagAck         = 0x1 // SETTINGS, PING
	FlagEndHeaders  = 0x4 // HEADERS, PUSH_PROMISE, CONTINUATION
	FlagPadded      = 0x8 // DATA, HEADERS, PUSH_PROMISE
	FlagHasPriority = 0x20
)

// Header is what stands before each frame (RFC 9113 section 4.1).
type Header struct {
	Length uint32 // of what follows, in bytes
	Type   Type
	Flags  uint8
	Stream uint32
}

// Has reports whether all of the flags are set.
func (h Header) Has(flags uint8) bool { return h.Flags&flags == flags }

// ParseHeader reads a header from b, which must hold HeaderSize bytes.
func ParseHeader(b []byte) Header {
	_ = b[HeaderSize-1]
	return Header{Length: uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]), Type: Type(b[3]), Flags: b[4],
		Stream: binary.BigEndian.Uint32(b[5:]) & MaxStream}
}

// Append writes the header.
func (h Header) Append(b []byte) []byte {
	b = append(b, byte(h.Length>>16), byte(h.Length>>8), byte(h.Length), byte(h.Type), h.Flags)
	return binary.BigEndian.AppendUint32(b, h.Stream)
}

// AppendReset writes a RST_STREAM frame.
func AppendReset(b []byte, stream uint32, code Code) []byte {
	b = Header{Length: 4, Type: ResetStream, Stream: stream}.Append(b)
	return binary.BigEndian.AppendUint32(b, uint32(code))
}

// AppendGoAway writes a GOAWAY frame with a text for whoever debugs.
func AppendGoAway(b []byte, last uint32, code Code, text string) []byte {
	b = Header{Length: uint32(8 + len(text)), Type: GoAway}.Append(b)
	b = binary.BigEndian.AppendUint32(b, last)
	return append(binary.BigEndian.AppendUint32(b, uint32(code)), text...)
}

// AppendPriorityUpdate writes a PRIORITY_UPDATE frame (RFC 9218 section 7.1).
func AppendPriorityUpdate(b []byte, stream uint32, value string) []byte {
	b = Header{Length: uint32(4 + len(value)), Type: PriorityUpdate}.Append(b)
	return append(binary.BigEndian.AppendUint32(b, stream), value...)
}

// AppendWindowUpdate writes a WINDOW_UPDATE frame.
func AppendWindowUpdate(b []byte, stream, n uint32) []byte {
	b = Header{Length: 4, Type: WindowUpdate, Stream: stream}.Append(b)
	return binary.BigEndian.AppendUint32(b, n)
}

// Check refuses a frame that no payload can make valid. most is how long a frame may
// be, in bytes; fromClient says who sent it. The error is an *Error.
func (h Header) Check(most uint32, fromClient bool) error {
	if h.Length > most {
		return connError(FrameSizeError, reason.H2FrameSize.With())
	}
	switch h.Type {
	case Data, Headers, Priority, ResetStream, PushPromise, Continuation:
		if h.Stream == 0 {
			return connError(ProtocolError, reason.H2StreamZero.With())
		}
	case Settings, Ping, GoAway, PriorityUpdate:
		if h.Stream != 0 {
			return connError(ProtocolError, reason.H2StreamNumber.With())
		}
	}
	if h.Type == PushPromise && fromClient {
		return connError(ProtocolError, reason.H2ClientPush.With())
	}
	return h.checkLength()
}

func (h Header) checkLength() error {
	wrong := false
	switch h.Type {
	case Priority:
		if h.Length != 5 {
			return streamError(h.Stream, FrameSizeError, reason.H2Priority.With())
		}
	case ResetStream, WindowUpdate:
		wrong = h.Length != 4
	case Settings:
		wrong = h.Length%6 != 0 || h.Has(FlagAck) && h.Length != 0
	case Ping:
		wrong = h.Length != 8
	case GoAway:
		wrong = h.Length < 8
	case PriorityUpdate:
		wrong = h.Length < 4
	}
	if wrong {
		return connError(FrameSizeError, reason.H2FrameLength.With())
	}
	return nil
}

// Bounded reports whether the type's frames are held until they are whole. Others pass
// piece by piece.
func (t Type) Bounded() bool {
	switch t {
	case Headers, Priority, ResetStream, Settings, PushPromise, Ping, GoAway, WindowUpdate, Continuation, PriorityUpdate:
		return true
	}
	return false
}
