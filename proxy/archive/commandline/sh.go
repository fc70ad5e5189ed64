package commandline

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/reason"
)

// word is one argument, with where it begins in the text.
type word struct {
	text string
	at   int
}

// command is what stands between two operators.
type command struct {
	words     []word
	stdin     []byte // what is known to come in by a pipe or a here-document
	piped     bool   // stdin is known
	variables []string
}

// shReader splits a text as sh does, as far as that is possible without running anything.
type shReader struct {
	text    string
	at      int
	word    strings.Builder
	begun   bool // a word is under way, be it empty
	start   int
	now     command
	all     []command
	heredoc string // its end, once one was announced
	literal bool   // nothing in it means anything
	pipe    []byte // what the command before writes into the next
	piped   bool
	nested  int // in so many substitutions
}

// splitSh is the commands of a text (POSIX 2.3; $'...' of bash and zsh).
func splitSh(text string) ([]command, error) {
	r := &shReader{text: text}
	if rest, ok := strings.CutPrefix(strings.TrimLeft(text, " \t\r\n"), "$ "); ok {
		r.at = len(text) - len(rest) // a prompt
	}
	for r.at < len(r.text) {
		if err := r.step(); err != nil {
			return nil, err
		}
	}
	r.endCommand(false)
	return r.all, nil
}

func (r *shReader) begin() {
	if !r.begun {
		r.begun, r.start = true, r.at
	}
}

func (r *shReader) endWord() {
	if r.begun {
		r.now.words = append(r.now.words, word{r.word.String(), r.start})
		r.word.Reset()
		r.begun = false
	}
}

// endCommand ends a command; what it writes goes into the next one where a pipe follows.
func (r *shReader) endCommand(pipe bool) {
	r.endWord()
	if r.piped && !r.now.piped {
		r.now.stdin, r.now.piped = r.pipe, true
	}
	r.pipe, r.piped = nil, false
	if pipe {
		r.pipe, r.piped = r.now.output()
	}
	if len(r.now.words) > 0 {
		r.all = append(r.all, r.now)
	}
	r.now = command{}
}

func (r *shReader) step() error {
	c := r.text[r.at]
	switch c {
	case ' ', '\t':
		r.endWord()
		r.at++
	case '\r':
		if r.at++; r.at < len(r.text) && r.text[r.at] != '\n' {
			r.endWord()
		}
	case '\n':
		r.at++
		if r.heredoc != "" {
			r.document()
		}
		r.endCommand(false)
	case ';':
		r.endCommand(false)
		r.at++
	case '&', '|':
		return r.operator(c)
	case '<', '>':
		return r.redirection()
	case '#':
		if !r.begun {
			end := strings.IndexByte(r.text[r.at:], '\n')
			if end < 0 {
				end = len(r.text) - r.at
			}
			r.at += end
			return nil
		}
		r.literalByte(c)
	case '\\':
		r.escape()
	case '\'':
		return r.single()
	case '"':
		return r.double()
	case '$':
		return r.dollar()
	case '`':
		return &fault{r.at, reason.CommandRuns.With("`...`")}
	default:
		r.literalByte(c)
	}
	return nil
}

func (r *shReader) literalByte(c byte) {
	r.begin()
	r.word.WriteByte(c)
	r.at++
}

// escape takes a backslash: with a line end it is nothing, else the next sign is itself.
func (r *shReader) escape() {
	rest := r.text[r.at+1:]
	switch {
	case strings.HasPrefix(rest, "\n"):
		r.at += 2
	case strings.HasPrefix(rest, "\r\n"):
		r.at += 3
	case rest == "":
		r.literalByte('\\')
	default:
		r.begin()
		r.at++
		r.literalByte(r.text[r.at])
	}
}

func (r *shReader) single() error {
	r.begin()
	end := strings.IndexByte(r.text[r.at+1:], '\'')
	if end < 0 {
		return &fault{r.at, reason.CommandQuote.With()}
	}
	r.word.WriteString(r.text[r.at+1 : r.at+1+end])
	r.at += end + 2
	return nil
}

func (r *shReader) double() error {
	r.begin()
	open := r.at
	for r.at++; r.at < len(r.text); {
		switch c := r.text[r.at]; c {
		case '"':
			r.at++
			return nil
		case '\\':
			next := byte(0)
			if r.at+1 < len(r.text) {
				next = r.text[r.at+1]
			}
			switch next {
			case '$', '`', '"', '\\':
				r.word.WriteByte(next)
				r.at += 2
			case '\n':
				r.at += 2
			default:
				r.literalByte(c)
			}
		case '$':
			if err := r.expansion(); err != nil {
				return err
			}
		case '`':
			return &fault{r.at, reason.CommandRuns.With("`...`")}
		default:
			r.literalByte(c)
		}
	}
	return &fault{open, reason.CommandQuote.With()}
}

