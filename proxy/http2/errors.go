package http2

import "strconv"

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
	Text   string // what is wrong, for a sentence that begins with who it was
}

func (e *Error) Error() string { return e.Text + " (" + e.Code.String() + ")" }

func connError(code Code, text string) *Error { return &Error{Code: code, Text: text} }

func streamError(stream uint32, code Code, text string) *Error {
	return &Error{Stream: stream, Code: code, Text: text}
}
