package query

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/wasilibs/go-re2"
	"github.com/wasilibs/go-re2/experimental"

	"posthouse/proxy/flow"
)

const (
	// MaxExpression bounds a regular expression, in bytes.
	MaxExpression = 1000
	// maxProgram bounds what it compiles to, in instructions: the time of a search is
	// at worst these times the bytes.
	maxProgram = 2000
)

// pattern is a regular expression. Short texts are searched by Go's regexp,
// which allocates nothing; bodies by RE2, which was ten to twenty times as fast for most
// patterns on JSON. Neither backtracks: the time is linear in the text. One that asks for a text is
// compiled when that is found for the first time: of many rules few ever are.
type pattern struct {
	short    func() *regexp.Regexp
	literal  string // occurs in each match, letters of ASCII in lower case; "" where none is known
	anchored bool   // it asks for the beginning or the end of the text
	text     func() matcher
	raw      func() matcher
}

// matcher finds matches in bytes: begin and end of each.
type matcher interface {
	FindIndex([]byte) []int
	FindAllIndex(b []byte, n int) [][]int
}

// short texts are those up to which Go's regexp is as good.
const shortText = 4 << 10

// finder is what is best for a text. What is no text is matched byte by byte.
func (p *pattern) finder(text []byte, binary bool) matcher {
	switch {
	case len(text) <= shortText:
		return p.short()
	case binary:
		return p.raw()
	}
	return p.text()
}

func (x *expression) compile() (*pattern, *Error) {
	bad := func(code, msg string) (*pattern, *Error) {
		return nil, &Error{Pos: x.pos, End: x.end, Code: code, Arg: x.pattern, Msg: msg}
	}
	if len(x.pattern) > MaxExpression {
		return bad("regexp.large", fmt.Sprintf("a regular expression may have %d bytes", MaxExpression))
	}
	source := strings.ReplaceAll(x.pattern, `\/`, "/")
	if x.flags != "" {
		source = "(?" + x.flags + ")" + source
	}
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return bad(codeOf(err), "this is no regular expression: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	p := &pattern{anchored: asksForEnds(tree)}
	p.literal = required(tree)
	if x.program = Instructions(tree); x.program > maxProgram { // at most, and maybe it is less
		if program, err := syntax.Compile(tree.Simplify()); err != nil || len(program.Inst) > maxProgram {
			return bad("regexp.large", "the regular expression is too large")
		}
	}
	p.short = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(source) })
	if p.literal == "" {
		p.short()
	}
	p.text = sync.OnceValue(func() matcher {
		if m, err := re2.Compile(source); err == nil {
			return m
		}
		return p.short()
	})
	p.raw = sync.OnceValue(func() matcher {
		if m, err := experimental.CompileLatin1(source); err == nil && ascii(source) {
			return m
		}
		return p.short()
	})
	return p, nil
}

// codes are what can be wrong with an expression, beside what is just none.
var codes = map[syntax.ErrorCode]string{
	syntax.ErrMissingParen: "regexp.paren", syntax.ErrUnexpectedParen: "regexp.paren",
	syntax.ErrMissingBracket: "regexp.bracket", syntax.ErrInvalidCharClass: "regexp.bracket", syntax.ErrInvalidCharRange: "regexp.bracket",
	syntax.ErrMissingRepeatArgument: "regexp.repeat", syntax.ErrInvalidRepeatOp: "regexp.repeat",
	syntax.ErrInvalidRepeatSize: "regexp.repeat", syntax.ErrTrailingBackslash: "regexp.escape", syntax.ErrInvalidEscape: "regexp.escape",
	syntax.ErrLarge: "regexp.large",
}

func codeOf(err error) string {
	var bad *syntax.Error
	if errors.As(err, &bad) && codes[bad.Code] != "" {
		return codes[bad.Code]
	}
	return "regexp"
}

// in reports whether it matches in s.
func (p *pattern) in(s string) bool {
	return (p.literal == "" || foldContains(s, p.literal)) && p.short().MatchString(s)
}

