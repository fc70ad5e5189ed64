package export

import "strings"

// spelling is how a program writes the target of a URL that it is given. Its zero
// value leaves nothing alone but what every program does.
type spelling struct {
	path, query string // characters that it keeps, beyond RFC 3986's
	changes     string // characters of RFC 3986 that it writes otherwise in a query
	lowerHex    bool   // keeps %2f
	encoded     bool   // keeps %41, which need not be encoded
	oddPercent  bool   // keeps a % that no two digits follow
	dots        bool   // keeps /../ and /./
	encodedDots bool   // keeps them where they are encoded
	emptyQuery  bool   // keeps a ? with nothing behind it
}

// keeps reports whether the program sends a target as it stands, as far as is known.
func (s *spelling) keeps(target string) bool {
	path, query, hasQuery := strings.Cut(target, "?")
	return strings.HasPrefix(path, "/") && harmless(path) == path &&
		(s.dots || !dotSegments(path, s.encodedDots)) && (query != "" || !hasQuery || s.emptyQuery) &&
		s.keepsAll(path, s.path) && s.keepsAll(query, s.query) && !strings.ContainsAny(query, s.changes+"\x00")
}

func (s *spelling) keepsAll(part, more string) bool {
	for i := range len(part) {
		c := part[i]
		switch {
		case c == '%':
			if i+2 >= len(part) || !hex(part[i+1]) || !hex(part[i+2]) {
				if !s.oddPercent {
					return false
				}
				continue
			}
			value := unhex(part[i+1])<<4 | unhex(part[i+2])
			if !s.lowerHex && (!upperHex(part[i+1]) || !upperHex(part[i+2])) || !s.encoded && unreserved(value) {
				return false
			}
		case !unreserved(c) && strings.IndexByte("!$&'()*+,;=:@/?", c) < 0 && strings.IndexByte(more, c) < 0:
			return false
		}
	}
	return true
}

var decodeDots = strings.NewReplacer("%2e", ".", "%2E", ".")

// dotSegments reports whether a path has some (RFC 3986 section 5.2.4); encoded ones
// count but where a program reads them as others.
func dotSegments(path string, plainAlone bool) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if !plainAlone {
			segment = decodeDots.Replace(segment)
		}
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// unreserved is RFC 3986 section 2.3.
func unreserved(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func hex(c byte) bool { return upperHex(c) || c >= 'a' && c <= 'f' }

// unhex is the value of a digit.
func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// harmless is a target for programs that take URLs apart: what would end the path
// and query, or is dropped or turned round on the way, is percent-encoded. Where two
// slashes begin it, a bracket would be taken for that of an address.
func harmless(target string) string {
	target = escapedSigns.Replace(percentEncoded(target))
	if strings.HasPrefix(target, "//") {
		target = escapedBrackets.Replace(target)
	}
	return target
}

var (
	escapedSigns    = strings.NewReplacer("#", "%23", `\`, "%5C")
	escapedBrackets = strings.NewReplacer("[", "%5B", "]", "%5D")
)

// keptByCurl reports whether curl sends a path and query as they stand in its
// URL. Some versions encode what RFC 3986 does not have there, and write the
// digits of an encoding in upper case.
func keptByCurl(path string) bool {
	if path[0] != '/' {
		return false
	}
	for i := range len(path) {
		c := path[i]
		switch {
		case c == '%':
			if i+2 >= len(path) || !upperHex(path[i+1]) || !upperHex(path[i+2]) {
				return false
			}
		case (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte("-._~!$&'()*+,;=:@/?", c) < 0:
			return false
		}
	}
	return true
}

func upperHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' }

// percentEncoded writes what is no printable ASCII as RFC 3986 section 2.1 has it.
func percentEncoded(path string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; c > ' ' && c <= '~' {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}
