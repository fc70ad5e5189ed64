package syntax

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"posthouse/proxy/content"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		kind    content.Kind
		media   string
		text    string
		want    Language
		written string
	}{
		{content.Markup, "text/html; charset=utf-8", "<p>", HTML, "HTML"},
		{content.Markup, "application/soap+xml", "<a/>", XML, "XML"},
		{content.Markup, "image/svg+xml", "<svg/>", XML, "XML"},
		{content.Markup, "application/xhtml+xml", "<!DOCTYPE html><html>", HTML, "HTML"},
		{content.Markup, "", " <?xml version='1.0'?><a/>", XML, "XML"},
		{content.Code, "text/css", "", CSS, "CSS"},
		{content.Code, "application/javascript", "", JavaScript, "JavaScript"},
		{content.PlainText, "text/plain", "<p>", Plain, ""},
	} {
		if got := Of(c.kind, c.media, c.text); got != c.want || got.Name() != c.written {
			t.Errorf("%s %q: %s", c.media, c.text, got.Name())
		}
	}
}

const page = `<!DOCTYPE html><html lang="en"><head><title>A &amp; b</title><script>if (a < b) { c("</p>") }</script></head>` +
	`<body class="x y" data-x='a > b'><!-- note --><h1>Hello   <b>bold</b> world</h1><p>One<br>two<pre>  keep
   this <i>so</i></pre><ul><li>one<li>two</ul>
   Loose   text
   <div>x</div></body></html>`

const pageBeautified = `<!DOCTYPE html>
<html lang="en">
  <head>
    <title>A &amp; b</title>
    <script>if (a < b) { c("</p>") }</script>
  </head>
  <body class="x y" data-x='a > b'>
    <!-- note -->
    <h1>Hello   <b>bold</b> world</h1>
    <p>One<br>two
    <pre>  keep
   this <i>so</i></pre>
    <ul>
      <li>one
      <li>two
    </ul>
    Loose   text
    <div>x</div>
  </body>
</html>`

func TestBeautify(t *testing.T) {
	for _, c := range []struct {
		l         Language
		text, out string
	}{
		{HTML, page, pageBeautified},
		{XML, `<?xml version="1.0"?><e:a xmlns:e="x"><b/><c>t &amp; u</c><d><![CDATA[a < b]]></d><m>some <i>mixed</i> text</m></e:a>`,
			"<?xml version=\"1.0\"?>\n<e:a xmlns:e=\"x\">\n  <b/>\n  <c>t &amp; u</c>\n  <d><![CDATA[a < b]]></d>\n" +
				"  <m>some <i>mixed</i> text</m>\n</e:a>"},
		{XML, "<a>\n <b>  kept  </b>\n\n <c></c> </a>", "<a>\n  <b>  kept  </b>\n  <c></c>\n</a>"},
		{XML, "<!DOCTYPE n [<!ENTITY x \"y\">]><n>1</n></o><p", "<!DOCTYPE n [<!ENTITY x \"y\">]>\n<n>1</n>\n</o>\n<p"},
		{CSS, `/* packed */.a:hover,b{color:red;background:url(data:x;y)}@media (width<9px){.c{d:"};{"}}` + strings.Repeat(" ", packedLine),
			"/* packed */\n.a:hover,b{\n  color:red;\n  background:url(data:x;y)\n}\n@media (width<9px){\n  .c{\n    d:\"};{\"\n  }\n}"},
		{JavaScript, "import{a}from\"b\";const f=(x)=>{for(let i=0;i<9;i++){g(/[/;{]/,`t ${`;${x}`} {`)}return{a:1,b:{c:2}}}// " +
			"e;\nelse_();" +
			strings.Repeat(" ", packedLine*2),
			"import{a}from\"b\";\nconst f=(x)=>{\n  for(let i=0;i<9;i++){\n" +
				"    g(/[/;{]/,`t ${`;${x}`} {`)\n  }\n  return{\n    a:1,b:{c:2}\n  }\n}\n// e;\nelse_();"},
		{JavaScript, "short;code{}", "short;code{}"},
		{JavaScript, "a='b\\\r\n;c';d" + strings.Repeat(" ", packedLine*2), "a='b\\\r\n;c';\nd"},
		{HTML, "<div><!--><p>a</p><p q=x?\">b</p></div>", "<div>\n  <!-->\n  <p>a</p>\n  <p q=x?\">b</p>\n</div>"},
	} {
		got, err := Beautify(t.Context(), c.l, c.text)
		if err != nil || strings.TrimRight(got, " ") != c.out {
			t.Errorf("%s %s:\n%s\n%v, want\n%s", c.l.Name(), c.text, got, err, c.out)
		}
	}
}

