package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// contextLines is how many lines that are the same stand around those that are not.
const contextLines = 3

// Unified tells in what two exchanges differ as a unified diff, requests before responses:
// heads as they are, JSON in lines, other text as it is. Of a body that is no text it says
// the sizes. It is empty where there is no difference.
func Unified(a, b *flow.Exchange, names [2]string, o Options) string {
	var out strings.Builder
	requests := [2]side{sideOf(a.RequestHead, a.RequestTrailer, a.RequestBody), sideOf(b.RequestHead, b.RequestTrailer, b.RequestBody)}
	responses := [2]side{sideOf(a.ResponseHead, a.ResponseTrailer, a.ResponseBody),
		sideOf(b.ResponseHead, b.ResponseTrailer, b.ResponseBody)}
	for _, m := range [...]struct {
		name  string
		sides *[2]side
	}{{"request", &requests}, {"response", &responses}} {
		l := Texts(m.sides[0].text(), m.sides[1].text(), o.Timeout)
		if l.Differ > 0 {
			fmt.Fprintf(&out, "--- %s %s\n+++ %s %s\n", headerName(names[0]), m.name, headerName(names[1]), m.name)
			l.hunks(&out)
		}
	}
	return out.String()
}

// headerName is a name on the line that a unified diff begins with.
func headerName(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// text is a whole message in lines.
func (s *side) text() string {
	var b strings.Builder
	if s.start != "" {
		b.WriteString(s.start + "\n")
	}
	for _, f := range s.fields {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	p := s.plain()
	switch {
	case p.missing:
		b.WriteString("\n(" + flow.Counted(s.body.Size, "byte that was", "bytes that were") + " not kept)\n")
	case len(p.bytes) == 0:
	case !text(&p):
		b.WriteString("\n(" + flow.Counted(len(p.bytes), "byte that is", "bytes that are") + " no text)\n")
	default:
		body, _ := content.Text(p.contentType, p.bytes)
		if p.kind == content.JSON {
			body = indented(body)
		}
		b.WriteString("\n" + body)
		if !strings.HasSuffix(body, "\n") {
			b.WriteString("\n")
		}
	}
	for _, f := range s.trailer {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	return b.String()
}

// indented is JSON in lines; what is none stays.
func indented(s string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(s), "", "  ") != nil {
		return s
	}
	return b.String()
}

// hunks writes what differs, with the lines around.
func (l *Lines) hunks(out *strings.Builder) {
	for i := 0; i < len(l.Runs); {
		if l.Runs[i].Kind == Same {
			i++
			continue
		}
		last := i
		for j := i + 1; j < len(l.Runs); j++ {
			if l.Runs[j].Kind != Same {
				last = j
			} else if l.Runs[j].Old[1]-l.Runs[j].Old[0] > 2*contextLines {
				break
			}
		}
		l.hunk(out, i, last)
		i = last + 1
	}
}

func (l *Lines) hunk(out *strings.Builder, first, last int) {
	before, after := 0, 0
	if first > 0 {
		before = min(contextLines, l.Runs[first-1].Old[1]-l.Runs[first-1].Old[0])
	}
	if last+1 < len(l.Runs) {
		after = min(contextLines, l.Runs[last+1].Old[1]-l.Runs[last+1].Old[0])
	}
	from := [2]int{l.Runs[first].Old[0] - before, l.Runs[first].New[0] - before}
	to := [2]int{l.Runs[last].Old[1] + after, l.Runs[last].New[1] + after}
	fmt.Fprintf(out, "@@ -%s +%s @@\n", span(from[0], to[0]), span(from[1], to[1]))
	write := func(sign string, lines []string) {
		for _, line := range lines {
			out.WriteString(sign + line)
			if !strings.HasSuffix(line, "\n") {
				out.WriteString("\n\\ No newline at end of file\n")
			}
		}
	}
	write(" ", l.Old[from[0]:l.Runs[first].Old[0]])
	for i := first; i <= last; i++ {
		switch run := &l.Runs[i]; run.Kind {
		case Same:
			write(" ", l.Old[run.Old[0]:run.Old[1]])
		case Removed:
			write("-", l.Old[run.Old[0]:run.Old[1]])
		case Added:
			write("+", l.New[run.New[0]:run.New[1]])
		}
	}
	write(" ", l.Old[l.Runs[last].Old[1]:to[0]])
}

// span is a range of lines as a hunk's head has it.
func span(from, to int) string {
	if from == to {
		return fmt.Sprintf("%d,0", from)
	}
	return fmt.Sprintf("%d,%d", from+1, to-from)
}
