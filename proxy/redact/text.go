package redact

import "bytes"

// anyText looks through b[from:to] for all that is known without a grammar: whole texts are cut,
// broken, in JavaScript or one in the other, and a strict reader would see nothing there.
func (s *scan) anyText(from, to int) {
	if from >= to {
		return
	}
	s.tokens(from, to)
	s.parameters(from, to, false)
	members{s}.look(from, to)
	members{s}.pairs(from, to)
	markup{s}.elements(from, to)
	encodings{s}.anyEscaped(from, to)
	switch {
	case s.inner >= maxInner || !hasEncoded(s.b[from:to]):
	case s.json || to-from > maxEncoded:
		encodings{s}.encodedRuns(from, to)
	default:
		encodings{s}.encoded(from, to)
	}
}

const (
	// minToken is the shortest JSON Web Token, in bytes: less is no header and no contents.
	minToken = 20
	// minBearer is the shortest token that Bearer is taken for one before, in a text.
	minBearer = 12
)

// tokens finds JSON Web Tokens (RFC 7519), which begin with {" in base64, and credentials with
// their scheme in texts.
func (s *scan) tokens(from, to int) {
	for at := from; ; {
		n := bytes.IndexByte(s.b[at:to], 'J') // the rarest of its letters
		if n < 0 {
			break
		}
		begin := at + n - 2
		at += n + 1
		if begin < from || s.b[begin] != 'e' || s.b[begin+1] != 'y' {
			continue
		}
		end, dots := begin, 0
		for end < to && isTokenByte(s.b[end]) {
			if s.b[end] == '.' {
				dots++
			}
			end++
		}
		at = end
		end = begin + len(bytes.TrimRight(s.b[begin:end], "."))
		if dots > 0 && end-begin >= minToken {
			s.mask(Tokens, begin, end, s.b[begin:end], false)
		}
	}
	s.schemes(from, to, 'B')
	s.schemes(from, to, 'b')
}

// schemes finds Bearer and Basic with what follows them.
func (s *scan) schemes(from, to int, first byte) {
	for at := from; ; {
		n := bytes.IndexByte(s.b[at:to], first)
		if n < 0 {
			return
		}
		at += n + 1
		word := s.b[at:to]
		isBasic := len(word) > 5 && word[0] == 'a' && string(word[:4]) == "asic"
		switch {
		case isBasic:
			at += 4
		case len(word) > 5 && word[0] == 'e' && string(word[:5]) == "earer":
			at += 5
		default:
			continue
		}
		if begin := s.behindScheme(at, to); begin > at {
			at = s.schemeToken(begin, to, isBasic)
		}
	}
}

// behindScheme is behind the space after a scheme, 0 where there is none.
func (s *scan) behindScheme(at, to int) int {
	switch {
	case at == to:
	case s.b[at] == ' ' || s.b[at] == '+':
		return at + 1
	case at+3 <= to && string(s.b[at:at+3]) == "%20":
		return at + 3
	}
	return 0
}

// schemeToken masks what follows Bearer or Basic, if it looks like it; it returns its end.
func (s *scan) schemeToken(begin, to int, isBasic bool) int {
	end := begin
	for end < to && (isTokenByte(s.b[end]) || s.b[end] == '+' || s.b[end] == '/' || s.b[end] == '=' || s.b[end] == '~') {
		end++
	}
	value := s.b[begin:end]
	if !isBasic {
		if len(value) >= minBearer && telling(value) {
			s.mask(Credentials, begin, end, value, false)
		}
		return end
	}
	if pair := basic(value); pair != nil && len(value) >= minKnown {
		s.learnPair(pair)
		s.mask(Credentials, begin, end, pair, false)
	}
	return end
}