func TestWhatIsTooLongIsNotBeautify(t *testing.T) {
	for l, deep := range map[Language]string{XML: "<a>", HTML: "<div>", JavaScript: "{", CSS: "a{"} {
		if _, err := Beautify(t.Context(), l, strings.Repeat(deep, MaxInput/len(deep))); !errors.Is(err, ErrLong) {
			t.Errorf("%s, deep: %v", l.Name(), err)
		}
		if _, err := Beautify(t.Context(), l, strings.Repeat(deep, MaxInput/len(deep)+2)); !errors.Is(err, ErrLong) {
			t.Errorf("%s, long: %v", l.Name(), err)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if _, err := Beautify(ended, l, strings.Repeat(deep, 9000)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, called off: %v", l.Name(), err)
		}
	}
}

// painted is a line with what each part of it is, but for plain text.
func painted(l Language, s State, line string) (string, State) {
	var b strings.Builder
	from, last := 0, Text
	next := l.Colour(s, line, true, func(end int, class Class) {
		if class != last {
			fmt.Fprintf(&b, "%s", [...]string{"|", "N:", "A:", "S:", "D:", "W:", "C:"}[class])
		}
		b.WriteString(line[from:end])
		from, last = end, class
	})
	return b.String(), next
}

func TestColour(t *testing.T) {
	for _, c := range []struct {
		l     Language
		lines []string
		want  []string
	}{
		{HTML, []string{`<a href="x" b=c>1 < 2</a><!-- n`, `--><br/>`, `<ScriPt>var a=1`, `</script><style>a{b:1}</style>c`},
			[]string{`N:<a|` + ` A:href|=S:"x"| A:b|=S:cN:>|1 < 2N:</a>C:<!-- n`, `C:-->N:<br/>`,
				`N:<ScriPt>W:var| a=D:1`, `N:</script><style>|a{N:b|:D:1|}N:</style>|c`}},
		{XML, []string{`<script/>1<![CDATA[<b>`, `]]>2<a b='`, `<'/>`},
			[]string{`N:<script/>|1N:<![CDATA[S:<b>`, `S:]]>|2N:<a| A:b|=S:'`, `S:<'N:/>`}},
		{CSS, []string{`@media x{a:hover{b:#0af 2px "s" !important}}/*`, `*/`},
			[]string{`W:@media| x{a:hover{N:b|:D:#0af| D:2px| S:"s"| !W:important|}}C:/*`, `C:*/`}},
		{JavaScript, []string{"a=b/2/c;return /x[/]'/g;'open", "let t=`a", "b`// c"},
			[]string{"a=b/D:2|/c;W:return| S:/x[/]'/g|;S:'open", "W:let| t=S:`a", "S:b`C:// c"}},
		{JavaScript, []string{"a /* b", "c */ / 2 / d; 10%e", "`${{f:`", "${1}`}} g` + 3"},
			[]string{"a C:/* b", "C:c */| / D:2| / d; D:10|%e", "S:`${{f:`", "S:${1}`}} g`| + D:3"}},
		{HTML, []string{`<a href=/b/c?d="e>f</a><!--->g`}, []string{`N:<a| A:href|=S:/b/c?d="eN:>|fN:</a>C:<!--->|g`}},
		{XML, []string{`<!DOCTYPE a [`, `<!ENTITY b "c>">`, `]><d/>`}, []string{`C:<!DOCTYPE a [`, `C:<!ENTITY b "c>">`, `C:]>N:<d/>`}},
	} {
		var s State
		for i, line := range c.lines {
			var got string
			if got, s = painted(c.l, s, line); got != c.want[i] {
				t.Errorf("%s %s:\n%s, want\n%s", c.l.Name(), line, got, c.want[i])
			}
		}
	}
}

// FuzzBeautify: nothing but white space comes or goes, what is beautified has the same
// tokens, and lines are read to their ends.
func FuzzBeautify(f *testing.F) {
	for _, text := range []string{page, "<a><b>x</b></a>", "a{b:c}", "f(`${{`", "{/a/}/*", "</", "<!DOCTYPE [", "<script>", "\"\\",
		"\xff<\x00", "<!--><p>a</p>-->", "<!DOCTYPE a [<!b \">\">]><c/>",
		"<a b=c/d e = \"f>\"g'h'>", "<?a [>]>", "'a\\\r\n;b'; //c\r\nd", "1/*a*//2/;b", "`${`;${{a:`;`}}`};`;/;/"} {
		for l := HTML; l <= JavaScript; l++ {
			f.Add(text+strings.Repeat(" ", 2*packedLine), uint8(l))
		}
	}
	f.Fuzz(func(t *testing.T, text string, language uint8) {
		l := Language(language%4) + HTML
		out, err := Beautify(t.Context(), l, text)
		if err != nil {
			t.Skip(err)
		}
		if got, want := withoutSpace(out), withoutSpace(text); got != want {
			t.Errorf("%q became %q", text, out)
		}
		if got, want := tokens(l, out), tokens(l, text); !slices.Equal(got, want) {
			t.Errorf("%q became %q:\n%q, not\n%q", text, out, got, want)
		}
		var s State
		for line := range strings.SplitSeq(text, "\n") {
			at := 0
			s = l.Colour(s, line, len(line)%2 == 0, func(end int, _ Class) {
				if end <= at || end > len(line) {
					t.Fatalf("%q: a part from %d to %d", line, at, end)
				}
				at = end
			})
			if at != len(line) {
				t.Fatalf("%q was read up to %d", line, at)
			}
		}
	})
}

// tokens are those of a text that are more than white space, each behind a letter for
// what it is. White space at the edges of a text, a script or a style sheet of a page
// is none of them.
func tokens(l Language, text string) (all []string) {
	add := func(kind int, token string) {
		if token != "" {
			all = append(all, string(rune('a'+kind))+token)
		}
	}
	switch l {
	case HTML, XML:
		x := markupLexer{l: l, text: text}
		for x.at < len(text) {
			from := x.at
			if x.inRaw() {
				x.raw(false, nil)
				add(25, strings.Trim(text[from:x.at], markupBlanks))
				continue
			}
			class := x.next()
			if token := text[from:x.at]; class == Text && x.place() == markupText {
				add(int(class), strings.TrimSpace(token))
			} else {
				add(int(class), token)
			}
		}
	case CSS, JavaScript:
		x := codeLexer{l: l, text: text}
		for x.at < len(text) {
			from := x.at
			if kind := x.next(); kind != codeBlank && kind != codeBreak {
				add(int(kind), text[from:x.at])
			}
		}
	case JSON:
		x := jsonLexer{text: text}
		for x.at < len(text) {
			from := x.at
			if kind := x.next(); kind != jsonBlank {
				add(int(kind), text[from:x.at])
			}
		}
	}
	return all
}

func withoutSpace(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if !unicode.IsSpace(rune(s[i])) || s[i] >= 0x80 {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
