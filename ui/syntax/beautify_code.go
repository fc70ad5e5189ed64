package syntax

import (
	"context"
	"strings"
)

// beautifyCode sets out packed CSS or JavaScript: lines end after ";" and braces,
// and after the commas of an object. What is within parentheses and brackets
// goes on in its line, but for the blocks in it.
func beautifyCode(ctx context.Context, l Language, text string, out *lines) error {
	b := codeBeautifier{codeLexer: codeLexer{l: l, text: text}, out: out, fresh: true}
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

type codeBeautifier struct {
	codeLexer
	out    *lines
	opened []opened
	depth  int  // of braces whose content has its own lines
	last   byte // written last that is no space
	fresh  bool // what comes next begins a line
}

// opened is one of ({[ that is not closed yet.
type opened struct {
	sign   byte
	object bool // an object, not a block
	short  bool // closes in the same line
}

// step takes one token.
func (b *codeBeautifier) step() {
	from := b.at
	kind := b.next()
	token := b.text[from:b.at]
	switch kind {
	case codeBreak:
		b.fresh = true
	case codeBlank:
		if !b.fresh {
			b.out.WriteString(token)
		}
	case codeNote:
		alone := b.fresh && strings.HasPrefix(token, "/*")
		b.write(token)
		b.fresh = alone
	case codeSign:
		b.sign(token)
	default:
		b.write(token)
	}
}

// write writes a token as it is.
func (b *codeBeautifier) write(token string) {
	if b.fresh {
		b.out.newLine(b.depth)
	}
	b.out.WriteString(token)
	b.last, b.fresh = token[len(token)-1], false
}

// inner is what was opened last.
func (b *codeBeautifier) inner() opened {
	if n := len(b.opened); n > 0 {
		return b.opened[n-1]
	}
	return opened{sign: '{'}
}

func (b *codeBeautifier) sign(token string) {
	switch c := token[0]; c {
	case '{', '(', '[':
		b.open(token)
	case '}', ')', ']':
		b.close(token)
	default:
		b.write(token)
		in := b.inner()
		b.fresh = in.sign == '{' && !in.short && (c == ';' || c == ',' && in.object)
	}
}

func (b *codeBeautifier) open(token string) {
	o := opened{sign: token[0]}
	if o.sign == '{' {
		o.object = b.l == JavaScript && strings.IndexByte("=([,:?&|", b.last) >= 0
		o.short = isShort(b.text[b.at-1:], b.l)
	}
	b.write(token)
	if b.opened = append(b.opened, o); o.sign == '{' && !o.short {
		b.depth++
		b.fresh = true
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

func (b *codeBeautifier) close(token string) {
	c, in := token[0], b.inner()
	if n := len(b.opened); n > 0 && in.sign == opener(c) {
		b.opened = b.opened[:n-1]
	} else {
		in = opened{sign: c} // closes nothing that is known
	}
	if c == '}' && in.sign == '{' && !in.short {
		b.depth = max(0, b.depth-1)
		b.fresh = true
	}
	b.write(token)
	b.fresh = c == '}' && !in.object && in.sign == '{' && b.breaksAfter()
}

func opener(c byte) byte {
	if c == ')' {
		return '('
	}
	return c - 2 // '[' and '{' stand two before their closers
}

// breaksAfter reports whether a line ends after a block: not where what follows
// belongs to it.
func (b *codeBeautifier) breaksAfter() bool {
	rest := strings.TrimLeft(b.text[b.at:min(len(b.text), b.at+80)], " \t\r\n")
	if rest == "" || strings.IndexByte(",;).]([`", rest[0]) >= 0 {
		return false
	}
	if b.l == JavaScript && isWordByte(rest[0]) {
		return !afterBlock[rest[:wordLen(rest, b.l)]]
	}
	return true
}

var afterBlock = set("else catch finally while from as")
