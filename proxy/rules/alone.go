package rules

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Alone is the text of a file of rules as another file may take it: what it names of networks of its own is
// written out in the rules that use them, below what remark says of each. All other lines stay as they are, and
// the remarks above the first rule. unused are the networks that no rule uses, which are lost. The error is a
// *FileError, with path.
func Alone(path string, text []byte, remark func(preset string) string) (out []byte, list []Rule, unused []string, err error) {
	text = bytes.TrimPrefix(text, bom)
	set, err := Load(path, text, "")
	if err != nil {
		return nil, nil, nil, err
	}
	before, blocks := Blocks(text)
	if len(blocks) != len(set.Rules) { // they cannot be told apart
		before, blocks = nil, make([][]byte, len(set.Rules))
	}
	left := maps.Clone(set.presets)
	for i, c := range set.Rules {
		rule, remarks := c.Rule, remarksOf(blocks[i])
		if t := c.Throttle; t != nil && t.own != nil {
			delete(left, presetKey(t.own.Name))
			remarks = append(remarks, remark(t.own.Name))
			rule.Throttle = t.spelled()
			blocks[i] = nil
		}
		if blocks[i] == nil {
			if blocks[i], err = Block(rule, remarks...); err != nil {
				return nil, nil, nil, err
			}
			blocks[i] = append(blocks[i], '\n')
		}
		list = append(list, rule)
	}
	for _, p := range left {
		unused = append(unused, p.Name)
	}
	slices.Sort(unused)
	return joined(onlyRemarks(before), blocks), list, unused, nil
}

// spelled is a slow line with what its preset says written out.
func (t *Throttle) spelled() *Throttle {
	return &Throttle{Down: cmp.Or(t.Down, t.own.Down), Up: cmp.Or(t.Up, t.own.Up), Latency: cmp.Or(t.Latency, Duration(t.own.Latency))}
}

// remarksOf are the remarks of a rule's lines that have lines of their own.
func remarksOf(block []byte) (all []string) {
	for line := range bytes.Lines(block) {
		if remark.Match(line) {
			text := strings.TrimPrefix(strings.TrimSpace(string(line)), "#")
			all = append(all, strings.TrimPrefix(text, " "))
		}
	}
	return all
}

// onlyRemarks are the remarks and the empty lines of a text.
func onlyRemarks(text []byte) (out []byte) {
	for line := range bytes.Lines(text) {
		if remark.Match(line) || len(bytes.TrimSpace(line)) == 0 {
			out = append(out, line...)
		}
	}
	return bytes.TrimLeft(out, "\r\n")
}
