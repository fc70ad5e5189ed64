// Package house holds those house rules (CONTRIBUTING.md) that can be counted: imports
// run one way between all rooms, and no file, function, line or type grows past its
// limit. It reads the source of every system and every build tag, tests too, and
// builds nothing, so that it takes about a second. What is generated, and what lies in
// testdata, is left alone.
//
// The rooms, the exceptions and the limits stand in rooms.go and exceptions.go.
package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// What a rule is called, in exceptions too.
const (
	Imports   = "imports run one way"
	Types     = "types of at most 40 methods and 30 fields"
	Files     = "files of at most 400 lines"
	Functions = "functions of at most 60 lines"
	Lines     = "lines of at most 140 columns"
	Comments  = "comments that say something"
)

// Rules lists them in the order in which they are told.
var Rules = []string{Imports, Types, Files, Functions, Lines, Comments}

const (
	maxMethods       = 40 // by distinct name: a method that each system has once more counts once
	maxFields        = 30 // those of an unnamed struct inside count as well
	maxFileLines     = 400
	maxFunctionLines = 60
	maxColumns       = 140 // characters
	tabColumns       = 4   // a tab counts as that many
)

// Check looks at the tree and returns, for each rule that is broken, what breaks it.
func Check(root string) (map[string][]string, error) { return check(root, rooms, exceptions) }

func check(root string, rooms []room, exceptions []exception) (map[string][]string, error) {
	h := &house{root: root, problems: map[string][]string{}, types: map[string]*typeSize{}, imports: map[string][]importing{}}
	for _, e := range exceptions {
		h.exceptions = append(h.exceptions, &e)
	}
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	h.module = strings.Fields(string(module))[1] + "/"
	if err := filepath.WalkDir(root, h.visit); err != nil {
		return nil, err
	}
	h.checkTypes()
	h.checkRooms(rooms)
	h.checkExceptions()
	return h.problems, nil
}

type house struct {
	root, module string
	exceptions   []*exception
	problems     map[string][]string
	types        map[string]*typeSize   // by folder and name
	imports      map[string][]importing // by folder
	nested       []string               // folders that are modules themselves
}

// complain notes what breaks a rule, unless an exception stands for the place.
func (h *house) complain(rule, where, what string) {
	for _, e := range h.exceptions {
		if e.rule == rule && (e.where == where || strings.HasSuffix(e.where, "/") && strings.HasPrefix(where, e.where)) {
			e.needed = true
			return
		}
	}
	h.problems[rule] = append(h.problems[rule], what)
}

func (h *house) checkExceptions() {
	for _, e := range h.exceptions {
		switch {
		case !slices.Contains(Rules, e.rule):
			h.problems[Files] = append(h.problems[Files], fmt.Sprintf("exceptions.go: there is no rule %q", e.rule))
		case e.why == "":
			h.problems[e.rule] = append(h.problems[e.rule], fmt.Sprintf("exceptions.go: %s has no reason", e.where))
		case !e.needed:
			h.problems[e.rule] = append(h.problems[e.rule],
				fmt.Sprintf("the exception for %s is no longer needed: take it out of .ci/house/exceptions.go", e.where))
		}
	}
}

func (h *house) visit(name string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(h.root, name)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	if d.IsDir() {
		if d.Name() == "testdata" || d.Name() == ".git" || rel == "dist" {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && rel != "." {
			h.nested = append(h.nested, rel)
		}
		return nil
	}
	if !d.Type().IsRegular() || !isSource(rel) {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return h.file(rel, text)
}

// isSource reports whether a file was written by hand to be run or built: Go, and the
// scripts of .ci and of make.
func isSource(rel string) bool {
	switch path.Ext(rel) {
	case ".go", ".py", ".sh":
		return true
	}
	return rel == "Makefile" || path.Ext(rel) == "" && strings.HasPrefix(rel, ".ci/")
}

func (h *house) file(rel string, text []byte) error {
	if path.Ext(rel) != ".go" {
		h.checkLines(rel, string(text))
		return nil
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, rel, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	if ast.IsGenerated(f) {
		return nil
	}
	h.checkLines(rel, string(text))
	if !strings.HasSuffix(rel, "_test.go") { // a test is long by its table of cases
		h.checkFunctions(fset, f, rel)
	}
	h.checkComments(fset, f)
	h.countTypes(fset, f, rel)
	if !slices.ContainsFunc(h.nested, func(dir string) bool { return under(rel, dir) }) {
		h.noteImports(fset, f, rel)
	}
	return nil
}

// under reports whether a path is a folder or lies below it.
func under(name, dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }

func (h *house) checkLines(rel, text string) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) > maxFileLines {
		h.complain(Files, rel, fmt.Sprintf("%s has %d lines: look for a second subject", rel, len(lines)))
	}
	for i, line := range lines {
		if n := columns(line); n > maxColumns {
			h.complain(Lines, rel, fmt.Sprintf("%s:%d is %d columns wide", rel, i+1, n))
		}
	}
}

func columns(line string) int {
	return len([]rune(strings.TrimSuffix(line, "\r"))) + (tabColumns-1)*strings.Count(line, "\t")
}

func (h *house) checkFunctions(fset *token.FileSet, f *ast.File, rel string) {
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		first := fset.Position(fn.Pos())
		if n := fset.Position(fn.End()).Line - first.Line + 1; n > maxFunctionLines {
			name := fn.Name.Name
			if receiver := receiverOf(fn); receiver != "" {
				name = receiver + "." + name
			}
			h.complain(Functions, path.Dir(rel)+"."+name, fmt.Sprintf("%s: %s has %d lines: name its steps", first, name, n))
		}
	}
}

// emptyComments are comments that repeat what is seen anyway.
var emptyComments = regexp.MustCompile(`^// \w+ (is for the toolkit|implements [\w.]+)\.?$`)

func (h *house) checkComments(fset *token.FileSet, f *ast.File) {
	for _, group := range f.Comments {
		if first := group.List[0]; len(group.List) == 1 && emptyComments.MatchString(first.Text) {
			at := fset.Position(first.Pos())
			h.complain(Comments, at.Filename, fmt.Sprintf("%s: %q says nothing: say why, or leave it out", at, first.Text))
		}
	}
}
