package http2

import (
	"strconv"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Code is an error code (RFC 9113 section 7).
type Code uint32

const (
	NoError            Code = 0x0
	ProtocolError      Code = 0x1
	InternalError      Code = 0x2
	FlowControlError   Code = 0x3
	SettingsTimeout    Code = 0x4
	StreamClosed       Code = 0x5
	FrameSizeError     Code = 0x6
	RefusedStream      Code = 0x7
	Cancel             Code = 0x8
	CompressionError   Code = 0x9
	ConnectError       Code = 0xa
	EnhanceYourCalm    Code = 0xb
	InadequateSecurity Code = 0xc
	HTTP11Required     Code = 0xd
)

var codeNames = [...]string{"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
	"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY",
	"HTTP_1_1_REQUIRED"}

// String is the name that the RFC gives the code, or its number.
func (c Code) String() string {
	if int64(c) < int64(len(codeNames)) {
		return codeNames[c]
	}
	return "0x" + strconv.FormatUint(uint64(c), 16)
}

// An Error is how a peer broke the rules: of one stream, or of the connection where
// Stream is 0.
type Error struct {
	Stream uint32
	Code   Code
	Why    flow.Reason // what is wrong
}

func (e *Error) Error() string { return e.Text() + " (" + e.Code.String() + ")" }

// Text is what is wrong in English, as a peer is told.
func (e *Error) Text() string { return reason.English(e.Why) }

// Reason is what is wrong.
func (e *Error) Reason() flow.Reason { return e.Why }

func connError(code Code, why flow.Reason) *Error { return &Error{Code: code, Why: why} }

func streamError(stream uint32, code Code, why flow.Reason) *Error {
	return &Error{Stream: stream, Code: code, Why: why}
}