func (r *shReader) dollar() error {
	rest := r.text[r.at+1:]
	switch {
	case strings.HasPrefix(rest, "'"):
		return r.ansi()
	case strings.HasPrefix(rest, `"`): // translated by locale: the same words
		r.at++
		return r.double()
	}
	return r.expansion()
}

// expansion leaves a variable as it is written, with a note.
func (r *shReader) expansion() error {
	rest := r.text[r.at+1:]
	if strings.HasPrefix(rest, "(") {
		return r.substitution()
	}
	n := 0
	if strings.HasPrefix(rest, "{") {
		if n = strings.IndexByte(rest, '}') + 1; n == 0 {
			return &fault{r.at, reason.CommandQuote.With()}
		}
		if strings.ContainsAny(rest[:n], "`(") {
			return &fault{r.at, reason.CommandRuns.With("$(...)")}
		}
	} else {
		for n < len(rest) && (rest[n] == '_' || alphanumeric(rest[n]) && (n > 0 || rest[n] > '9')) {
			n++
		}
	}
	if n > 0 {
		r.now.variables = append(r.now.variables, r.text[r.at:r.at+1+n])
	}
	r.begin()
	r.word.WriteString(r.text[r.at : r.at+1+n])
	r.at += 1 + n
	return nil
}

// maxNested bounds $(...) in $(...).
const maxNested = 4

// substitution takes $(printf ...), which is how any byte is written for every sh. Other
// commands would have to be run.
func (r *shReader) substitution() error {
	inner := &shReader{text: r.text, at: r.at + 2, nested: r.nested + 1}
	runs := &fault{r.at, reason.CommandRuns.With("$(...)")}
	for inner.at < len(inner.text) && inner.text[inner.at] != ')' {
		if inner.nested > maxNested || inner.step() != nil || len(inner.all) > 0 {
			return runs
		}
	}
	inner.endWord()
	text, ok := inner.now.output()
	if !ok || inner.at == len(inner.text) {
		return runs
	}
	r.begin()
	r.word.Write(bytes.TrimRight(text, "\n"))
	r.at = inner.at + 1
	return nil
}

// ansi takes $'...'.
func (r *shReader) ansi() error {
	r.begin()
	open := r.at
	r.at += 2
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case '\'':
			r.at++
			return nil
		case '\\':
			if r.at+1 == len(r.text) {
				return &fault{open, reason.CommandQuote.With()}
			}
			n, out := ansiEscape(r.text[r.at+1:])
			r.word.WriteString(out)
			r.at += 1 + n
		default:
			r.literalByte(c)
		}
	}
	return &fault{open, reason.CommandQuote.With()}
}

// ansiEscape is how much of a text an escape takes, without its backslash, and what it means.
func ansiEscape(text string) (n int, out string) {
	const letters, signs = "abeEfnrtv", "\a\b\x1b\x1b\f\n\r\t\v"
	c := text[0]
	if at := strings.IndexByte(letters, c); at >= 0 {
		return 1, signs[at : at+1]
	}
	switch c {
	case 'x', 'u', 'U':
		most := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
		value, digits := number(text[1:], most, 16)
		switch {
		case digits == 0:
			return 1, `\` + text[:1]
		case c == 'x':
			return 1 + digits, string([]byte{byte(value)})
		}
		return 1 + digits, string(utf8.AppendRune(nil, rune(min(value, utf8.MaxRune+1))))
	case 'c':
		if len(text) > 1 {
			return 2, string([]byte{text[1] & 0x1f})
		}
	case '\\', '\'', '"', '?':
		return 1, text[:1]
	}
	if value, digits := number(text, 3, 8); digits > 0 {
		return digits, string([]byte{byte(value)})
	}
	return 1, `\` + text[:1]
}

// number reads up to most digits.
func number(text string, most int, base uint64) (value uint64, digits int) {
	for digits < most && digits < len(text) {
		d := base
		if c := text[digits]; c >= '0' && c <= '9' {
			d = uint64(c - '0')
		} else if c |= 0x20; c >= 'a' && c <= 'f' {
			d = uint64(c-'a') + 10
		}
		if d >= base {
			break
		}
		value = value*base + d
		digits++
	}
	return value, digits
}

func alphanumeric(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' }
