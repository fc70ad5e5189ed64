package http1

// Error is a message that was refused. It is comparable; every refusal is one
// of the values below, so that refusing costs no memory.
type Error struct {
	Status int    // what a server answers to such a request (a response is always a 502)
	Text   string // what is wrong, in plain words
}

func (e *Error) Error() string { return e.Text }

func newError(status int, text string) *Error { return &Error{Status: status, Text: text} }

// Refusals of heads.
var (
	ErrBareLF         = newError(400, "a line ends in a bare LF instead of CR LF")
	ErrControl        = newError(400, "the head contains a control character")
	ErrFold           = newError(400, "a header line starts with white space (obsolete line folding)")
	ErrFieldName      = newError(400, "a header line has no valid field name")
	ErrSpaceColon     = newError(400, "there is white space between a field name and its colon")
	ErrRequestLine    = newError(400, "the request line is not \"METHOD TARGET HTTP/1.1\"")
	ErrMethod         = newError(400, "the method holds a character that is not allowed")
	ErrTarget         = newError(400, "the request target is empty or holds white space or a control character")
	ErrVersion        = newError(400, "the HTTP version is malformed")
	ErrVersionMajor   = newError(505, "only HTTP/1.x is spoken here")
	ErrTLS            = newError(400, "this looks like TLS, but the proxy itself speaks plain HTTP: use an http:// proxy address")
	ErrStatusLine     = newError(400, "the status line is malformed")
	ErrHostMissing    = newError(400, "an HTTP/1.1 request must have a Host field")
	ErrHostTwice      = newError(400, "the Host field appears more than once")
	ErrHostValue      = newError(400, "the Host field is malformed")
	ErrLengthTwice    = newError(400, "Content-Length appears more than once")
	ErrLengthDiffers  = newError(400, "Content-Length appears more than once, with different values")
	ErrLength         = newError(400, "Content-Length is not a plain decimal number")
	ErrLengthAndCoded = newError(400, "Content-Length and Transfer-Encoding stand side by side")
	ErrCoding         = newError(400, "Transfer-Encoding is malformed, or chunked is not its one and last coding")
	ErrCodingUnknown  = newError(501, "a transfer coding other than chunked is not supported")
	ErrCodingOld      = newError(400, "Transfer-Encoding has no meaning in HTTP/1.0")
	ErrLineTooLong    = newError(414, "the request line is too long")
	ErrHeadTooLarge   = newError(431, "the head is too large")
	ErrTooManyFields  = newError(431, "the head has too many fields")
	ErrConnection     = newError(400, "the Connection field is malformed")
	ErrMaxForwards    = newError(400, "Max-Forwards is not a plain decimal number")
)

// Refusals of targets.
var (
	ErrAuthority  = newError(400, "the host in the request target is missing or malformed")
	ErrHostLong   = newError(400, "the host in the request target is longer than 255 bytes")
	ErrUserinfo   = newError(400, "the user before the host in the request target is malformed, or is not allowed there")
	ErrPort       = newError(400, "the port in the request target is missing or not a number from 1 to 65535")
	ErrScheme     = newError(501, "only http:// and ws:// targets can be forwarded; https:// and wss:// go through CONNECT")
	ErrTargetForm = newError(400, "the request target has a form that this method cannot have")
)

// Refusals of chunked bodies.
var (
	ErrChunkSize     = newError(400, "a chunk size is not a plain hexadecimal number")
	ErrChunkTooLarge = newError(400, "a chunk size is too large")
	ErrChunkLine     = newError(400, "a chunk's size line is malformed or too long")
	ErrChunkEnd      = newError(400, "a chunk's data is not followed by CR LF")
	ErrTrailerLarge  = newError(431, "the trailer section is too large")
)
