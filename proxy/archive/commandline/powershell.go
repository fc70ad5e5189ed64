package commandline

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/reason"
)

// Kinds of tokens. Others are the sign itself: ( ) { } , ; = |
const (
	psBare   = 'w' // a word with nothing quoted in it
	psString = 's' // a word with a quoted part
)

// psToken is a token of PowerShell; the end of a line is a semicolon.
type psToken struct {
	kind byte
	text string
	at   int
}

// psReader makes tokens as PowerShell does, without running anything.
type psReader struct {
	text      string
	at        int
	all       []psToken
	depth     []byte // open brackets
	variables []string
}

const (
	psSingle = "'\u2018\u2019\u201a\u201b" // what PowerShell takes for a single quote
	psDouble = "\"\u201c\u201d\u201e"      // and for a double one
	psBreaks = " \t\r\n;,(){}|"            // what ends a bare word
)

func psTokens(text string) (*psReader, error) {
	r := &psReader{text: text}
	for r.at < len(r.text) {
		if err := r.step(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *psReader) sign(kind byte, n int) {
	r.all = append(r.all, psToken{kind, r.text[r.at : r.at+n], r.at})
	r.at += n
}

func (r *psReader) inHash() bool { return len(r.depth) > 0 && r.depth[len(r.depth)-1] == '{' }

func (r *psReader) step() error {
	rest := r.text[r.at:]
	switch c := rest[0]; {
	case c == ' ' || c == '\t' || c == '\r':
		r.at++
	case c == '\n':
		if len(r.depth) == 0 || r.inHash() {
			r.sign(';', 1)
		} else {
			r.at++
		}
	case c == '`' && (strings.HasPrefix(rest, "`\n") || strings.HasPrefix(rest, "`\r\n")):
		r.at += strings.IndexByte(rest, '\n') + 1
	case strings.HasPrefix(rest, "@'") || strings.HasPrefix(rest, `@"`):
		return r.hereString(rest[1])
	case strings.HasPrefix(rest, "@{"):
		r.depth = append(r.depth, '{')
		r.sign('{', 2)
	case c == '{' || c == '(':
		r.depth = append(r.depth, c)
		r.sign(c, 1)
	case c == '}' || c == ')':
		if len(r.depth) > 0 {
			r.depth = r.depth[:len(r.depth)-1]
		}
		r.sign(c, 1)
	case c == ',' || c == ';' || c == '|' || c == '=':
		r.sign(c, 1)
	case c == '#':
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		r.at += end
	default:
		return r.word()
	}
	return nil
}

// word takes a word, with the quoted parts in it.
func (r *psReader) word() error {
	t := psToken{kind: psBare, at: r.at}
	var b strings.Builder
	for r.at < len(r.text) {
		rest := r.text[r.at:]
		first, size := utf8.DecodeRuneInString(rest)
		switch {
		case strings.ContainsRune(psSingle, first) && first != utf8.RuneError:
			t.kind = psString
			if err := r.single(&b); err != nil {
				return err
			}
		case strings.ContainsRune(psDouble, first) && first != utf8.RuneError:
			t.kind = psString
			if err := r.double(&b); err != nil {
				return err
			}
		case strings.HasPrefix(rest, "$("):
			return &fault{r.at, reason.CommandRuns.With("$(...)")}
		case strings.ContainsRune(psBreaks, first),
			first == '=' && (r.inHash() || t.kind == psBare && strings.HasPrefix(b.String(), "$")):
			t.text = b.String()
			r.all = append(r.all, t)
			return nil
		case first == '`' && len(rest) > 1:
			if rest[1] == '\n' || rest[1] == '\r' {
				t.text = b.String()
				r.all = append(r.all, t)
				return nil
			}
			r.at++
			r.tick(&b)
		default:
			b.WriteString(rest[:size])
			r.at += size
		}
	}
	t.text = b.String()
	r.all = append(r.all, t)
	return nil
}

func (r *psReader) single(b *strings.Builder) error {
	open := r.at
	_, size := utf8.DecodeRuneInString(r.text[r.at:])
	for r.at += size; r.at < len(r.text); r.at += size {
		var c rune
		c, size = utf8.DecodeRuneInString(r.text[r.at:])
		if c != utf8.RuneError && strings.ContainsRune(psSingle, c) {
			next, n := utf8.DecodeRuneInString(r.text[r.at+size:])
			if n == 0 || next == utf8.RuneError || !strings.ContainsRune(psSingle, next) {
				r.at += size
				return nil
			}
			r.at += size
			size = n
		}
		b.WriteString(r.text[r.at : r.at+size])
	}
	return &fault{open, reason.CommandQuote.With()}
}

func (r *psReader) double(b *strings.Builder) error {
	open := r.at
	_, size := utf8.DecodeRuneInString(r.text[r.at:])
	r.at += size
	for r.at < len(r.text) {
		rest := r.text[r.at:]
		c, size := utf8.DecodeRuneInString(rest)
		switch {
		case c != utf8.RuneError && strings.ContainsRune(psDouble, c):
			next, n := utf8.DecodeRuneInString(rest[size:])
			r.at += size
			if n == 0 || next == utf8.RuneError || !strings.ContainsRune(psDouble, next) {
				return nil
			}
			b.WriteString(rest[size : size+n])
			r.at += n
		case c == '`' && len(rest) > 1:
			r.at++
			r.tick(b)
		case c == '$':
			if err := r.expansion(b); err != nil {
				return err
			}
		default:
			b.WriteString(rest[:size])
			r.at += size
		}
	}
	return &fault{open, reason.CommandQuote.With()}
}

// tick takes what stands behind a backquote.
func (r *psReader) tick(b *strings.Builder) {
	const letters, signs = "0abefnrtv", "\x00\a\b\x1b\f\n\r\t\v"
	rest := r.text[r.at:]
	_, size := utf8.DecodeRuneInString(rest)
	at := strings.IndexByte(letters, rest[0])
	switch {
	case strings.HasPrefix(rest, "u{"):
		value, digits := number(rest[2:], 6, 16)
		if digits > 0 && strings.HasPrefix(rest[2+digits:], "}") {
			b.WriteRune(rune(min(value, utf8.MaxRune+1)))
			r.at += digits + 3
			return
		}
		b.WriteByte('u')
	case at >= 0:
		b.WriteByte(signs[at])
	default:
		b.WriteString(rest[:size])
	}
	r.at += size
}

// expansion takes $([char]233), as browsers write it. Any other subexpression would have
// to be run; a variable stays as it is written.
func (r *psReader) expansion(b *strings.Builder) error {
	rest := r.text[r.at:]
	if inner, ok := strings.CutPrefix(rest, "$("); ok {
		inner, _, closed := strings.Cut(inner, ")")
		digits, isChar := strings.CutPrefix(strings.ToLower(strings.TrimSpace(inner)), "[char]")
		n, err := strconv.ParseUint(digits, 0, 16)
		if !closed || !isChar || err != nil {
			return &fault{r.at, reason.CommandRuns.With("$(...)")}
		}
		r.at += len("$(") + len(inner) + len(")")
		r.unit(b, uint16(n))
		return nil
	}
	n := 1
	for n < len(rest) && (alphanumeric(rest[n]) || rest[n] == '_' || rest[n] == ':') {
		n++
	}
	if n > 1 {
		r.variables = append(r.variables, rest[:n])
	}
	b.WriteString(rest[:n])
	r.at += n
	return nil
}

// unit appends a unit of UTF-16: the second one of a pair is taken with the first.
func (r *psReader) unit(b *strings.Builder, first uint16) {
	if first < 0xd800 || first > 0xdbff {
		b.WriteRune(rune(first))
		return
	}
	inner, ok := strings.CutPrefix(r.text[r.at:], "$([char]")
	digits, _, closed := strings.Cut(inner, ")")
	second, err := strconv.ParseUint(strings.TrimSpace(digits), 0, 16)
	if !ok || !closed || err != nil || second < 0xdc00 || second > 0xdfff {
		b.WriteRune(utf8.RuneError)
		return
	}
	r.at += len("$([char]") + len(digits) + len(")")
	b.WriteRune((rune(first)-0xd800)<<10 + rune(second) - 0xdc00 + 0x10000)
}

// hereString takes @' and @" with the lines up to the one that ends it.
func (r *psReader) hereString(quote byte) error {
	open := r.at
	head, body, ok := strings.Cut(r.text[r.at:], "\n")
	if !ok || strings.TrimSpace(head[2:]) != "" {
		return &fault{open, reason.CommandQuote.With()}
	}
	at := r.at + len(head) + 1
	end := 0 // of the content, before its last line end
	if !strings.HasPrefix(body, string(quote)+"@") {
		if end = strings.Index(body, "\n"+string(quote)+"@"); end < 0 {
			return &fault{open, reason.CommandQuote.With()}
		}
		at++
	}
	content := strings.TrimSuffix(body[:end], "\r")
	if quote == '"' {
		inner := &psReader{}
		inner.text = `"` + strings.ReplaceAll(content, `"`, "`\"") + `"`
		var b strings.Builder
		if err := inner.double(&b); err != nil {
			return &fault{open, reason.CommandRuns.With("$(...)")}
		}
		r.variables = append(r.variables, inner.variables...)
		content = b.String()
	}
	r.all = append(r.all, psToken{psString, content, open})
	r.at = at + end + 2
	return nil
}
