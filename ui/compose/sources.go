package compose

import (
	"errors"
	"mime"
	"path/filepath"
	"slices"

	"posthouse/app/compose"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// Why a cell does not take what was written, beside the reasons of package compose.
var (
	errLocked = errors.New("it can be read alone")
	errUnseen = errors.New("something that does not show")
	errLines  = errors.New("several lines")
	errLarge  = errors.New("too long for a cell")
	errMany   = errors.New("too many rows")
)

const (
	// maxShown bounds what an entry of one line shows, in bytes: the toolkit makes one picture of
	// it, as wide as it is long. What is longer is edited in the raw text.
	maxShown = 2000
	maxRows  = compose.MaxLines
)

// refusal is the key of the words for such a reason.
func refusal(err error) string {
	for _, one := range []struct {
		err error
		key string
	}{{errLocked, "locked"}, {compose.ErrFolded, "locked"}, {errUnseen, "unseen"}, {errLines, "lines"}, {compose.ErrLineEnd, "lines"},
		{compose.ErrName, "name"}, {errLarge, "long"}, {compose.ErrLong, "long"}, {errMany, "many"}} {
		if errors.Is(err, one.err) {
			return "compose.refused." + one.key
		}
	}
	return "compose.refused.locked"
}

// fieldRows are the fields of a head. Pseudo-header fields are among them.
type fieldRows struct{ head func() *compose.Head }

func (r fieldRows) lines() *[]compose.Line { return &r.head().Lines }

func (r fieldRows) Len() int { return len(*r.lines()) }

func (r fieldRows) Get(i int) shownRow {
	l := &(*r.lines())[i]
	locked := !l.Plain()
	return shownRow{off: l.Off, cells: [2]string{l.Name, l.Value}, locked: [2]bool{locked, locked}, nameless: l.Nameless()}
}

func (r fieldRows) SetOff(i int, off bool) { (*r.lines())[i].Off = off }

func (r fieldRows) SetCell(i, column int, text string) error {
	l := &(*r.lines())[i]
	if column == 0 {
		return l.SetName(text)
	}
	return l.SetValue(text)
}

func (r fieldRows) Add() { *r.lines() = append(*r.lines(), compose.Line{}) }

func (r fieldRows) Remove(i int) { *r.lines() = slices.Delete(*r.lines(), i, i+1) }

func (r fieldRows) Swap(i, j int) {
	all := *r.lines()
	all[i], all[j] = all[j], all[i]
}

// pairRows are the pairs of a form.
type pairRows struct{ draft func() *compose.Draft }

func (r pairRows) pairs() *[]compose.Pair { return &r.draft().Body.Pairs }

func (r pairRows) Len() int { return len(*r.pairs()) }

func (r pairRows) Get(i int) shownRow {
	p := &(*r.pairs())[i]
	return shownRow{off: p.Off, cells: [2]string{p.Name(), p.Value()}, nameless: p.Nameless()}
}

func (r pairRows) changed() { r.draft().PairsChanged() }

func (r pairRows) SetOff(i int, off bool) {
	(*r.pairs())[i].Off = off
	r.changed()
}

func (r pairRows) SetCell(i, column int, text string) error {
	p := &(*r.pairs())[i]
	defer r.changed()
	if column == 0 {
		return p.SetName(text)
	}
	return p.SetValue(text)
}

func (r pairRows) Add() {
	*r.pairs() = append(*r.pairs(), compose.Pair{Raw: "="})
	r.changed()
}

func (r pairRows) Remove(i int) {
	*r.pairs() = slices.Delete(*r.pairs(), i, i+1)
	r.changed()
}

func (r pairRows) Swap(i, j int) {
	all := *r.pairs()
	all[i], all[j] = all[j], all[i]
	r.changed()
}

// partRows are the parts of a multipart body.
type partRows struct{ draft func() *compose.Draft }

func (r partRows) parts() *[]compose.Part { return &r.draft().Body.Parts.Parts }

func (r partRows) Len() int { return len(*r.parts()) }

func (r partRows) Get(i int) shownRow {
	p := &(*r.parts())[i]
	row := shownRow{off: p.Off, cells: [2]string{p.Name(), ""}, nameless: p.Nameless()}
	text, plain := p.Value()
	switch {
	case p.Path != "":
		row.cells[1] = i18n.T("compose.part.file", p.Path)
	case plain:
		row.cells[1] = text
	case p.File() == "":
		row.cells[1] = words.SizeText(int64(len(p.Body)))
	default:
		row.cells[1] = i18n.T("compose.part.bytes", p.File(), words.SizeText(int64(len(p.Body))))
	}
	row.locked[1] = !plain
	return row
}

func (r partRows) SetOff(i int, off bool) { (*r.parts())[i].Off = off }

func (r partRows) SetCell(i, column int, text string) error {
	p := &(*r.parts())[i]
	if column == 0 {
		return p.SetName(text)
	}
	return p.SetValue(text)
}

func (r partRows) Add() { r.draft().Body.Parts.Add() }

func (r partRows) Remove(i int) { *r.parts() = slices.Delete(*r.parts(), i, i+1) }

func (r partRows) Swap(i, j int) {
	all := *r.parts()
	all[i], all[j] = all[j], all[i]
}

// setFile has a part be a file.
func (r partRows) setFile(i int, path string) error {
	return (*r.parts())[i].SetFile(path, filepath.Base(path), FileType(path))
}

// FileType is the type of a file by its name.
func FileType(path string) string {
	if kind := mime.TypeByExtension(filepath.Ext(path)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// clearFile makes a part a text again.
func (r partRows) clearFile(i int) error { return (*r.parts())[i].SetFile("", "", "") }
