package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
)

// typeSize is what a type has on any system, with any build tag.
type typeSize struct {
	at      token.Position // where it is declared
	inTest  bool
	fields  int
	methods map[string]bool // by name, and whether only a test has it
}

func (h *house) typeNamed(dir, name string) *typeSize {
	key := dir + "." + name
	t := h.types[key]
	if t == nil {
		t = &typeSize{methods: map[string]bool{}}
		h.types[key] = t
	}
	return t
}

// countTypes adds what a file declares. Types of tests are kept apart from those that
// the test's package tests.
func (h *house) countTypes(fset *token.FileSet, f *ast.File, rel string) {
	dir, test := path.Dir(rel), strings.HasSuffix(rel, "_test.go")
	if strings.HasSuffix(f.Name.Name, "_test") {
		dir += "_test"
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			t := h.typeNamed(dir, n.Name.Name)
			if !t.at.IsValid() {
				t.at, t.inTest = fset.Position(n.Pos()), test
			}
			switch of := n.Type.(type) {
			case *ast.StructType:
				t.fields = max(t.fields, fieldsOf(of))
			case *ast.InterfaceType:
				for _, m := range of.Methods.List {
					for _, name := range m.Names {
						t.methods[name.Name] = test
					}
				}
			}
		case *ast.FuncDecl:
			if receiver := receiverOf(n); receiver != "" {
				methods := h.typeNamed(dir, receiver).methods
				before, seen := methods[n.Name.Name]
				methods[n.Name.Name] = test && (before || !seen)
			}
		}
		return true
	})
}

func fieldsOf(s *ast.StructType) (n int) {
	for _, f := range s.Fields.List {
		n += max(1, len(f.Names)) // one that is embedded has no name
		if inner, ok := f.Type.(*ast.StructType); ok {
			n += fieldsOf(inner)
		}
	}
	return n
}

// receiverOf is the name of the type that a method belongs to, "" for a function.
func receiverOf(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return ""
	}
	t := fn.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

func (h *house) checkTypes() {
	for _, name := range slices.Sorted(maps.Keys(h.types)) {
		t := h.types[name]
		methods := 0
		for _, ofTest := range t.methods {
			if !ofTest || t.inTest {
				methods++
			}
		}
		if methods > maxMethods || t.fields > maxFields {
			h.complain(Types, name, fmt.Sprintf("%s: %s has %d methods and %d fields: find its second type", t.at, name, methods, t.fields))
		}
	}
}
