package http2

import (
	"strconv"
	"strings"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Request is what a field section says as the head of a request (RFC 9113 section
// 8.3.1). The strings are the section's.
type Request struct {
	Method, Scheme, Authority, Path string
	Protocol                        string // of an extended CONNECT (RFC 8441), "" for none
	Length                          int64  // Content-Length, -1 for none
}

// malformed is a message that goes no further (RFC 9113 section 8.1.1).
func malformed(why flow.ReasonCode) *Error { return &Error{Code: ProtocolError, Why: why.With()} }

// The ways in which a message is malformed.
var (
	errPseudoOrder   = malformed(reason.H2PseudoOrder)
	errPseudoUnknown = malformed(reason.H2PseudoUnknown)
	errPseudoTwice   = malformed(reason.H2PseudoTwice)
	errPseudoLacks   = malformed(reason.H2PseudoLacks)
	errPseudoTrailer = malformed(reason.H2PseudoTrailer)
	errFieldName     = malformed(reason.H2FieldName)
	errFieldUpper    = malformed(reason.H2FieldUpper)
	errFieldValue    = malformed(reason.H2FieldValue)
	errFieldSpace    = malformed(reason.H2FieldSpace)
	errConnection    = malformed(reason.H2FieldConnection)
	errTE            = malformed(reason.H2TE)
	errMethod        = malformed(reason.H2Method)
	errPath          = malformed(reason.H2Path)
	errTarget        = malformed(reason.H2Target)
	errStatus        = malformed(reason.H2Status)
	errSwitching     = malformed(reason.H2Switching)
	errLength        = malformed(reason.H2Length)
	errLengthTwice   = malformed(reason.LengthTwice)
	errConnectPseudo = malformed(reason.H2ConnectPseudo)
	errProtocol      = malformed(reason.H2Protocol)
	errAuthority     = malformed(reason.H2Authority)

	// ErrLength is a body that is not as long as Content-Length says.
	ErrLength = malformed(reason.H2BodyLength)
)

// ParseRequest reads the head of a request, and refuses a malformed one. What it read
// until then stands in r.
func (s *Section) ParseRequest(r *Request) error {
	*r = Request{Length: -1}
	seen := 0
	for i := range s.Fields {
		f := &s.Fields[i]
		if !f.IsPseudo() {
			if err := checkField(f, &r.Length); err != nil {
				return err
			}
			seen |= plainSeen
			continue
		}
		if err := r.pseudo(f, &seen); err != nil {
			return err
		}
	}
	return r.check(seen)
}

// What was seen of a head.
const (
	plainSeen = 1 << iota
	methodSeen
	schemeSeen
	authoritySeen
	pathSeen
	protocolSeen
)

func (r *Request) pseudo(f *hpack.HeaderField, seen *int) error {
	var to *string
	bit := 0
	switch f.Name {
	case ":method":
		to, bit = &r.Method, methodSeen
	case ":scheme":
		to, bit = &r.Scheme, schemeSeen
	case ":authority":
		to, bit = &r.Authority, authoritySeen
	case ":path":
		to, bit = &r.Path, pathSeen
	case ":protocol":
		to, bit = &r.Protocol, protocolSeen
	default:
		return errPseudoUnknown
	}
	switch {
	case *seen&plainSeen != 0:
		return errPseudoOrder
	case *seen&bit != 0:
		return errPseudoTwice
	}
	*to = f.Value
	*seen |= bit
	return checkValue(f.Value)
}

func (r *Request) check(seen int) error {
	if seen&methodSeen == 0 {
		return errPseudoLacks
	}
	if !isToken(r.Method) {
		return errMethod
	}
	if r.Method == "CONNECT" && seen&protocolSeen == 0 {
		if seen&(schemeSeen|pathSeen) != 0 {
			return errConnectPseudo
		}
		if seen&authoritySeen == 0 {
			return errPseudoLacks
		}
		return nil
	}
	if seen&schemeSeen == 0 || seen&pathSeen == 0 {
		return errPseudoLacks
	}
	if seen&protocolSeen != 0 && r.Method != "CONNECT" {
		return errProtocol
	}
	if strings.IndexByte(r.Authority, '@') >= 0 {
		return errAuthority
	}
	if !strings.HasPrefix(r.Path, "/") && (r.Path != "*" || r.Method != "OPTIONS") {
		return errPath
	}
	for i := range len(r.Path) {
		if c := r.Path[i]; c <= ' ' || c == 0x7f {
			return errTarget
		}
	}
	return nil
}

// ParseResponse reads the head of a response, and refuses a malformed one.
func (s *Section) ParseResponse() (status int, length int64, err error) {
	length = -1
	for i := range s.Fields {
		f := &s.Fields[i]
		switch {
		case !f.IsPseudo():
			if status == 0 {
				return 0, length, errPseudoLacks
			}
			if err := checkField(f, &length); err != nil {
				return status, length, err
			}
		case f.Name != ":status":
			return status, length, errPseudoUnknown
		case status != 0:
			return status, length, errPseudoTwice
		case i != 0:
			return status, length, errPseudoOrder
		default:
			n, err := strconv.Atoi(f.Value)
			if len(f.Value) != 3 || err != nil || n < 100 {
				return 0, length, errStatus
			}
			status = n
		}
	}
	switch status {
	case 0:
		err = errPseudoLacks
	case 101:
		err = errSwitching
	}
	return status, length, err
}

// CheckTrailer refuses a malformed trailer section.
func (s *Section) CheckTrailer() error {
	ignored := int64(-1)
	for i := range s.Fields {
		if s.Fields[i].IsPseudo() {
			return errPseudoTrailer
		}
		if err := checkField(&s.Fields[i], &ignored); err != nil && err != errLengthTwice && err != errLength {
			return err
		}
	}
	return nil
}

// checkField holds RFC 9113 sections 8.2.1 and 8.2.2.
func checkField(f *hpack.HeaderField, length *int64) error {
	if err := checkName(f.Name); err != nil {
		return err
	}
	if err := checkValue(f.Value); err != nil {
		return err
	}
	switch f.Name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
		return errConnection
	case "te":
		if !strings.EqualFold(f.Value, "trailers") {
			return errTE
		}
	case "content-length":
		if *length >= 0 {
			return errLengthTwice
		}
		n, err := strconv.ParseUint(f.Value, 10, 63)
		if err != nil || f.Value[0] == '+' {
			return errLength
		}
		*length = int64(n)
	}
	return nil
}

// tokens are the characters of a token (RFC 9110 section 5.6.2).
var tokens = func() (set [256]bool) {
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		set[c] = true
	}
	return set
}()

func isToken(s string) bool {
	for i := range len(s) {
		if !tokens[s[i]] {
			return false
		}
	}
	return len(s) > 0
}

func checkName(name string) error {
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			return errFieldUpper
		}
		if !tokens[c] {
			return errFieldName
		}
	}
	if name == "" {
		return errFieldName
	}
	return nil
}

func checkValue(value string) error {
	for i := range len(value) {
		if c := value[i]; c == 0 || c == '\r' || c == '\n' {
			return errFieldValue
		}
	}
	if n := len(value); n > 0 && (isSpace(value[0]) || isSpace(value[n-1])) {
		return errFieldSpace
	}
	return nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }
