package http1

import "bytes"

// Challenge is one element of a WWW-Authenticate or Proxy-Authenticate field (RFC
// 9110 section 11.6.1): a scheme, and what follows it up to the next comma.
type Challenge struct {
	Scheme []byte
	Rest   []byte // its token68 or first parameter, without the white space around it
}

// NextChallenge takes the first challenge off a field's value, which may hold
// several; rest is what follows it. ok is false when there is none left. The
// parameters of a challenge are told from the next one's scheme by their "=".
func NextChallenge(value []byte) (c Challenge, rest []byte, ok bool) {
	for len(value) > 0 {
		var element []byte
		element, value = cutUnquoted(value)
		word := element
		if i := bytes.IndexAny(element, " \t"); i >= 0 {
			word = element[:i]
		}
		if len(word) == 0 || !isClass(word, classToken) {
			continue // a parameter, or nothing
		}
		after := trimOWS(element[len(word):])
		if len(after) > 0 && after[0] == '=' {
			continue // a parameter, with bad white space before its "="
		}
		return Challenge{word, after}, value, true
	}
	return Challenge{}, nil, false
}

// cutUnquoted cuts at the first comma outside of a quoted string.
func cutUnquoted(value []byte) (element, rest []byte) {
	quoted := false
	for i := 0; i < len(value); i++ {
		switch b := value[i]; {
		case b == '"':
			quoted = !quoted
		case b == '\\' && quoted:
			i++
		case b == ',' && !quoted:
			return trimOWS(value[:i]), value[i+1:]
		}
	}
	return trimOWS(value), nil
}

// Token reports whether the challenge carries a token68, as the steps of a login
// in several messages do, and not parameters or nothing.
func (c *Challenge) Token() bool {
	token := bytes.TrimRight(c.Rest, "=")
	return len(token) > 0 && bytes.IndexByte(token, '=') < 0 && bytes.IndexByte(token, '"') < 0
}
