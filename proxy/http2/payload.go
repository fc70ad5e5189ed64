package http2

import (
	"encoding/binary"

	"posthouse/proxy/reason"
)

// A Setting is one parameter of a SETTINGS frame (RFC 9113 section 6.5.1).
type Setting struct {
	ID    SettingID
	Value uint32
}

// SettingID names a setting (RFC 9113 section 6.5.2, RFC 8441 section 3).
type SettingID uint16

const (
	HeaderTableSize       SettingID = 0x1
	EnablePush            SettingID = 0x2
	MaxConcurrentStreams  SettingID = 0x3
	InitialWindowSize     SettingID = 0x4
	MaxFrameSize          SettingID = 0x5
	MaxHeaderListSize     SettingID = 0x6
	EnableConnectProtocol SettingID = 0x8
)

// EachSetting calls f for each setting of a frame in order, and stops at the first that
// is not allowed. fromClient says who sent it.
func EachSetting(payload []byte, fromClient bool, f func(Setting) error) error {
	for ; len(payload) >= 6; payload = payload[6:] {
		s := Setting{SettingID(binary.BigEndian.Uint16(payload)), binary.BigEndian.Uint32(payload[2:])}
		if err := s.check(fromClient); err != nil {
			return err
		}
		if err := f(s); err != nil {
			return err
		}
	}
	return nil
}

func (s Setting) check(fromClient bool) error {
	switch s.ID {
	case EnablePush:
		if s.Value > 1 || s.Value == 1 && !fromClient {
			return connError(ProtocolError, reason.H2EnablePush.With())
		}
	case InitialWindowSize:
		if s.Value > MaxWindow {
			return connError(FlowControlError, reason.H2InitialWindow.With())
		}
	case MaxFrameSize:
		if s.Value < MinFrame || s.Value > MaxFrame {
			return connError(ProtocolError, reason.H2MaxFrame.With())
		}
	case EnableConnectProtocol:
		if s.Value > 1 {
			return connError(ProtocolError, reason.H2EnableConnect.With())
		}
	}
	return nil
}

// Increment is what a WINDOW_UPDATE frame grants, in bytes.
func Increment(h Header, payload []byte) (uint32, error) {
	n := binary.BigEndian.Uint32(payload) & MaxWindow
	if n == 0 {
		return 0, streamError(h.Stream, ProtocolError, reason.H2GrantsNothing.With())
	}
	return n, nil
}

// ResetCode is the code of a RST_STREAM frame.
func ResetCode(payload []byte) Code { return Code(binary.BigEndian.Uint32(payload)) }

// Away is what a GOAWAY frame says: the highest stream that may have been worked on.
func Away(payload []byte) (last uint32, code Code) {
	return binary.BigEndian.Uint32(payload) & MaxStream, Code(binary.BigEndian.Uint32(payload[4:]))
}

// CheckPriority refuses a stream that depends on itself (RFC 7540 section 5.3.1).
func CheckPriority(h Header, payload []byte) error {
	if binary.BigEndian.Uint32(payload)&MaxStream == h.Stream {
		return streamError(h.Stream, ProtocolError, reason.H2DependsOnItself.With())
	}
	return nil
}

// CheckPriorityUpdate refuses a PRIORITY_UPDATE frame of no stream (RFC 9218 section 7.1).
func CheckPriorityUpdate(payload []byte) error {
	if binary.BigEndian.Uint32(payload)&MaxStream == 0 {
		return connError(ProtocolError, reason.H2UpdateZero.With())
	}
	return nil
}

// PriorityUpdated is what a PRIORITY_UPDATE frame says of which stream.
func PriorityUpdated(payload []byte) (stream uint32, value []byte) {
	return binary.BigEndian.Uint32(payload) & MaxStream, payload[4:]
}

// A Fragment is what a HEADERS or PUSH_PROMISE frame holds.
type Fragment struct {
	Priority []byte // 5 bytes, nil for none
	Promised uint32 // the stream of PUSH_PROMISE
	Block    []byte // the begin of the field section
	Pad      int    // bytes of padding behind it
	Padded   bool
}

const priorityLength = 5

var errPadding = connError(ProtocolError, reason.H2Padding.With())

// ParseFragment takes a HEADERS or PUSH_PROMISE frame apart (RFC 9113 sections 6.2 and 6.6).
func ParseFragment(h Header, payload []byte) (f Fragment, err error) {
	if f.Padded = h.Has(FlagPadded); f.Padded {
		if len(payload) == 0 {
			return f, connError(FrameSizeError, reason.H2FrameShort.With())
		}
		f.Pad = int(payload[0])
		payload = payload[1:]
	}
	switch {
	case h.Type == Headers && h.Has(FlagHasPriority):
		if len(payload) < priorityLength {
			return f, connError(FrameSizeError, reason.H2FrameShort.With())
		}
		f.Priority, payload = payload[:priorityLength], payload[priorityLength:]
		if err := CheckPriority(h, f.Priority); err != nil {
			return f, err
		}
	case h.Type == PushPromise:
		if len(payload) < 4 {
			return f, connError(FrameSizeError, reason.H2FrameShort.With())
		}
		f.Promised, payload = binary.BigEndian.Uint32(payload)&MaxStream, payload[4:]
	}
	if f.Pad > len(payload) {
		return f, errPadding
	}
	f.Block = payload[:len(payload)-f.Pad]
	return f, nil
}

// CheckPad refuses padding that does not fit into a DATA frame; n is what its first byte says.
func CheckPad(h Header, n byte) error {
	if uint32(n) >= h.Length {
		return errPadding
	}
	return nil
}
