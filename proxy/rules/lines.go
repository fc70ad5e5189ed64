package rules

import (
	"bytes"

	"posthouse/proxy/flow"
)

// maxLookedLines bounds the lines of one rule in which a mistake is looked for.
const maxLookedLines = 200

// lineOfMistake is the line of the key that makes the n-th rule wrong: the first with which, and with all
// above it in the rule, the mistake is there. It is that of [[rule]] where no key alone makes it.
func lineOfMistake(text []byte, n int, name func([]Rule), why flow.Reason) int {
	from := lineOfRule(text, n)
	if from == 0 {
		return 0
	}
	lines := bytes.SplitAfter(bytes.TrimPrefix(text, bom), []byte("\n"))
	end := len(lines)
	if next := lineOfRule(text, n+1); next > 0 {
		end = next - 1
	}
	key := from // where the key begins that is not read to its end
	var part []byte
	for at := from; at <= min(end, from+maxLookedLines); at++ {
		part = append(part, lines[at-1]...)
		c, err := decode("", part)
		if err != nil || len(c.Rules) != 1 {
			continue // its value goes on
		}
		name(c.Rules)
		if _, found := compile(c.Rules[0], n); found == why {
			return key
		}
		key = at + 1
	}
	return from
}
