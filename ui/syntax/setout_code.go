package syntax

import (
	"context"
	"strings"
)

// setOutCode sets out packed CSS or JavaScript: lines end after ";" and braces,
// and after the commas of an object. What is within parentheses and brackets
// goes on in its line, but for the blocks in it.
func setOutCode(ctx context.Context, l Language, text string, out *lines) error {
	b := codeBreaker{l: l, src: text, out: out, fresh: true}
	for n := 0; b.at < len(text); n++ {
		if n%checkEvery == 0 {
			if err := out.check(ctx); err != nil {
				return err
			}
		}
		b.step()
	}
	return out.check(ctx)
}

type codeBreaker struct {
	l      Language
	src    string
	at     int
	out    *lines
	opened []opened
	depth  int       // of braces that have lines of their own
	last   byte      // sign or letter written last that is no space
	state  codeState // codeStart or codeAfter
	fresh  bool      // what comes next begins a line
}

// opened is one of ({[ that is not closed yet.
type opened struct {
	sign   byte
	object bool // an object, not a block
	short  bool // closes in the same line
}

// step takes one part.
func (b *codeBreaker) step() {
	c, rest := b.src[b.at], b.src[b.at:]
	switch {
	case c == '\n' || c == '\r':
		b.at++
		b.newLine()
	case c == ' ' || c == '\t':
		if b.at++; !b.fresh {
			b.out.WriteByte(c)
		}
	case strings.HasPrefix(rest, "/*"):
		alone := b.fresh
		b.copy(commentLen(rest), b.state)
		b.fresh = alone
	case b.l == JavaScript && strings.HasPrefix(rest, "//"):
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		b.copy(end, b.state)
	case c == '"' || c == '\'':
		b.copy(stringLen(rest, c), codeAfter)
	case c == '`' && b.l == JavaScript:
		b.copy(templateLen(rest), codeAfter)
	case c == '/' && b.l == JavaScript && b.state == codeStart && regexLen(rest) > 0:
		b.copy(regexLen(rest), codeAfter)
	case isWordByte(c) || isDigit(c):
		word := rest[:wordLen(rest, b.l)]
		after := codeAfter
		if jsBefore[word] {
			after = codeStart
		}
		b.copy(len(word), after)
	default:
		b.sign(c)
	}
}

// copy takes n bytes as they are.
func (b *codeBreaker) copy(n int, after codeState) {
	if b.fresh {
		b.out.newLine(b.depth)
	}
	b.out.WriteString(b.src[b.at : b.at+n])
	b.last = b.src[b.at+n-1]
	b.at += n
	b.state, b.fresh = after, false
}

// newLine lets what comes next begin a line, at the depth that is then.
func (b *codeBreaker) newLine() { b.fresh = true }

// inner is what was opened last.
func (b *codeBreaker) inner() opened {
	if n := len(b.opened); n > 0 {
		return b.opened[n-1]
	}
	return opened{sign: '{'}
}

func (b *codeBreaker) sign(c byte) {
	switch c {
	case '{', '(', '[':
		b.open(c)
	case '}', ')', ']':
		b.close(c)
	default:
		b.copy(1, afterSign(b.l, c))
		in := b.inner()
		if in.sign == '{' && !in.short && (c == ';' || c == ',' && in.object) {
			b.newLine()
		}
	}
}

func (b *codeBreaker) open(c byte) {
	o := opened{sign: c}
	if c == '{' {
		o.object = b.l == JavaScript && strings.IndexByte("=([,:?&|", b.last) >= 0
		o.short = isShort(b.src[b.at:], b.l)
	}
	b.copy(1, codeStart)
	if b.opened = append(b.opened, o); c == '{' && !o.short {
		b.depth++
		b.newLine()
	}
}

// maxShort bounds a block or an object that stays in its line, in bytes.
const maxShort = 40

// isShort reports whether what begins with a brace is empty, or a script's little
// object or block.
func isShort(s string, l Language) bool {
	end := strings.IndexAny(s[1:min(len(s), maxShort)], "{}\n;")
	return end >= 0 && s[end+1] == '}' && (l == JavaScript || strings.TrimSpace(s[1:end+1]) == "")
}

func (b *codeBreaker) close(c byte) {
	in := b.inner()
	if n := len(b.opened); n > 0 && in.sign == opener(c) {
		b.opened = b.opened[:n-1]
	} else {
		in = opened{sign: c} // closes nothing that is known
	}
	own := c == '}' && in.sign == '{' && !in.short
	if own {
		b.depth = max(0, b.depth-1)
		b.newLine()
	}
	if b.copy(1, codeAfter); c == '}' && b.l == CSS {
		b.state = codeStart
	}
	if c == '}' && !in.object && in.sign == '{' && b.breaksAfter() {
		b.newLine()
	}
}

func opener(c byte) byte {
	if c == ')' {
		return '('
	}
	return c - 2 // '[' and '{' stand two before their closers
}

// breaksAfter reports whether a line ends after a block: not where what follows
// belongs to it.
func (b *codeBreaker) breaksAfter() bool {
	rest := strings.TrimLeft(b.src[b.at:min(len(b.src), b.at+80)], " \t\r\n")
	if rest == "" || strings.IndexByte(",;).]([`", rest[0]) >= 0 {
		return false
	}
	if b.l == JavaScript && isWordByte(rest[0]) {
		return !afterBlock[rest[:wordLen(rest, b.l)]]
	}
	return true
}

var afterBlock = set("else catch finally while from as")

func commentLen(s string) int {
	if end := strings.Index(s[2:], "*/"); end >= 0 {
		return end + 4
	}
	return len(s)
}

// stringLen ends a string that was left open at the end of its line.
func stringLen(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case quote:
			return i + 1
		case '\\':
			i++
		case '\n':
			return i
		}
	}
	return len(s)
}

// templateLen takes the templates within a template along.
func templateLen(s string) int {
	var braces []int // how many are open in each ${ }
	for i := 1; i < len(s); i++ {
		n := len(braces) - 1
		inText := n < 0 || braces[n] < 0
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '`' && n < 0:
			return i + 1
		case c == '`' && inText:
			braces = braces[:n]
		case c == '`':
			braces = append(braces, -1) // a template within
		case inText && c == '$' && i+1 < len(s) && s[i+1] == '{':
			braces = append(braces, 0)
			i++
		case inText:
		case c == '{':
			braces[n]++
		case c == '}' && braces[n] > 0:
			braces[n]--
		case c == '}':
			braces = braces[:n]
		}
	}
	return len(s)
}
