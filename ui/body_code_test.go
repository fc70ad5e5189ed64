package ui

import (
	"posthouse/ui/style"
	"posthouse/ui/uitest"
	"strings"
	"testing"
)

func TestCodeIsSetOutAndColoured(t *testing.T) {
	for _, c := range []struct{ contentType, text, name, line, first string }{
		{"text/html", "<ul><li>a</ul>", "HTML", "  <li>a", string(style.ColorKey)},
		{"text/xml", "<a><b/></a>", "XML", "  <b/>", string(style.ColorKey)},
		{"text/css", strings.Repeat("a{color:red}", 20), "CSS", "  color:red", string(style.ColorKey)},
		{"text/javascript", "if(a){return 1;}" + strings.Repeat(";", 200), "JavaScript", "  return 1;", string(style.ColorLiteral)},
	} {
		p := prepareBody(t.Context(), &bodySource{uitest.Whole([]byte(c.text)), c.contentType, ""}, bodyChoice{})
		l := p.doc.Line(1)
		if p.kindText() != c.name || l.text != c.line || len(p.notices) != 0 {
			t.Errorf("%s: %q, %+v", p.kindText(), l.text, p.notices)
		}
		for _, s := range l.spans {
			if s.end > leadingSpaces(l.text) {
				if string(s.color) != c.first {
					t.Errorf("%s: %+v", c.text, l.spans)
				}
				break
			}
		}
		sent := prepareBody(t.Context(), &bodySource{uitest.Whole([]byte(c.text)), c.contentType, ""}, bodyChoice{mode: modeText})
		if sent.doc.Len() != 1 {
			t.Errorf("as text, %s has %d lines", c.name, sent.doc.Len())
		}
	}
}

func TestColoursOfALineAreBounded(t *testing.T) {
	p := prepareBody(t.Context(), &bodySource{uitest.Whole([]byte("x" + strings.Repeat("<i>x</i>", 5000))), "text/html", ""}, bodyChoice{})
	for i := range p.doc.Len() {
		if l := p.doc.Line(i); len(l.spans) > maxSpans {
			t.Fatalf("line %d has %d colours", i, len(l.spans))
		}
	}
	long := prepareBody(t.Context(), &bodySource{uitest.Whole([]byte(strings.Repeat("<i>x</i>", maxColoured/7))), "text/html", ""}, bodyChoice{})
	if d := long.doc.(*textDoc); d.code != nil || noticeKeys(long) != "long_code" {
		t.Errorf("colours for %d bytes, %s", len(d.text), noticeKeys(long))
	}
}

func TestCommentGoesOnInTheNextLine(t *testing.T) {
	p := prepareBody(t.Context(), &bodySource{uitest.Whole([]byte("/* a\nb */ let\n" + "x(/*" + strings.Repeat(" y", 1000))), "text/javascript", ""}, bodyChoice{})
	if l := p.doc.Line(1); len(l.spans) == 0 || l.spans[0] != plainSpan(4, style.ColorMuted) {
		t.Errorf("%+v", l)
	}
	if l := p.doc.Line(4); len(l.spans) == 0 || l.spans[0].color != style.ColorMuted || l.number != 0 {
		t.Errorf("a piece of a line: %+v", l)
	}
}

func TestJSONColours(t *testing.T) {
	for _, c := range []struct {
		line   string
		goesOn bool
		want   string // one letter for each byte: k name, s string, n number, l literal, . plain
	}{
		{`  "a": "b",`, false, `..kkk..sss.`}, {`"a": -1.5`, false, `kkk..nnnn`}, {`  true,`, false, `..llll.`}, {`  "x",`, false, `..sss.`}, {`{`, false, `.`},
		{`t more of a string",`, true, `sssssssssssssssssss.`}, {`"a": {`, false, `kkk...`}, {`"a": null`, false, `kkk..llll`},
		{`\" of a name": true`, true, `kkkkkkkkkkkkk..llll`}, {`,`, true, `.`}, {`"cut`, false, `ssss`}, {`)]}',`, false, `.....`},
	} {
		letters := map[string]byte{string(style.ColorKey): 'k', string(style.ColorString): 's', string(style.ColorNumber): 'n', string(style.ColorLiteral): 'l', "": '.'}
		got := []byte(strings.Repeat(".", len(c.line)))
		from := 0
		for _, s := range jsonColours(c.line, c.goesOn) {
			for ; from < s.end; from++ {
				got[from] = letters[string(s.color)]
			}
		}
		if string(got) != c.want {
			t.Errorf("%s: %s, want %s", c.line, got, c.want)
		}
	}
}
