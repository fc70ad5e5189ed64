package rules

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"posthouse/proxy/bounded"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Answered is what a rule answers.
type Answered struct {
	Status int
	Type   string
	Fields []Field
	Text   string
	File   *os.File // in place of Text, to be read and closed; nil for none
	Size   int64    // bytes of File that are the body
	Name   string   // of File

	Absent string // the file of a folder that is not there; "" for none
}

// ReadsDisk reports whether the answer lies on the disk; a may be nil.
func (a *Answer) ReadsDisk() bool { return a != nil && a.Name() != "" }

// Answer finds what a rule answers. Its file is opened now, so that an edit of it is seen with
// the next request; it waits for the disk. What went wrong comes with an answer that says so.
func (s *Set) Answer(c *Compiled, asked *Asked) (out Answered, why flow.Reason) {
	a := c.Rule.Answer
	switch {
	case a.Folder != "":
		out, why = s.answerFolder(a, asked)
	case a.Message != "":
		out, why = s.answerMessage(a)
	default:
		out, why = s.answerPlain(a)
	}
	own := make([]Field, 0, len(a.Fields))
	for _, line := range a.Fields {
		f, _ := readField(line)
		own = append(own, f)
	}
	out.Fields = slices.DeleteFunc(out.Fields, func(f Field) bool {
		return slices.ContainsFunc(own, func(o Field) bool { return strings.EqualFold(o.Name, f.Name) })
	})
	out.Fields = append(out.Fields, own...)
	return out, why
}

// answerPlain is a text or one file.
func (s *Set) answerPlain(a *Answer) (Answered, flow.Reason) {
	out := Answered{Status: cmp.Or(a.Status, 200), Type: a.kind(), Text: a.Text}
	if out.Name = a.File; a.File == "" {
		return out, flow.Reason{}
	}
	var why flow.Reason
	out.File, out.Size, why = s.open(a.File)
	return out, why
}

// open opens a file in the folder of the rules. Neither ".." nor a link leads out of it.
func (s *Set) open(name string) (*os.File, int64, flow.Reason) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, 0, reason.RuleOutside.With(name)
	}
	root, err := os.OpenRoot(s.folder)
	if err != nil {
		return nil, 0, reason.RuleFile.With(name, reason.Of(err))
	}
	defer func() { _ = root.Close() }()
	f, err := bounded.OpenIn(root, filepath.FromSlash(name))
	if err != nil {
		return nil, 0, fileProblem(name, err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // read only
		return nil, 0, fileProblem(name, err)
	}
	return f, info.Size(), flow.Reason{}
}

func fileProblem(name string, err error) flow.Reason {
	var path *fs.PathError
	switch {
	case errors.Is(err, bounded.ErrNotRegular):
		return reason.RuleFile.With(name, reason.Of(fs.ErrInvalid))
	case errors.As(err, &path) && path.Err.Error() == "path escapes from parent":
		return reason.RuleOutside.With(name)
	}
	return reason.RuleFile.With(name, reason.OfNamed(err))
}
