package rules

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"

	"posthouse/app"
)

// folds are the folders whose rules are not shown.
type folds []string

// maxFolded bounds the folders that are remembered to be folded.
const maxFolded = 200

// has reports whether the rules of a folder are not shown.
func (f folds) has(folder string) bool { return slices.Contains(f, folder) }

// set shows the rules of a folder, or hides them.
func (f *folds) set(folder string, on bool) {
	*f = slices.DeleteFunc(*f, func(name string) bool { return name == folder })
	if on {
		*f = append(*f, folder)
		*f = (*f)[max(0, len(*f)-maxFolded):]
	}
}

// edits are what was done to the file, the latest last, and what of it was undone.
type edits struct{ done, undone []edit }

// make has change make another text of the file, which can be undone.
func (s *edits) make(held *app.Rules, change func(text []byte) ([]byte, error)) error {
	var before, after []byte
	err := held.Edit(func(text []byte) (_ []byte, err error) {
		before = bytes.Clone(text)
		after, err = change(text)
		return after, err
	})
	if err == nil {
		s.add(before, after)
	}
	return err
}

// edit is one change of the file: what stood at a place, and what took it. sums tell whether
// the text is the one that was changed.
type edit struct {
	at                int
	before, after     []byte
	sumBefore, sumNow [sha256.Size]byte
}

// Bounds of what can be undone. What is larger cannot.
const (
	maxEdits     = 100
	maxEditBytes = 4 << 20
)

func (e *edit) size() int { return len(e.before) + len(e.after) }

func (s *edits) add(before, after []byte) {
	s.undone = nil
	one := editOf(before, after)
	if bytes.Equal(before, after) {
		return
	}
	s.done = append(s.done, one)
	size := 0
	for i := len(s.done) - 1; i >= 0; i-- {
		if size += s.done[i].size(); size > maxEditBytes || len(s.done)-i > maxEdits {
			s.done = slices.Clone(s.done[i+1:])
			return
		}
	}
}

func editOf(before, after []byte) edit {
	at := 0
	for at < min(len(before), len(after)) && before[at] == after[at] {
		at++
	}
	end := 0
	for end < min(len(before), len(after))-at && before[len(before)-1-end] == after[len(after)-1-end] {
		end++
	}
	return edit{at: at, before: bytes.Clone(before[at : len(before)-end]), after: bytes.Clone(after[at : len(after)-end]),
		sumBefore: sha256.Sum256(before), sumNow: sha256.Sum256(after)}
}

// errElsewhere says that the file was changed elsewhere since.
var errElsewhere = errors.New("the file was changed elsewhere")

// undo takes back the last edit, or does it again. What was changed elsewhere since is not
// touched.
func (s *edits) undo(held *app.Rules, again bool) error {
	from, to := &s.done, &s.undone
	if again {
		from, to = to, from
	}
	if len(*from) == 0 {
		return nil
	}
	e := (*from)[len(*from)-1]
	was, becomes, sum := e.after, e.before, e.sumNow
	if again {
		was, becomes, sum = e.before, e.after, e.sumBefore
	}
	err := held.Edit(func(text []byte) ([]byte, error) {
		if sha256.Sum256(text) != sum {
			return nil, errElsewhere
		}
		return slices.Concat(text[:e.at], becomes, text[e.at+len(was):]), nil
	})
	if err == nil {
		*from, *to = (*from)[:len(*from)-1], append(*to, e)
	}
	return err
}
