package rules

import (
	"bytes"
	"regexp"
)

var (
	answerLine  = regexp.MustCompile(`^[ \t]*answer[ \t]*=[ \t]*\{`)
	answerEnd   = regexp.MustCompile(`^(.*?)[ \t]*\}([ \t]*(?:#.*)?\r?\n?)$`)
	answerTable = regexp.MustCompile(`^[ \t]*\[[ \t]*rule[ \t]*\.[ \t]*answer[ \t]*\]`)
	missingKey  = regexp.MustCompile(`^[ \t]*missing[ \t]*=`)
	missingLine = regexp.MustCompile(`^[ \t]*answer[ \t]*\.[ \t]*missing[ \t]*=`)
	missingWord = regexp.MustCompile(`,[ \t]*missing[ \t]*=[ \t]*["'][a-z]*["']|\bmissing[ \t]*=[ \t]*["'][a-z]*["'][ \t]*,?[ \t]*`)
)

// SetMissing has a rule that answers, from 0, say what becomes of a request where there is nothing to
// answer it with.
func SetMissing(text []byte, missing string, rule int) ([]byte, error) {
	rules := []int{rule}
	out, err := edited(text, rules, func(blocks [][]byte) [][]byte {
		blocks[rule] = withMissing(blocks[rule], `missing = "`+missing+`"`)
		return blocks
	})
	if err != nil {
		return nil, err
	}
	return onlyMeant(text, out, rules, func(r *Rule) {
		if r.Answer != nil {
			r.Answer.Missing = missing
		}
	})
}

// withMissing is a block whose answer says that.
func withMissing(block []byte, says string) (out []byte) {
	table, done := false, false
	for line := range bytes.Lines(block) {
		switch {
		case answerTable.Match(line):
			table, done = true, true
			out = append(append(append(out, bytes.TrimRight(line, "\r\n")...), '\n'), says+"\n"...)
			continue
		case tableLine.Match(line):
			table = false
		case table && missingKey.Match(line), missingLine.Match(line):
			continue
		case !done && answerLine.Match(line):
			line = missingWord.ReplaceAll(line, nil)
			if m := answerEnd.FindSubmatch(line); m != nil {
				done = true
				line = append(append(bytes.Clone(m[1]), ", "+says+" }"...), m[2]...)
			}
		}
		out = append(out, line...)
	}
	if !done {
		return withLine(out, missingLine, "answer."+says+"\n")
	}
	return out
}
