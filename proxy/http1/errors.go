package http1

// Error is a message that was refused. It is comparable; every refusal is one
// of the values below, so that refusing costs no memory.
type Error struct {
	Status int    // what a server answers to such a request (a response is always a 502)
	Text   string // what is wrong, in plain words
}

func (e *Error) Error() string { return e.Text }

func refuse(status int, text string) *Error { return &Error{Status: status, Text: text} }

// Refusals of heads.
var (
	ErrBareLF         = refuse(400, "a line ends in a bare LF instead of CR LF")
	ErrControl        = refuse(400, "a control character stands in the head")
	ErrFold           = refuse(400, "a header line starts with white space (obsolete line folding)")
	ErrFieldName      = refuse(400, "a header line has no valid field name")
	ErrSpaceColon     = refuse(400, "white space stands between a field name and its colon")
	ErrRequestLine    = refuse(400, "the request line is not \"METHOD TARGET HTTP/1.1\"")
	ErrMethod         = refuse(400, "the method holds a character that is not allowed")
	ErrTarget         = refuse(400, "the request target is empty or holds white space or a control character")
	ErrVersion        = refuse(400, "the HTTP version is malformed")
	ErrVersionMajor   = refuse(505, "only HTTP/1.x is spoken here")
	ErrTLS            = refuse(400, "this looks like TLS, but the proxy itself speaks plain HTTP: use an http:// proxy address")
	ErrStatusLine     = refuse(400, "the status line is malformed")
	ErrHostMissing    = refuse(400, "an HTTP/1.1 request must have a Host field")
	ErrHostTwice      = refuse(400, "the Host field stands there more than once")
	ErrHostValue      = refuse(400, "the Host field is malformed")
	ErrLengthTwice    = refuse(400, "Content-Length stands there more than once")
	ErrLengthDiffers  = refuse(400, "Content-Length stands there more than once, with different values")
	ErrLength         = refuse(400, "Content-Length is not a plain decimal number")
	ErrLengthAndCoded = refuse(400, "Content-Length and Transfer-Encoding stand side by side")
	ErrCoding         = refuse(400, "Transfer-Encoding is malformed, or chunked is not its one and last coding")
	ErrCodingUnknown  = refuse(501, "a transfer coding other than chunked is not supported")
	ErrCodingOld      = refuse(400, "Transfer-Encoding has no meaning in HTTP/1.0")
	ErrLineTooLong    = refuse(414, "the request line is too long")
	ErrHeadTooLarge   = refuse(431, "the head is too large")
	ErrTooManyFields  = refuse(431, "the head has too many fields")
	ErrConnection     = refuse(400, "the Connection field is malformed")
	ErrMaxForwards    = refuse(400, "Max-Forwards is not a plain decimal number")
)

// Refusals of targets.
var (
	ErrAuthority  = refuse(400, "the host in the request target is missing or malformed")
	ErrHostLong   = refuse(400, "the host in the request target is longer than 255 bytes")
	ErrUserinfo   = refuse(400, "the user before the host in the request target is malformed, or may not stand there")
	ErrPort       = refuse(400, "the port in the request target is missing or not a number from 1 to 65535")
	ErrScheme     = refuse(501, "only http:// and ws:// targets can be forwarded; https:// and wss:// go through CONNECT")
	ErrTargetForm = refuse(400, "the request target has a form that this method cannot have")
)

// Refusals of chunked bodies.
var (
	ErrChunkSize     = refuse(400, "a chunk size is not a plain hexadecimal number")
	ErrChunkTooLarge = refuse(400, "a chunk size is too large")
	ErrChunkLine     = refuse(400, "a chunk's size line is malformed or too long")
	ErrChunkEnd      = refuse(400, "a chunk's data is not followed by CR LF")
	ErrTrailer       = refuse(400, "the trailer section is malformed")
	ErrTrailerLarge  = refuse(431, "the trailer section is too large")
)
