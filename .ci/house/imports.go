package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// isToolkit reports whether a package is the graphics toolkit or what that draws with.
func isToolkit(imported string) bool {
	return under(imported, "fyne.io/fyne/v2") || under(imported, "fyne.io/x") || strings.HasPrefix(imported, "github.com/go-gl/")
}

// importing is one import of a file.
type importing struct {
	at       token.Position
	imported string // without the module, when it is ours
	ours     bool
	test     bool // a file of tests
}

func (h *house) noteImports(fset *token.FileSet, f *ast.File, rel string) {
	dir := path.Dir(rel)
	all := h.imports[dir]
	if all == nil {
		all = []importing{}
	}
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		ours, isOurs := strings.CutPrefix(name, h.module)
		at, test := fset.Position(spec.Pos()), strings.HasSuffix(rel, "_test.go")
		all = append(all, importing{at: at, imported: ours, ours: isOurs, test: test})
	}
	h.imports[dir] = all
}

// allows reports whether one of the words of may is the package or holds it.
func allows(may []string, imported string) bool {
	return slices.ContainsFunc(may, func(word string) bool {
		if tree, ok := strings.CutSuffix(word, "/..."); ok {
			return under(imported, tree)
		}
		return word == imported
	})
}

// checkRooms compares the imports with the table, and the table with itself and the tree.
func (h *house) checkRooms(rooms []room) {
	may := map[string][]string{}
	for _, r := range rooms {
		if _, twice := may[r.name]; twice {
			h.wrongTable("%s appears twice", r.name)
		}
		h.checkRow(r, may)
		may[r.name] = strings.Fields(r.may)
	}
	for _, dir := range slices.Sorted(maps.Keys(h.imports)) {
		words, known := may[dir]
		if !known {
			h.complain(Imports, dir, h.unknown(dir))
			continue
		}
		for _, i := range h.imports[dir] {
			if what := forbidden(i, dir, words, may); what != "" {
				h.complain(Imports, dir, fmt.Sprintf("%s:%d: %s", i.at.Filename, i.at.Line, what))
			}
		}
	}
}

func (h *house) wrongTable(format string, args ...any) {
	h.problems[Imports] = append(h.problems[Imports], ".ci/house/rooms.go: "+fmt.Sprintf(format, args...))
}

// checkRow looks at a row, knowing those before it.
func (h *house) checkRow(r room, before map[string][]string) {
	words := strings.Fields(r.may)
	_, built := h.imports[r.name]
	switch isPlanned := slices.Contains(words, planned); {
	case !built && !isPlanned:
		h.wrongTable("%s is not in the tree: take it out", r.name)
	case built && isPlanned:
		h.wrongTable("%s is built: it is no longer planned", r.name)
	}
	for _, word := range words {
		if slices.Contains([]string{toolkit, forTests, planned}, word) {
			continue
		}
		known := slices.ContainsFunc(slices.Collect(maps.Keys(before)), func(name string) bool { return allows([]string{word}, name) })
		if !known {
			h.wrongTable("%s may import %s, which does not stand before it", r.name, word)
		}
	}
}

// forbidden says what is wrong with an import, "" where nothing is. Tests import what
// they like of ours; they, too, leave the toolkit to those rooms that may draw.
func forbidden(i importing, dir string, words []string, may map[string][]string) string {
	switch {
	case !i.ours && isToolkit(i.imported) && !slices.Contains(words, toolkit):
		return fmt.Sprintf("%s may not import the toolkit (%s)", dir, i.imported)
	case !i.ours || i.test || i.imported == dir:
		return ""
	case slices.Contains(may[i.imported], forTests) && !slices.Contains(words, forTests):
		return fmt.Sprintf("%s imports %s, which is for tests", dir, i.imported)
	case !allows(words, i.imported):
		return fmt.Sprintf("%s may not import %s: the arrows stand in .ci/house/rooms.go", dir, i.imported)
	}
	return ""
}

// unknown tells what to add for a package that the table does not have.
func (h *house) unknown(dir string) string {
	var imported []string
	for _, i := range h.imports[dir] {
		switch {
		case i.ours && !i.test && !slices.Contains(imported, i.imported):
			imported = append(imported, i.imported)
		case isToolkit(i.imported) && !slices.Contains(imported, toolkit):
			imported = append(imported, toolkit)
		}
	}
	slices.Sort(imported)
	return fmt.Sprintf("%s is a room that the table does not know: add {%q, %q} to .ci/house/rooms.go, "+
		"after what it imports and before what imports it", dir, dir, strings.Join(imported, " "))
}
