package rules

import (
	"bytes"

	"posthouse/proxy/flow"
)

// maxLookedLines bounds the lines of one rule in which a mistake is looked for.
const maxLookedLines = 200

// lineOfMistake is the line of the key that makes the n-th rule wrong. It is that of [[rule]] where no key
// alone makes it.
func lineOfMistake(text []byte, n int, name func([]Rule), why flow.Reason) int {
	from := lineOfRule(text, n)
	if from == 0 {
		return 0
	}
	return lineOfKey(text, from, lineOfRule(text, n+1), func(c *content) bool {
		if len(c.Rules) != 1 {
			return false
		}
		name(c.Rules)
		if c.Rules[0].programs() > maxProgram { // it would be compiled for each line
			return false
		}
		_, found := compile(c.Rules[0], n)
		return found == why
	})
}

// lineOfPreset is the line of the key that makes a preset wrong, by its name; "" is that there are too many.
func lineOfPreset(text []byte, preset string, why flow.Reason) int {
	from := presetsLine(text)
	if from == 0 {
		return 0
	}
	return lineOfKey(text, from, lineOfRule(text, 1), func(c *content) bool {
		_, name, found := readPresets(c.Presets)
		return name == preset && found == why
	})
}

// lineOfKey is the first line from one on with which, and with all between, something is wrong: that of the
// key whose value ends there. next is the line behind the last, 0 for that of the text.
func lineOfKey(text []byte, from, next int, wrong func(*content) bool) int {
	lines := bytes.SplitAfter(bytes.TrimPrefix(text, bom), []byte("\n"))
	end := len(lines)
	if next > from {
		end = next - 1
	}
	key := from // where the key begins that is not read to its end
	var part []byte
	for at := from; at <= min(end, from+maxLookedLines); at++ {
		part = append(part, lines[at-1]...)
		c, err := decode("", part)
		if err != nil {
			continue // its value goes on
		}
		if wrong(&c) {
			return key
		}
		key = at + 1
	}
	return from
}
