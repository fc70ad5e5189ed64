package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// raced parts packages in those whose tests run with the race detector and those where it
// finds nothing and takes five times the processor time: nothing in them runs beside anything
// else, nor in what their tests bring in besides.
func raced(all map[string]*listed) (racing, sequential []string, err error) {
	alone := map[string]bool{}
	for name, p := range all {
		if alone[name], err = p.sequential(); err != nil {
			return nil, nil, err
		}
	}
	for name, p := range all {
		brings := slices.ContainsFunc(slices.Concat(p.TestImports, p.XTestImports), func(other string) bool {
			return all[other] != nil && !alone[other] && !slices.Contains(p.Imports, other)
		})
		if alone[name] && !brings {
			sequential = append(sequential, name)
		} else {
			racing = append(racing, name)
		}
	}
	slices.Sort(racing)
	slices.Sort(sequential)
	return racing, sequential, nil
}

// sequential reports whether a package starts no goroutine and shares nothing that it would
// have to guard. Its tests do not count.
func (p *listed) sequential() (bool, error) {
	files := token.NewFileSet()
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return false, err
		}
		for _, i := range file.Imports {
			if path := strings.Trim(i.Path.Value, `"`); path == "sync" || path == "sync/atomic" {
				return false, nil
			}
		}
		starts := false
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				starts = true
			case *ast.SelectorExpr: // of whatever: a group, a timer, a context
				starts = starts || n.Sel.Name == "Go" || n.Sel.Name == "AfterFunc"
			}
			return !starts
		})
		if starts {
			return false, nil
		}
	}
	return true, nil
}
