package syntax

import (
	"context"
	"strings"
)

// beautifyMarkup gives each element a line, but for those that stand within a
// text: there white space means something, and all stays as it was sent.
func beautifyMarkup(ctx context.Context, l Language, text string, out *lines) error {
	t := newTree(l, text)
	for t.at < len(text) {
		t.grow()
		if len(t.parts)%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	w := markupWriter{tree: t, out: out}
	for i := range t.parts {
		if i%checkEvery == 0 {
			if err := out.check(ctx); err != nil {
				return err
			}
		}
		w.write(i)
	}
	return out.check(ctx)
}

type partKind uint8

const (
	partText partKind = iota // also CDATA
	partOpen
	partEmpty // an element that has no content, such as <br>
	partClose
	partOther // comments, declarations
	partRaw   // a script, a style sheet
)

// part is a piece of markup.
type part struct {
	from, to int32
	parent   int32 // the open tag that it is in, -1 for none; of a closing tag: its open tag
	depth    int32
	kind     partKind
	mixed    bool // of an open tag: there is text in the element
	children bool // of an open tag: there is something else in it
	kept     bool // stands where white space is kept
	inline   bool // part of a line of text
}

// tree is markup in parts, with what is known of each element.
type tree struct {
	markupLexer
	parts []part
	open  []int32 // elements that are open, as indexes of parts
	kept  int     // how many of them keep white space
}

func newTree(l Language, text string) *tree { return &tree{markupLexer: markupLexer{l: l, text: text}} }

// grow adds the part that begins here.
func (t *tree) grow() {
	from, rest := t.at, t.text[t.at:]
	if t.inRaw() {
		if t.raw(false, nil); t.at > from {
			t.add(partRaw, from, t.at)
		}
		return
	}
	t.part()
	switch {
	case !beginsMarkup(rest) || strings.HasPrefix(rest, "<![CDATA["):
		t.add(partText, from, t.at)
	case beginsTag(rest):
		t.tag(from, t.at)
	default:
		t.add(partOther, from, t.at)
	}
}

func (t *tree) top() int32 {
	if n := len(t.open); n > 0 {
		return t.open[n-1]
	}
	return -1
}

func (t *tree) nameOf(i int32) string {
	if i < 0 {
		return ""
	}
	return tagName(t.text[t.parts[i].from:t.parts[i].to])
}

func (t *tree) add(kind partKind, from, to int) {
	p := part{from: int32(from), to: int32(to), parent: t.top(), depth: int32(len(t.open)), kind: kind, kept: t.kept > 0}
	if p.parent >= 0 {
		in := &t.parts[p.parent]
		if kind != partText {
			in.children = true
		} else if strings.TrimSpace(t.text[from:to]) != "" {
			in.mixed = true
		}
	}
	t.parts = append(t.parts, p)
}

func (t *tree) tag(from, to int) {
	name := tagName(t.text[from:to])
	if strings.HasPrefix(t.text[from:], "</") {
		t.closeTag(name, from, to)
		return
	}
	if t.l == HTML {
		name = strings.ToLower(name)
		t.closeImplied(name)
	}
	kind := partOpen
	if strings.HasSuffix(t.text[from:to], "/>") && (t.l == XML || foreign[name]) || t.l == HTML && htmlVoid[name] {
		kind = partEmpty
	}
	t.add(kind, from, to)
	i := len(t.parts) - 1
	t.parts[i].inline = t.l == HTML && htmlInline[name]
	if kind == partOpen {
		t.open = append(t.open, int32(i))
		if t.keeps(int32(i)) {
			t.kept++
		}
	}
}

func (t *tree) keeps(i int32) bool {
	return t.l == HTML && htmlKept[strings.ToLower(t.nameOf(i))]
}

func (t *tree) pop() {
	if t.keeps(t.top()) {
		t.kept--
	}
	t.open = t.open[:len(t.open)-1]
}

// maxUnclosed bounds how many open elements are looked through for the one that
// a closing tag is for.
const maxUnclosed = 32

func (t *tree) closeTag(name string, from, to int) {
	for back := 1; back <= min(len(t.open), maxUnclosed); back++ {
		i := t.open[len(t.open)-back]
		if open := t.nameOf(i); open != name && !(t.l == HTML && strings.EqualFold(open, name)) {
			continue
		}
		kept := t.kept > 0
		for range back {
			t.pop()
		}
		t.parts = append(t.parts, part{from: int32(from), to: int32(to), parent: i, depth: int32(len(t.open)), kind: partClose,
			kept: kept, inline: t.parts[i].inline})
		return
	}
	t.add(partOther, from, to) // closes nothing that is open
}

// closeImplied ends elements whose end tag may be left out (HTML section 13.1.2.4).
func (t *tree) closeImplied(name string) {
	for range 2 {
		ends := htmlEnds[strings.ToLower(t.nameOf(t.top()))]
		if ends == nil || !ends[name] {
			return
		}
		t.pop()
	}
}

// markupWriter writes the parts of a tree.
type markupWriter struct {
	*tree
	out *lines
}

// write writes one part, on a new line where that changes no text.
func (w *markupWriter) write(i int) {
	p := &w.parts[i]
	text := w.text[p.from:p.to]
	switch {
	case p.kind == partText:
		w.writeText(i, text)
		return
	case p.kept:
	case p.kind == partRaw:
		text = strings.TrimRight(text, " \t\r\n")
	case w.breaksBefore(i):
		w.out.newLine(int(p.depth))
	}
	w.out.WriteString(text)
}

// breaksBefore reports whether a tag begins a line.
func (w *markupWriter) breaksBefore(i int) bool {
	p := &w.parts[i]
	mixed := p.parent >= 0 && w.parts[p.parent].mixed
	if p.kind == partClose {
		open := &w.parts[p.parent]
		if w.l == HTML && mixed {
			return !open.inline && open.children && i > 0 && w.blockAt(i-1)
		}
		return open.children && !mixed && !w.rawLine(i)
	}
	if w.l == HTML && p.kind == partOther {
		return !mixed || i > 0 && (w.blockAt(i-1) || w.parts[i-1].kind == partOpen && !w.parts[i-1].inline)
	}
	return !mixed || w.l == HTML && !p.inline
}

// blockAt reports whether a part is a tag on a separate line.
func (w *markupWriter) blockAt(i int) bool {
	k := w.parts[i].kind
	return (k == partClose || k == partEmpty) && !w.parts[i].inline
}

// rawLine reports whether a closing tag follows a script of one line.
func (w *markupWriter) rawLine(i int) bool {
	prev := &w.parts[i-1]
	return prev.kind == partRaw && !strings.Contains(strings.TrimRight(w.text[prev.from:prev.to], " \t\r\n"), "\n")
}

// writeText leaves out what is white space between elements, and at the edges
// of a text in HTML where a line begins or ends.
func (w *markupWriter) writeText(i int, text string) {
	p := &w.parts[i]
	mixed := p.parent >= 0 && w.parts[p.parent].mixed
	if p.kept || mixed && w.l == XML {
		w.out.WriteString(text)
		return
	}
	blank := strings.TrimSpace(text) == ""
	if blank && !mixed {
		return
	}
	if i+1 < len(w.parts) && w.breaksBefore(i+1) {
		text = strings.TrimRight(text, " \t\r\n")
	}
	if w.l == HTML && i > 0 && w.afterBlock(i) {
		if text = strings.TrimLeft(text, " \t\r\n"); text != "" {
			w.out.newLine(int(p.depth))
		}
	}
	w.out.WriteString(text)
}

// afterBlock reports whether a text follows an element on separate lines,
// or begins one whose content does.
func (w *markupWriter) afterBlock(i int) bool {
	prev := &w.parts[i-1]
	return w.blockAt(i-1) || prev.kind == partOpen && !prev.inline && prev.children &&
		strings.HasPrefix(strings.TrimLeft(w.text[w.parts[i].from:], " \t\r"), "\n")
}

// The elements of HTML, by how a line treats them.
var (
	htmlVoid   = set("area base br col embed hr img input link meta source track wbr")
	htmlInline = set(`a abbr b bdi bdo br button cite code data del dfn em i img input ins kbd label mark meter output
		progress q ruby s samp select small span strong sub sup time u var wbr`)
	htmlKept = set("pre textarea")
	foreign  = set("circle ellipse line path polygon polyline rect use stop image g svg")

	htmlEnds = func() map[string]map[string]bool {
		cells, rows := "td th tr tbody tfoot", "tr tbody tfoot"
		return map[string]map[string]bool{
			"li": set("li"), "dt": set("dt dd"), "dd": set("dt dd"), "option": set("option optgroup"),
			"td": set(cells), "th": set(cells), "tr": set(rows),
			"p": set(`address article aside blockquote div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr
				main nav ol p pre section table ul`),
		}
	}()
)
