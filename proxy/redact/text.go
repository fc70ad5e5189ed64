package redact

import (
	"bytes"
	"strings"
)

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
	s.elements(from, to)
	s.anyEscaped(from, to)
	switch {
	case s.inner >= maxInner || !hasEncoded(s.b[from:to]):
	case s.json || to-from > maxEncoded:
		s.encodedRuns(from, to)
	default:
		s.encoded(from, to)
	}
}

// encoded looks through a part without percent-encoding. What is masked there is written as in a URL.
func (s *scan) encoded(from, to int) {
	d, ok := percentDecoded(s.b[from:to])
	if !ok {
		return
	}
	there := len(s.edits)
	s.within(d, from, func(in *scan) { in.anyText(0, len(in.b)) })
	for i := there; i < len(s.edits); i++ {
		s.edits[i].plus = true
		s.edits[i].quote = quotesEncoded.Replace(s.edits[i].quote)
	}
}

// quotesEncoded are quotes as a URL has them.
var quotesEncoded = strings.NewReplacer(`"`, "%22", "'", "%27", `\`, "%5C")

// encodedRuns looks through what may be percent-encoded as a whole, up to what no URL has.
func (s *scan) encodedRuns(from, to int) {
	for at := from; ; {
		n := bytes.IndexByte(s.b[at:to], '%')
		if n < 0 {
			return
		}
		begin, end := at+n, at+n
		for begin > at && begin+maxEncoded > end && !endsParam(s.b[begin-1]) {
			begin--
		}
		if begin > at && s.b[begin-1] == '\\' { // half an escape is no part of it
			begin = min(end, begin+1)
		}
		for end < to && end-begin < maxEncoded && !endsParam(s.b[end]) {
			end++
		}
		if hasEncoded(s.b[begin:end]) {
			s.encoded(begin, end)
		}
		at = max(end, at+n+1)
	}
}

// maxEncoded is the longest text that is read without percent-encoding as a whole, in bytes.
const maxEncoded = 16 << 10

// hasEncoded reports whether an equals sign, a quote or an at sign is percent-encoded: there may
// be a URL or JSON in a URL.
func hasEncoded(b []byte) bool {
	for {
		n := bytes.IndexByte(b, '%')
		if n < 0 || n+2 >= len(b) {
			return false
		}
		if high, low := b[n+1], b[n+2]; high == '3' && low|0x20 == 'd' || high == '2' && low == '2' || high == '4' && low == '0' {
			return true
		}
		b = b[n+1:]
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