func inText(of func(*flow.Row) string) func(*pattern) func(*flow.Row) bool {
	return func(p *pattern) func(*flow.Row) bool {
		return func(r *flow.Row) bool { return p.in(of(r)) }
	}
}

// inHost reads A-labels too.
func inHost(p *pattern) func(*flow.Row) bool {
	return func(r *flow.Row) bool { return p.inHost(r.Host) }
}

func (p *pattern) inHost(host string) bool {
	return p.in(host) || foldContains(host, aLabel) && p.in(unicodeHost(host))
}

// inRow looks in what the list shows of a row, in each text by itself.
func (p *pattern) inRow(r *flow.Row) bool {
	return p.in(r.Method) || p.in(r.ContentType) || p.inURL(r) || p.inHost(r.Host) || r.TLS.SNI != "" && p.inHost(r.TLS.SNI) ||
		r.Failure != flow.FailureNone && p.in(r.Failure.String())
}

// urls are buffers for URLs and statuses: bytes handed to a regular expression escape.
var urls = sync.Pool{New: func() any { return new([]byte) }}

// maxURLKept bounds the buffers that are kept.
const maxURLKept = 64 << 10

// inURL looks in the URL and in the status.
func (p *pattern) inURL(r *flow.Row) bool {
	buf := urls.Get().(*[]byte)
	b := (*buf)[:0]
	if r.Status != 0 {
		b = strconv.AppendInt(b, int64(r.Status), 10)
	}
	found := len(b) > 0 && p.short().Match(b)
	b = b[:0]
	if r.Scheme != "" {
		b = append(append(b, r.Scheme...), "://"...)
	}
	b = append(append(b, r.Host...), r.Path...)
	found = found || p.short().Match(b)
	if cap(b) <= maxURLKept {
		*buf = b
	}
	urls.Put(buf)
	return found
}

// required is a text that each match of an expression holds, folded; the longest that is
// easily seen.
func required(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return longestPlain(re.Rune, re.Flags&syntax.FoldCase != 0)
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		best := ""
		for _, sub := range re.Sub {
			if one := required(sub); len(one) > len(best) {
				best = one
			}
		}
		return best
	}
	return ""
}

// longestPlain is the longest stretch of a literal that a search for bytes finds. Where case
// does not matter, k and s are also the Kelvin sign and the long s (Unicode 16.0 CaseFolding),
// and what is beyond ASCII has other forms. What stands for bytes that are no text is left out.
func longestPlain(literal []rune, fold bool) (best string) {
	begin := 0
	end := func(i int) {
		if text := lowerASCII(string(literal[begin:i])); len(text) > len(best) {
			best = text
		}
		begin = i + 1
	}
	for i, r := range literal {
		if r == utf8.RuneError || fold && (r >= utf8.RuneSelf || r == 'k' || r == 'K' || r == 's' || r == 'S') {
			end(i)
		}
	}
	end(len(literal))
	return best
}

// Instructions is how many an expression compiles to: at most, and mostly just as many. Nothing is compiled.
func Instructions(re *syntax.Regexp) int { return 2 + instructions(re) } // to fail and to match

func instructions(re *syntax.Regexp) (n int) {
	for _, sub := range re.Sub {
		n += instructions(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		return max(1, len(re.Rune))
	case syntax.OpConcat:
		return n
	case syntax.OpAlternate:
		return n + len(re.Sub) - 1
	case syntax.OpCapture, syntax.OpStar:
		return n + 2
	case syntax.OpRepeat: // copies of what is repeated; each beyond the least may be left out
		if re.Max < 0 {
			return n*max(1, re.Min) + 2
		}
		return max(1, n*re.Min+(n+1)*(re.Max-re.Min))
	}
	return n + 1
}

func asksForEnds(re *syntax.Regexp) bool {
	if re.Op == syntax.OpBeginText || re.Op == syntax.OpEndText {
		return true
	}
	for _, sub := range re.Sub {
		if asksForEnds(sub) {
			return true
		}
	}
	return false
}
