package rules

import (
	"slices"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/proxy/rules"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// Bounds of what is shown of a trial: it is a text for people.
const (
	maxShownLines = 200
	maxShownValue = 300  // bytes
	maxShownBody  = 1000 // bytes
)

// outLine is a line of what would come out.
type outLine struct {
	text string
	how  rules.Kept // 0: it is no field
	bold bool
}

func (l outLine) segment() widget.RichTextSegment {
	s := &widget.TextSegment{Text: l.text, Style: widget.RichTextStyle{ColorName: theme.ColorNameForeground,
		SizeName:  theme.SizeNameCaptionText,
		TextStyle: fyne.TextStyle{Bold: l.bold, Monospace: l.how != 0}}}
	switch l.how {
	case rules.KeptNew:
		s.Style.ColorName = theme.ColorNameSuccess
	case rules.KeptNot:
		s.Style.ColorName = theme.ColorNameError
	}
	return s
}

func (t *trial) lines(row *flow.Row) (lines []outLine) {
	say := func(bold bool, word string, args ...any) {
		lines = append(lines, outLine{text: i18n.T(word, args...), bold: bold})
	}
	if row == nil {
		say(false, "rules.test.none")
		return lines
	}
	r := t.result
	say(true, "rules.test.does")
	for _, why := range r.Did {
		lines = append(lines, outLine{text: "• " + visible.Text(words.Reason(why))})
	}
	for _, text := range slices.Concat(t.shareTexts(), t.breakTexts()) {
		lines = append(lines, outLine{text: "• " + text})
	}
	switch {
	case len(r.Did) == 0 && r.Open:
		say(false, "rules.test.open")
	case len(r.Did) == 0:
		say(false, "rules.test.nothing")
	}
	if row.Kind == flow.KindTunnel {
		say(false, "rules.test.tunnel")
		return lines
	}
	say(true, "rules.test.request")
	lines = append(lines, t.targetLines(row)...)
	lines = append(lines, fieldLines(r.Request)...)
	lines = append(lines, t.bodies[0]...)
	if r.Blocked != nil && r.Status == 0 {
		return lines
	}
	switch {
	case r.Status == 0:
		say(true, "rules.test.response")
	case r.Status != row.Status && row.Status != 0:
		say(true, "rules.test.status.changed", row.Status, r.Status)
	default:
		say(true, "rules.test.status", r.Status)
	}
	lines = append(lines, fieldLines(r.Response)...)
	switch {
	case r.Bodies[1] != nil:
		lines = append(lines, t.bodies[1]...)
	case len(r.Body) > 0 && utf8.Valid(r.Body):
		lines = append(lines, outLine{text: visible.Text(cut(string(r.Body), maxShownBody)), how: rules.KeptNew})
	case len(r.Body) > 0:
		say(false, "rules.test.body", words.SizeText(int64(len(r.Body))))
	}
	shown := t.masked(row) // its sizes are told roughly
	return append(lines, t.timeLines(&shown)...)
}

// targetLines are the path of the request where rules change it.
func (t *trial) targetLines(row *flow.Row) []outLine {
	r := t.result
	if r.Target[0] == r.Target[1] {
		return nil
	}
	line := func(how rules.Kept, path string) outLine {
		one := *row
		one.Path = path
		path = t.masked(&one).Path
		return outLine{text: string(how) + " " + visible.Text(cut(row.Method+" "+path, maxShownValue)), how: how}
	}
	return []outLine{line(rules.KeptNot, r.Target[0]), line(rules.KeptNew, r.Target[1])}
}

// fieldLines are fields with what becomes of them.
func fieldLines(fields []rules.Line) (lines []outLine) {
	for i, f := range fields {
		if i == maxShownLines {
			return append(lines, outLine{text: i18n.T("rules.test.rest", words.CountText(len(fields)-i))})
		}
		sign := string(f.How)
		if f.How == rules.KeptSame {
			sign = "\u00a0" // the toolkit leaves a space out at the beginning of a line
		}
		lines = append(lines, outLine{text: sign + " " + visible.Text(cut(f.Name+": "+f.Value, maxShownValue)), how: f.How})
	}
	return lines
}

// cut is the beginning of a text, at most max bytes of it.
func cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	return text[:words.RuneStart(text, max)] + "…"
}
