package rules

import (
	"os"
	"path/filepath"
	"syscall"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// FileProblem is a file or a folder that a rule names and that cannot be used.
type FileProblem struct {
	Rule *Compiled
	Line int // where the rule begins, from 1; 0 where none is known
	Why  flow.Reason
}

// CheckFiles looks at the files and folders that rules name, but for those that are off, in the order of the
// rules. text is what s was read from, for the lines. It waits for the disk.
func (s *Set) CheckFiles(text []byte) (wrong []FileProblem) {
	starts := linesOfRules(text)
	for i, c := range s.Rules {
		line := 0
		if len(starts) == len(s.Rules) {
			line = starts[i]
		}
		for _, why := range s.fileProblems(c) {
			wrong = append(wrong, FileProblem{c, line, why})
		}
	}
	return wrong
}

// fileProblems are those of the files of one rule; none where it is off.
func (s *Set) fileProblems(c *Compiled) (all []flow.Reason) {
	if c.Off {
		return nil
	}
	check := func(name string, look func(string) flow.Reason) {
		if name != "" {
			if why := look(name); !why.IsZero() {
				all = append(all, why)
			}
		}
	}
	if a := c.Answer; a != nil {
		check(a.File, s.checkFile)
		check(a.Folder, s.checkFolder)
		check(a.Message, func(string) flow.Reason {
			out, why := s.answerMessage(a)
			if out.File != nil {
				_ = out.File.Close() // read only
			}
			return why
		})
	}
	for _, e := range [...]*Edit{c.Rule.Request, c.Rule.Response} {
		if e != nil && e.Body != nil {
			check(e.Body.File, s.checkBody)
		}
	}
	return all
}

func (s *Set) checkFile(name string) flow.Reason {
	f, _, why := s.open(name)
	if why.IsZero() {
		_ = f.Close() // read only
	}
	return why
}

// checkBody is checkFile for a file that takes the place of a body.
func (s *Set) checkBody(name string) flow.Reason {
	f, size, why := s.open(name)
	if !why.IsZero() {
		return why
	}
	_ = f.Close() // read only
	if size > MaxBody {
		return reason.RuleFileLarge.With(name, MaxBody)
	}
	return flow.Reason{}
}

func (s *Set) checkFolder(name string) flow.Reason {
	root, why := s.openFolder(name)
	if !why.IsZero() {
		return why
	}
	defer func() { _ = root.Close() }()
	if _, err := root.Stat("."); err != nil {
		return fileProblem(name, err)
	}
	return flow.Reason{}
}

// openFolder opens a folder in that of the rules. Neither ".." nor a link leads out of it.
func (s *Set) openFolder(name string) (*os.Root, flow.Reason) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, reason.RuleOutside.With(name)
	}
	rules, err := os.OpenRoot(s.folder)
	if err != nil {
		return nil, reason.RuleFile.With(name, reason.Of(err))
	}
	defer func() { _ = rules.Close() }()
	folder := filepath.FromSlash(name)
	if info, err := rules.Stat(folder); err == nil && !info.IsDir() { // opening a pipe would wait for its other end
		return nil, fileProblem(name, syscall.ENOTDIR)
	}
	root, err := rules.OpenRoot(folder)
	if err != nil {
		return nil, fileProblem(name, err)
	}
	return root, flow.Reason{}
}
