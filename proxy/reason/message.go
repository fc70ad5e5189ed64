package reason

// Why a message is refused. The words stand behind "The request was refused:" and the like.
var (
	BareLF         = say("bare-lf", "a line ends in a bare LF instead of CR LF")
	Control        = say("control-character", "the head contains a control character")
	Fold           = say("folded-line", "a header line starts with white space (obsolete line folding)")
	FieldName      = say("field-name", "a header line has no valid field name")
	SpaceColon     = say("space-before-colon", "there is white space between a field name and its colon")
	RequestLine    = say("request-line", "the request line is not \"METHOD TARGET HTTP/1.1\"")
	Method         = say("method", "the method holds a character that is not allowed")
	Target         = say("target", "the request target is empty or holds white space or a control character")
	Version        = say("version", "the HTTP version is malformed")
	VersionMajor   = say("version-major", "only HTTP/1.x is spoken here")
	LooksLikeTLS   = say("looks-like-tls", "this looks like TLS, but the proxy itself speaks plain HTTP: use an http:// proxy address")
	StatusLine     = say("status-line", "the status line is malformed")
	HostMissing    = say("host-missing", "an HTTP/1.1 request must have a Host field")
	HostTwice      = say("host-twice", "the Host field appears more than once")
	HostValue      = say("host-malformed", "the Host field is malformed")
	LengthTwice    = say("length-twice", "Content-Length appears more than once")
	LengthDiffers  = say("length-differs", "Content-Length appears more than once, with different values")
	Length         = say("length-malformed", "Content-Length is not a plain decimal number")
	LengthAndCoded = say("length-and-coding", "Content-Length and Transfer-Encoding stand side by side")
	Coding         = say("coding-malformed", "Transfer-Encoding is malformed, or chunked is not its one and last coding")
	CodingUnknown  = say("coding-unknown", "a transfer coding other than chunked is not supported")
	CodingOld      = say("coding-in-http-1.0", "Transfer-Encoding has no meaning in HTTP/1.0")
	LineTooLong    = say("request-line-long", "the request line is too long")
	HeadLines      = say("head-lines", "a head ends with an empty line, and its body is not part of it")
	HeadTooLarge   = say("head-large", "the head is too large")
	TooManyFields  = say("too-many-fields", "the head has too many fields")
	Connection     = say("connection-malformed", "the Connection field is malformed")
	MaxForwards    = say("max-forwards", "Max-Forwards is not a plain decimal number")

	Authority  = say("target-host", "the host in the request target is missing or malformed")
	HostLong   = say("target-host-long", "the host in the request target is longer than 255 bytes")
	Userinfo   = say("target-user", "the user before the host in the request target is malformed, or is not allowed there")
	Port       = say("target-port", "the port in the request target is missing or not a number from 1 to 65535")
	Scheme     = say("target-scheme", "only http:// and ws:// targets can be forwarded; https:// and wss:// go through CONNECT")
	TargetForm = say("target-form", "the request target has a form that this method cannot have")

	ChunkSize     = say("chunk-size", "a chunk size is not a plain hexadecimal number")
	ChunkTooLarge = say("chunk-large", "a chunk size is too large")
	ChunkLine     = say("chunk-line", "a chunk's size line is malformed or too long")
	ChunkEnd      = say("chunk-end", "a chunk's data is not followed by CR LF")
	TrailerLarge  = say("trailer-large", "the trailer section is too large")

	InterimFlood = say("interim-flood", "the origin sent too many interim responses")
	Switched     = say("switched-protocols", "the origin switched protocols without being asked to")
)

// Requests that are not passed on, and what is answered to those for Posthouse itself.
var (
	RequestUnreadable = say("request-unreadable", "The request cannot be read: %s.")
	RequestRefused    = say("request-refused", "The request was refused: %s.")
	ConnectBody       = say("connect-body", "A CONNECT request cannot have a body.")
	ConnectInside     = say("connect-inside", "CONNECT inside an opened tunnel cannot be passed on. Pass this host through instead.")
	Loop              = say("loop", "The request leads back to Posthouse itself. Ask for the origin, not for the proxy's own address. "+
		"The page of Posthouse itself is http://posthouse/.")
	LoopbackDenied = say("loopback-denied", "Other devices do not reach %s, which leads to this computer alone. To let them, set "+
		"lan.loopback in the settings.")
	LocalMethod = say("local-method", "This is the proxy itself. To reach an origin through it, send the request in absolute form "+
		"(http://host/path) or use CONNECT.")
	LocalMissing = say("local-missing", "This is the proxy itself, and it has no such page. To reach an origin through it, send the "+
		"request in absolute form (http://host/path) or use CONNECT.")
	LocalPath        = say("local-path", "The path of this request cannot be read.")
	LocalFailed      = say("local-failed", "The local page could not be made.")
	CheckPlain       = say("check-plain", "This host takes HTTPS alone: it is where Posthouse tries what trusts it.")
	CheckNoHTTP      = say("check-no-http", "The client speaks no HTTP in its TLS.")
	CheckNoAuthority = say("check-no-authority", "there is no certificate authority yet: switch decryption on, or run posthoused ca "+
		"export, and one is made")
	CheckAuthority = say("check-authority", "the certificate authority cannot be used: %s")
	CheckFailed    = say("check-failed", "%s")
)

// Limits of Posthouse, and its end.
var (
	ConnectionLimit = say("connection-limit", "Posthouse has as many connections as its settings allow. Close some, or raise "+
		"max_connections.")
	HeadLimit       = say("head-limit", "Too many long message heads are under way at once. Try again, or lower max_head.")
	DescriptorLimit = say("descriptor-limit", "Posthouse has no descriptors left to connect to %s. Close some connections or raise "+
		"the limit on open files.")
	HandshakeLimit = say("handshake-limit", "Too many TLS handshakes are under way.")
	MadeRoom       = say("made-room", "The TLS handshake took long, and made room for others when too many were under way.")
	DeviceRemoved  = say("device-removed", "This device was taken off the list of those allowed.")
	RightsChanged  = say("rights-changed", "What other devices may use of this computer was changed.")
	Stopping       = say("stopping", "Posthouse is being stopped.")
	Stopped        = say("stopped", "Posthouse was stopped.")
	StoppedMidway  = say("stopped-midway", "Posthouse was stopped before the answer was complete.")
	Internal       = say("internal", "%s")
)
