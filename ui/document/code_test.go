package document

import (
	"strings"
	"testing"

	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

func TestCodeIsSetOutAndColoured(t *testing.T) {
	for _, c := range []struct{ contentType, text, name, line, first string }{
		{"text/html", "<ul><li>a</ul>", "HTML", "  <li>a", string(style.ColorKey)},
		{"text/xml", "<a><b/></a>", "XML", "  <b/>", string(style.ColorKey)},
		{"text/css", strings.Repeat("a{color:red}", 20), "CSS", "  color:red", string(style.ColorKey)},
		{"text/javascript", "if(a){return 1;}" + strings.Repeat(";", 200), "JavaScript", "  return 1;", string(style.ColorLiteral)},
	} {
		p := Prepare(t.Context(), &Source{uitest.Whole([]byte(c.text)), c.contentType, ""}, Choice{})
		l := p.Doc.Line(1)
		if p.kindText() != c.name || l.Text != c.line || len(p.Notices) != 0 {
			t.Errorf("%s: %q, %+v", p.kindText(), l.Text, p.Notices)
		}
		for _, s := range l.Spans {
			if s.End > leadingSpaces(l.Text) {
				if string(s.Color) != c.first {
					t.Errorf("%s: %+v", c.text, l.Spans)
				}
				break
			}
		}
		sent := Prepare(t.Context(), &Source{uitest.Whole([]byte(c.text)), c.contentType, ""}, Choice{Mode: ModeText})
		if sent.Doc.Len() != 1 {
			t.Errorf("as text, %s has %d lines", c.name, sent.Doc.Len())
		}
	}
}

func TestColoursOfALineAreBounded(t *testing.T) {
	p := Prepare(t.Context(), &Source{uitest.Whole([]byte("x" + strings.Repeat("<i>x</i>", 5000))), "text/html", ""}, Choice{})
	for i := range p.Doc.Len() {
		if l := p.Doc.Line(i); len(l.Spans) > maxSpans {
			t.Fatalf("line %d has %d colours", i, len(l.Spans))
		}
	}
	long := Prepare(t.Context(), &Source{uitest.Whole([]byte(strings.Repeat("<i>x</i>", maxColoured/7))), "text/html", ""}, Choice{})
	if d := long.Doc.(*TextDoc); d.code != nil || noticeKeys(long) != "long_code" {
		t.Errorf("colours for %d bytes, %s", len(d.text), noticeKeys(long))
	}
}

func TestCommentGoesOnInTheNextLine(t *testing.T) {
	p := Prepare(t.Context(), &Source{uitest.Whole([]byte("/* a\nb */ let\n" + "x(/*" + strings.Repeat(" y", 1000))), "text/javascript",
		""}, Choice{})
	if l := p.Doc.Line(1); len(l.Spans) == 0 || l.Spans[0] != PlainSpan(4, style.ColorMuted) {
		t.Errorf("%+v", l)
	}
	if l := p.Doc.Line(4); len(l.Spans) == 0 || l.Spans[0].Color != style.ColorMuted || l.number != 0 {
		t.Errorf("a piece of a line: %+v", l)
	}
}

func TestJSONColours(t *testing.T) {
	for _, c := range []struct {
		line   string
		goesOn bool
		want   string // one letter for each byte: k name, s string, n number, l literal, . plain
	}{
		{`  "a": "b",`, false, `..kkk..sss.`}, {`"a": -1.5`, false, `kkk..nnnn`}, {`  true,`, false, `..llll.`},
		{`  "x",`, false, `..sss.`}, {`{`, false, `.`},
		{`t more of a string",`, true, `sssssssssssssssssss.`}, {`"a": {`, false, `kkk...`}, {`"a": null`, false, `kkk..llll`},
		{`\" of a name": true`, true, `kkkkkkkkkkkkk..llll`}, {`,`, true, `.`}, {`"cut`, false, `ssss`}, {`)]}',`, false, `.....`},
	} {
		letters := map[string]byte{string(style.ColorKey): 'k', string(style.ColorString): 's', string(style.ColorNumber): 'n',
			string(style.ColorLiteral): 'l', "": '.'}
		got := []byte(strings.Repeat(".", len(c.line)))
		from := 0
		for _, s := range jsonColours(c.line, c.goesOn) {
			for ; from < s.End; from++ {
				got[from] = letters[string(s.Color)]
			}
		}
		if string(got) != c.want {
			t.Errorf("%s: %s, want %s", c.line, got, c.want)
		}
	}
}
