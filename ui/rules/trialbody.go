package rules

import (
	"strings"
	"time"
	"unicode/utf8"

	"posthouse/proxy/compare"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/rules"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// subject is an exchange that rules are tried on.
type subject struct {
	row               flow.Row
	request, response []rules.Field
	bodies            [2]rules.TrialBody
}

// keep takes what is kept of the exchange.
func (x *subject) keep(kept *flow.Exchange) {
	x.request, x.response = fieldsOf(kept.RequestHead), fieldsOf(kept.ResponseHead)
	for i, b := range [...]*flow.Body{&kept.RequestBody, &kept.ResponseBody} {
		none := b.State == flow.BodyNone && kept.Phase.Final() && b.Size == 0
		x.bodies[i] = rules.TrialBody{Known: b.State == flow.BodyWhole || none, Bytes: b.Bytes}
	}
}

// looks reports whether more is known of the exchange once rules for bodies have been tried.
func (x *subject) looks(t *rules.Trial) bool {
	for i, b := range t.Bodies {
		if b != nil && b.Lack == rules.LackBody && x.bodies[i].Known {
			return true
		}
	}
	return false
}

// typeOf is the Content-Type among fields.
func typeOf(fields []rules.Field) string {
	for _, f := range fields {
		if f.IsType() {
			return f.Value
		}
	}
	return ""
}

// maxCompared bounds the text of a body that is compared with what rules make of it, in bytes, and
// compareTime how long that may take.
const (
	maxCompared = 64 << 10
	compareTime = 200 * time.Millisecond
)

// bodyLines are what rules make of a body; soon says that it is being looked at. It may take a
// while.
func bodyLines(b *rules.TriedBody, contentType string, soon bool) []outLine {
	if b == nil {
		return nil
	}
	say := func(word string, args ...any) []outLine { return []outLine{{text: i18n.T(word, args...)}} }
	size := func(i int) string { return words.SizeText(b.Coded[i]) }
	switch {
	case b.After != nil && b.Lack == rules.LackNothing:
		return append(say("rules.test.body.changed", size(0), size(1)), changedLines(b, contentType)...)
	case b.After != nil:
		return append(say("rules.test.body.placed", size(1)), changedLines(b, contentType)...)
	case b.Lack == rules.LackLong:
		return say("rules.test.body.long", words.SizeText(rules.MaxBody))
	case b.Lack == rules.LackBody && soon:
		return say("rules.test.body.soon")
	case b.Lack == rules.LackBody:
		return say("rules.test.body.unknown")
	}
	return say("rules.test.body.same", size(0))
}

// changedLines are in what a body differs from what came, as far as both are texts: what was looked
// at is told where that is not all.
func changedLines(b *rules.TriedBody, contentType string) (lines []outLine) {
	var texts [2]string
	cutOff := false
	for i, body := range [...][]byte{b.Before, b.After} {
		if len(body) > maxCompared {
			body, cutOff = body[:runeStart(body, maxCompared)], true
		}
		text, binary, _ := content.Searchable(contentType, body)
		if binary || !utf8.Valid(text) {
			return []outLine{{text: i18n.T("rules.test.body.binary")}}
		}
		texts[i] = pieces(string(text))
	}
	lines = differing(compare.Texts(texts[0], texts[1], compareTime))
	if cutOff {
		lines = append(lines, outLine{text: i18n.T("rules.test.body.first", words.SizeText(maxCompared))})
	}
	return lines
}

// runeStart is where the character begins that stands at a place of a text.
func runeStart(text []byte, at int) int {
	for i := at; i > at-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return at
}

// pieces breaks lines that are too long to be shown behind the signs that part what is in them: of
// a text that was made small that is where its lines were.
func pieces(text string) string {
	var b strings.Builder
	for line := range strings.SplitAfterSeq(text, "\n") {
		for len(line) > maxShownValue {
			at := strings.IndexAny(line[:maxShownValue], ",;{}[]>") + 1
			if at == 0 {
				at = words.RuneStart(line, maxShownValue)
			}
			if at == len(line) {
				break
			}
			b.WriteString(line[:at] + "\n")
			line = line[at:]
		}
		b.WriteString(line)
	}
	return b.String()
}

// contextLines is how many lines stand around what differs.
const contextLines = 2

// differing are the lines in which two texts differ, with some around them.
func differing(d compare.Lines) (lines []outLine) {
	add := func(how rules.Kept, from []string) {
		sign := string(how)
		if how == rules.KeptSame {
			sign = "\u00a0"
		}
		for _, text := range from {
			lines = append(lines, outLine{text: sign + " " + visible.Text(cut(strings.TrimRight(text, "\r\n"), maxShownValue)), how: how})
		}
	}
	for i, run := range d.Runs {
		if len(lines) > maxShownLines {
			return append(lines[:maxShownLines], outLine{text: "…"})
		}
		olds := d.Old[run.Old[0]:run.Old[1]]
		switch {
		case run.Kind == compare.Removed:
			add(rules.KeptNot, olds)
		case run.Kind == compare.Added:
			add(rules.KeptNew, d.New[run.New[0]:run.New[1]])
		default:
			before, behind := contextLines, contextLines // of what is the same: its beginning and its end
			if i == 0 {
				before = 0
			}
			if i == len(d.Runs)-1 {
				behind = 0
			}
			if len(olds) <= before+behind+1 {
				add(rules.KeptSame, olds)
				continue
			}
			add(rules.KeptSame, olds[:before])
			lines = append(lines, outLine{text: "…", how: rules.KeptSame})
			add(rules.KeptSame, olds[len(olds)-behind:])
		}
	}
	return lines[:min(len(lines), maxShownLines)]
}

// shareTexts say which rules apply to a share of requests alone.
func (t *trial) shareTexts() (all []string) {
	for _, c := range t.result.Shares {
		all = append(all, i18n.T("rules.test.share", visible.Text(c.Label()), c.Fail))
	}
	return all
}

// breakTexts say where the exchange would wait for a person.
func (t *trial) breakTexts() (all []string) {
	breaks := t.room.Controller.Settings().Breakpoints
	for i, word := range [...]string{"rules.test.break.request", "rules.test.break.response"} {
		c := t.result.Breaks[i]
		switch {
		case c == nil:
		case !breaks.Enabled:
			all = append(all, i18n.T("rules.test.break.off", visible.Text(c.Label())))
		default:
			all = append(all, i18n.T(word, visible.Text(c.Label()), words.DurationText(time.Duration(breaks.Patience))))
		}
	}
	return all
}

// timeLines are timeTexts with a title, nothing where there are none.
func (t *trial) timeLines(row *flow.Row) (lines []outLine) {
	for i, text := range t.timeTexts(row) {
		if i == 0 {
			lines = append(lines, outLine{text: i18n.T("rules.test.time"), bold: true})
		}
		lines = append(lines, outLine{text: text})
	}
	return lines
}

// timeTexts say how long the rules have it take, as far as its sizes are known.
func (t *trial) timeTexts(row *flow.Row) (all []string) {
	r, sum := t.result, time.Duration(0)
	for i, word := range [...]string{"rules.test.wait.request", "rules.test.wait.response"} {
		if wait := r.Waits[i]; wait > 0 {
			sum += wait
			all = append(all, i18n.T(word, words.DurationText(wait)))
		}
	}
	for i, word := range [...]string{"rules.test.slow.request", "rules.test.slow.response"} {
		size := t.size(row, i)
		if r.Slow[i] == nil || size == 0 {
			continue
		}
		took := time.Duration(float64(size) / float64(r.Slow[i].Rate()) * float64(time.Second))
		sum += took
		all = append(all, i18n.T(word, words.SizeText(size), words.DurationText(took), rules.Rate(r.Slow[i].Rate()).String()))
	}
	if len(all) > 1 {
		all = append(all, i18n.T("rules.test.sum", words.DurationText(sum)))
	}
	return all
}

// size is how many bytes of the request pass, or of the response, head and all; 0 where that is not
// known.
func (t *trial) size(row *flow.Row, side int) (n int64) {
	r := t.result
	lines, payload := r.Request, row.RequestSize
	n = int64(len(row.Method) + len(r.Target[1]) + len("  HTTP/1.1\r\n\r\n"))
	if side == 1 {
		n = int64(len("HTTP/1.1 200 OK\r\n\r\n"))
		if lines, payload = r.Response, row.ResponseSize; r.Status == 0 {
			return 0
		}
		if r.Answered != nil {
			payload = r.Length
		}
	}
	if b := r.Bodies[side]; b != nil && (b.Lack == rules.LackNothing || b.After != nil) {
		payload = b.Coded[1]
	}
	for _, l := range lines {
		if l.How != rules.KeptNot {
			n += int64(len(l.Name) + len(l.Value) + len(": \r\n"))
		}
	}
	return n + payload
}
