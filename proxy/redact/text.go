package redact

import "bytes"

// anyText looks through b[from:to] for all that is known without a grammar: whole texts are cut,
// broken, in JavaScript or one in the other, and a strict reader would see nothing there.
func (s *scan) anyText(from, to int) {
	if from >= to {
		return
	}
	s.tokens(from, to)
	s.urls(from, to)
	s.members(from, to)
	s.elements(from, to)
	if to-from <= maxEncoded && !s.json && s.inner < maxInner && hasEncoded(s.b[from:to]) {
		if d, ok := percentDecoded(s.b[from:to]); ok {
			there := len(s.edits)
			s.within(d, from, func(in *scan) { in.anyText(0, len(in.b)) })
			for i := there; i < len(s.edits); i++ {
				s.edits[i].plus = true
			}
		}
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
		n := bytes.Index(s.b[at:to], []byte("eyJ"))
		if n < 0 {
			break
		}
		begin := at + n
		end, dots := begin, 0
		for end < to && isTokenByte(s.b[end]) {
			if s.b[end] == '.' {
				dots++
			}
			end++
		}
		end = begin + len(bytes.TrimRight(s.b[begin:end], "."))
		if dots > 0 && end-begin >= minToken {
			s.mask(Tokens, begin, end, s.b[begin:end], false)
		}
		at = max(end, begin+3)
	}
	s.schemes(from, to, "earer")
	s.schemes(from, to, "asic")
}

// schemes finds Bearer and Basic with what follows them.
func (s *scan) schemes(from, to int, rest string) {
	for at := from; ; {
		n := bytes.Index(s.b[at:to], []byte(rest))
		if n < 0 {
			return
		}
		at += n + len(rest)
		word := at - len(rest) - 1
		begin := at
		switch {
		case word < from || s.b[word]|0x20 != 'b' || at == to:
			continue
		case s.b[at] == ' ' || s.b[at] == '+':
			begin++
		case at+3 <= to && string(s.b[at:at+3]) == "%20":
			begin += 3
		default:
			continue
		}
		end := begin
		for end < to && (isTokenByte(s.b[end]) || s.b[end] == '+' || s.b[end] == '/' || s.b[end] == '=' || s.b[end] == '~') {
			end++
		}
		value := s.b[begin:end]
		at = end
		if rest == "asic" {
			if pair := basic(value); pair != nil && len(value) >= 8 {
				s.learnPair(pair)
				s.mask(Credentials, begin, end, pair, false)
			}
		} else if len(value) >= minBearer && telling(value) {
			s.mask(Credentials, begin, end, value, false)
		}
	}
}

// elements masks what stands in elements that are named like a secret: <password>x</password>.
func (s *scan) elements(from, to int) {
	for at := from; ; {
		n := bytes.Index(s.b[at:to], []byte("</"))
		if n < 0 {
			return
		}
		end := at + n
		name := end + 2
		for at = name; at < to && (isTokenByte(s.b[at]) || s.b[at] == ':'); at++ {
		}
		label := s.b[name:at]
		if n := bytes.LastIndexByte(label, ':'); n >= 0 {
			label = label[n+1:]
		}
		if s.m.names.shape(label, inMember) == shapeNone {
			continue
		}
		begin := max(from, end-maxInValue)
		begin += bytes.LastIndexByte(s.b[begin:end], '>') + 1
		if begin == from || s.b[begin-1] != '>' || s.json && bytes.IndexByte(s.b[begin:end], '"') >= 0 {
			continue
		}
		s.mask(Bodies, begin, end, bytes.TrimSpace(s.b[begin:end]), false)
	}
}
