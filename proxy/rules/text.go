package rules

import (
	"bytes"
	"errors"
	"reflect"
	"regexp"
	"slices"

	"github.com/pelletier/go-toml/v2"
)

// A file of rules is a person's: what is changed of it from the window is one rule's lines,
// and all else stays as it is, comments too.

// ErrNotAlone says that the lines of the rules cannot be told apart.
var ErrNotAlone = errors.New("the lines of this rule cannot be told from others: edit the file itself")

var (
	headerLine = regexp.MustCompile(`^[ \t]*\[\[[ \t]*rule[ \t]*\]\][ \t]*(#.*)?\r?\n?$`)
	offLine    = regexp.MustCompile(`^[ \t]*off[ \t]*=.*\r?\n?$`)
	folderLine = regexp.MustCompile(`^[ \t]*folder[ \t]*=.*\r?\n?$`)
	tableLine  = regexp.MustCompile(`^[ \t]*\[`)
	remark     = regexp.MustCompile(`^[ \t]*#`)
)

// bom may stand at the begin of a file.
var bom = []byte("\ufeff")

// Blocks are the lines of each rule, with the remarks right above it; before is what stands
// above all of them.
func Blocks(text []byte) (before []byte, blocks [][]byte) {
	starts := []int{}
	plain := bytes.TrimPrefix(text, bom)
	at, remarks := len(text)-len(plain), -1
	for line := range bytes.Lines(plain) {
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

// SetOff switches rules, from 0, off or on.
func SetOff(text []byte, off bool, rules ...int) ([]byte, error) {
	line := ""
	if off {
		line = "off = true\n"
	}
	return setLine(text, offLine, line, rules, func(r *Rule) { r.Off = off })
}

// SetFolder puts rules, from 0, into a folder; "" takes them out of any.
func SetFolder(text []byte, folder string, rules ...int) ([]byte, error) {
	line := ""
	if folder != "" {
		quoted, err := toml.Marshal(map[string]string{"folder": folder})
		if err != nil {
			return nil, err
		}
		line = string(quoted)
	}
	return setLine(text, folderLine, line, rules, func(r *Rule) { r.Folder = folder })
}

// setLine has rules say something in one line behind their header, in place of the lines that
// said so before; "" takes these out.
func setLine(text []byte, before *regexp.Regexp, line string, rules []int, meant func(*Rule)) ([]byte, error) {
	out, err := edited(text, rules, func(blocks [][]byte) [][]byte {
		for _, n := range rules {
			blocks[n] = withLine(blocks[n], before, line)
		}
		return blocks
	})
	if err != nil {
		return nil, err
	}
	return onlyMeant(text, out, rules, meant)
}

// onlyMeant is a text that was edited. Where it says anything but what is meant of rules, as with a line
// within a text of many lines, nothing is changed.
func onlyMeant(text, out []byte, rules []int, meant func(*Rule)) ([]byte, error) {
	want, err := Parse("", text)
	got, bad := Parse("", out)
	for _, n := range rules {
		meant(&want[n])
	}
	if err != nil || bad != nil || !reflect.DeepEqual(got, want) {
		return nil, ErrNotAlone
	}
	return out, nil
}

// withLine is a block with one line behind its header. What is below a header of another table
// is that table's.
func withLine(block []byte, before *regexp.Regexp, line string) (out []byte) {
	top := true
	for have := range bytes.Lines(block) {
		header := headerLine.Match(have)
		if !header && tableLine.Match(have) {
			top = false
		}
		if top && before.Match(have) {
			continue
		}
		out = append(out, have...)
		if header && line != "" {
			if have[len(have)-1] != '\n' {
				out = append(out, '\n')
			}
			out = append(out, line...)
		}
	}
	return out
}

// ReplaceBlock puts other lines in the place of the n-th rule's.
func ReplaceBlock(text []byte, n int, block []byte) ([]byte, error) {
	return edited(text, []int{n}, func(blocks [][]byte) [][]byte {
		blocks[n] = ended(block)
		return blocks
	})
}

// Remove takes out rules that follow each other, from the n-th on.
func Remove(text []byte, n, count int) ([]byte, error) {
	return edited(text, []int{n, n + count - 1}, func(blocks [][]byte) [][]byte { return slices.Delete(blocks, n, n+count) })
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

// AppendAll puts the text of other rules behind all.
func AppendAll(text, others []byte) ([]byte, error) {
	if _, _, err := split(text); err != nil {
		return nil, err
	}
	if len(text) > 0 {
		text = append(ended(text), '\n')
	}
	text = append(slices.Clip(text), ended(others)...)
	_, _, err := split(text)
	return text, err
}

// Insert puts the lines of another rule in the place of the n-th, from 0, which is behind it then.
func Insert(text []byte, n int, block []byte) ([]byte, error) {
	before, blocks, err := split(text)
	if err != nil {
		return nil, err
	}
	if n >= len(blocks) {
		return Append(text, block)
	}
	return joined(before, slices.Insert(blocks, max(0, n), append(ended(block), '\n'))), nil
}

// Move puts rules that follow each other, from the n-th on, in the place of another: to is
// which they are then.
func Move(text []byte, n, count, to int) ([]byte, error) {
	return edited(text, []int{n, n + count - 1}, func(blocks [][]byte) [][]byte {
		some := slices.Clone(blocks[n : n+count])
		blocks = slices.Delete(blocks, n, n+count)
		return slices.Insert(blocks, max(0, min(to, len(blocks))), some...)
	})
}

func edited(text []byte, rules []int, change func([][]byte) [][]byte) ([]byte, error) {
	before, blocks, err := split(text)
	if err != nil {
		return nil, err
	}
	for _, n := range rules {
		if n < 0 || n >= len(blocks) {
			return nil, ErrNotAlone
		}
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
