package rules

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"posthouse/proxy/bounded"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Answered is what a rule answers.
type Answered struct {
	Status int
	Type   string
	Fields []Field
	Body   []byte
}

// Answer reads what a rule answers. Its file is read now, so that an edit of it is seen with
// the next request; it waits for the disk. What went wrong comes with an answer that says so.
func (s *Set) Answer(c *Compiled) (Answered, flow.Reason) {
	a := c.Rule.Answer
	out := Answered{Status: cmp.Or(a.Status, 200), Type: a.kind(), Body: []byte(a.Text)}
	for _, line := range a.Fields {
		f, _ := readField(line)
		out.Fields = append(out.Fields, f)
	}
	if a.File == "" {
		return out, flow.Reason{}
	}
	body, why := s.read(a.File)
	out.Body = body
	return out, why
}

// read reads a file in the folder of the rules. Neither ".." nor a link leads out of it.
func (s *Set) read(name string) ([]byte, flow.Reason) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, reason.RuleOutside.With(name)
	}
	root, err := os.OpenRoot(s.folder)
	if err != nil {
		return nil, reason.RuleFile.With(name, reason.Of(err))
	}
	defer func() { _ = root.Close() }()
	info, err := root.Stat(filepath.FromSlash(name))
	if err == nil && !info.Mode().IsRegular() {
		return nil, reason.RuleFile.With(name, reason.Of(fs.ErrInvalid))
	}
	if err != nil {
		return nil, fileProblem(name, err)
	}
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, fileProblem(name, err)
	}
	defer func() { _ = f.Close() }()
	body, err := bounded.Read(f, MaxAnswerFile)
	switch {
	case errors.Is(err, bounded.ErrTooLarge):
		return nil, reason.RuleFileLarge.With(name, MaxAnswerFile)
	case err != nil:
		return nil, fileProblem(name, err)
	}
	return body, flow.Reason{}
}

func fileProblem(name string, err error) flow.Reason {
	var path *fs.PathError
	if errors.As(err, &path) && path.Err.Error() == "path escapes from parent" {
		return reason.RuleOutside.With(name)
	}
	return reason.RuleFile.With(name, reason.Of(err))
}
