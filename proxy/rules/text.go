package rules

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
)

// A file of rules is a person's: what is changed of it from the window is one rule's lines,
// and all else stays as it is, comments too.

// ErrNotAlone says that the lines of the rules cannot be told apart.
var ErrNotAlone = errors.New("the lines of this rule cannot be told from others: edit the file itself")

var (
	headerLine = regexp.MustCompile(`^[ \t]*\[\[[ \t]*rule[ \t]*\]\][ \t]*(#.*)?\r?\n?$`)
	offLine    = regexp.MustCompile(`^[ \t]*off[ \t]*=.*\r?\n?$`)
	remark     = regexp.MustCompile(`^[ \t]*#`)
)

// Blocks are the lines of each rule, with the remarks right above it; before is what stands
// above all of them.
func Blocks(text []byte) (before []byte, blocks [][]byte) {
	starts := []int{}
	at, remarks := 0, -1
	for line := range bytes.Lines(text) {
		switch {
		case headerLine.Match(line) && remarks >= 0:
			starts = append(starts, remarks)
			remarks = -1
		case headerLine.Match(line):
			starts = append(starts, at)
		case !remark.Match(line):
			remarks = -1
		case remarks < 0:
			remarks = at
		}
		at += len(line)
	}
	if len(starts) == 0 {
		return text, nil
	}
	for i, start := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		blocks = append(blocks, text[start:end])
	}
	return text[:starts[0]], blocks
}

// split is Blocks where they are the rules that the text has.
func split(text []byte) (before []byte, blocks [][]byte, err error) {
	list, err := Parse("", text)
	if err != nil {
		return nil, nil, err
	}
	before, blocks = Blocks(text)
	if len(blocks) != len(list) {
		return nil, nil, ErrNotAlone
	}
	return before, slices.Clone(blocks), nil
}

func joined(before []byte, blocks [][]byte) []byte {
	out := slices.Clone(before)
	for _, b := range blocks {
		if n := len(out); n > 0 && out[n-1] != '\n' {
			out = append(out, '\n')
		}
		out = append(out, b...)
	}
	return out
}

// SetOff switches the n-th rule, from 0, off or on.
func SetOff(text []byte, n int, off bool) ([]byte, error) {
	return edited(text, n, func(blocks [][]byte) [][]byte {
		var out []byte
		for line := range bytes.Lines(blocks[n]) {
			if offLine.Match(line) {
				continue
			}
			out = append(out, line...)
			if off && headerLine.Match(line) {
				if line[len(line)-1] != '\n' {
					out = append(out, '\n')
				}
				out = append(out, "off = true\n"...)
			}
		}
		blocks[n] = out
		return blocks
	})
}

// ReplaceBlock puts other lines in the place of the n-th rule's; none takes it out.
func ReplaceBlock(text []byte, n int, block []byte) ([]byte, error) {
	return edited(text, n, func(blocks [][]byte) [][]byte {
		if len(block) == 0 {
			return slices.Delete(blocks, n, n+1)
		}
		blocks[n] = ended(block)
		return blocks
	})
}

// Append puts the lines of another rule behind all.
func Append(text, block []byte) ([]byte, error) {
	before, blocks, err := split(text)
	if err != nil {
		return nil, err
	}
	if len(text) > 0 {
		block = append([]byte("\n"), block...)
	}
	return joined(before, append(blocks, ended(block))), nil
}

// Move puts the n-th rule in the place of another.
func Move(text []byte, n, to int) ([]byte, error) {
	return edited(text, n, func(blocks [][]byte) [][]byte {
		one := blocks[n]
		blocks = slices.Delete(blocks, n, n+1)
		return slices.Insert(blocks, max(0, min(to, len(blocks))), one)
	})
}

func edited(text []byte, n int, change func([][]byte) [][]byte) ([]byte, error) {
	before, blocks, err := split(text)
	if err != nil {
		return nil, err
	}
	if n < 0 || n >= len(blocks) {
		return nil, ErrNotAlone
	}
	return joined(before, change(blocks)), nil
}

// ended is a block whose last line has an end.
func ended(block []byte) []byte {
	if n := len(block); n > 0 && block[n-1] != '\n' {
		return append(slices.Clone(block), '\n')
	}
	return block
}
