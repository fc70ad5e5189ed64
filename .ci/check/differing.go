package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// What linters find in a package they find wherever it is built, unless what they read
// differs: its files, or the interface of what it imports. For another system than this
// one they look only at packages where that is so. The others are compiled for that
// system all the same (cross), and their tests on it, where make test runs there.

// A listed package is what go list tells of it for one system.
type listed struct {
	ImportPath, Dir                    string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
}

// files are all that a linter reads of the package.
func (p *listed) files() []string {
	return slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles)
}

// listing is what go list tells of packages, by import path.
func (r *runner) listing(env []string, tags string, patterns ...string) (map[string]*listed, error) {
	const fields = "-json=ImportPath,Dir,GoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports"
	out, err := r.goOutput(env, append([]string{"list", "-tags", tags, fields}, patterns...)...)
	if err != nil {
		return nil, err
	}
	all := map[string]*listed{}
	for in := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &listed{}
		if err := in.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all[p.ImportPath] = p
	}
}

// What is not ours and has an interface that differs between systems. In the rest of the
// standard library only values do (GOROOT/api lists them).
var notOurs = []string{"syscall", "golang.org/x/sys/unix"}

// differing are the packages that read otherwise there than here: their files do, or
// what they or their tests import has another interface.
func differing(here, there map[string]*listed) (names []string, err error) {
	changed := map[string]bool{}
	for _, name := range notOurs {
		changed[name] = true
	}
	sameFiles := func(p *listed) bool {
		before := here[p.ImportPath]
		return before != nil && slices.Equal(before.files(), p.files())
	}
	for name, p := range there {
		if sameFiles(p) {
			continue
		}
		same, err := sameInterface(here[name], p)
		if err != nil {
			return nil, err
		}
		changed[name] = !same
	}
	for name, p := range there {
		imports := slices.Concat(p.Imports, p.TestImports, p.XTestImports)
		if !sameFiles(p) || slices.ContainsFunc(imports, func(s string) bool { return changed[s] }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// sameInterface reports whether two builds of a package look the same from outside.
func sameInterface(a, b *listed) (bool, error) {
	if a == nil {
		return false, nil
	}
	of, err := exports(a)
	if err != nil {
		return false, err
	}
	other, err := exports(b)
	return maps.Equal(of, other), err
}

// exports are the declarations of a package that others see, as text. Types are told with
// what they hide, which can make a difference too.
func exports(p *listed) (map[string]bool, error) {
	texts := map[string]bool{}
	files := token.NewFileSet()
	tell := func(node any) error {
		var b strings.Builder
		err := printer.Fprint(&b, files, node)
		texts[b.String()] = true
		return err
	}
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, node := range exportedIn(file) {
			if err := tell(node); err != nil {
				return nil, err
			}
		}
	}
	return texts, nil
}

// exportedIn are the declarations of a file that others see, functions without what they do.
func exportedIn(file *ast.File) (nodes []any) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() {
				nodes = append(nodes, &ast.FuncDecl{Recv: d.Recv, Name: d.Name, Type: d.Type})
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() {
						nodes = append(nodes, s)
					}
				case *ast.ValueSpec:
					if slices.ContainsFunc(s.Names, (*ast.Ident).IsExported) {
						nodes = append(nodes, s)
					}
				}
			}
		}
	}
	return nodes
}

// filesOnlyThere are those files of a package that are not read here.
func filesOnlyThere(here, there *listed) (files []string) {
	for _, file := range there.files() {
		if here == nil || !slices.Contains(here.files(), file) {
			files = append(files, filepath.Join(there.Dir, file))
		}
	}
	return files
}
