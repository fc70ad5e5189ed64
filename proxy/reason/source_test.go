package reason

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"posthouse/proxy/flow"
)

// rooms are the packages that say something.
var rooms = []string{"..", "../http1", "../http2", "../upstream", "../decrypt", "../certificate", "../ca", "../archive",
	"../archive/har", "../archive/saz", "../archive/mitm", "../archive/charles", "../archive/rawhttp",
	"../archive/commandline", "../../app", "../../app/sessions",
	"../../app/clients/clientcheck",
	"../../app/desktop/autostart", "../../app/desktop/filetypes", sysproxy, sysproxy + "/backend", sysproxy + "/gnome", sysproxy + "/kde",
	sysproxy + "/macos", sysproxy + "/windows", "../capture/history", "../capture/query", "../rules", "../rules/imports", "../breakpoints",
	"../outgoing", "../websocket", "../../app/repeat", "../../app/conversation"}

const sysproxy = "../../app/desktop/sysproxy"

// sources parses the packages that say something, without their tests.
func sources(t *testing.T, dirs ...string) (all map[string]*ast.File) {
	t.Helper()
	all = map[string]*ast.File{}
	for _, dir := range dirs {
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(names) == 0 {
			t.Fatal("no sources in", dir, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = file
		}
	}
	return all
}

// names maps the names of the codes to them.
func names(t *testing.T) map[string]flow.ReasonCode {
	all := map[string]flow.ReasonCode{}
	for _, file := range sources(t, ".") {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if call, ok := spec.Values[0].(*ast.CallExpr); ok && isName(call.Fun, "say") {
				code, _ := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
				all[spec.Names[0].Name] = flow.ReasonCode(code)
			}
			return true
		})
	}
	if len(all) != len(Codes()) {
		t.Fatalf("%d names, %d codes", len(all), len(Codes()))
	}
	return all
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// member is the name after "reason." of an expression, "" for any other.
func member(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok && isName(s.X, "reason") {
		return s.Sel.Name
	}
	return ""
}

// Each code is used somewhere, and gets as many arguments as its sentence has.
func TestEveryCodeIsUsedWithItsArguments(t *testing.T) {
	codes := names(t)
	used := map[string]int{} // here the declaration is one
	for name, file := range sources(t, append(rooms, ".")...) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if filepath.Dir(name) == "." {
					used[n.Name]++
				}
			case *ast.SelectorExpr:
				used[member(n)] += 2
			case *ast.CallExpr:
				code, args := "", n.Args
				if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "With" {
					code = member(f.X)
				} else if f := member(n.Fun); f == "New" {
					code, args = member(args[0]), args[1:]
				} else if f == "Wrap" {
					code, args = member(args[1]), args[1:]
				}
				if want := strings.Count(Template(codes[code]), "%s"); code != "" && len(args) != want && !n.Ellipsis.IsValid() {
					t.Errorf("%s: %s has %d arguments, not %d", name, code, want, len(args))
				}
			}
			return true
		})
	}
	for name := range codes {
		if used[name] < 2 {
			t.Errorf("nothing uses %s", name)
		}
	}
}

// sentence is what only a person would read.
var sentence = regexp.MustCompile(`^[A-Z][a-z]+ [a-z]+ .*[a-z]{3}|^ ?(it|its|the|a|an) [a-z]+ [a-z]|[a-z]\. $|[a-z]\.$`)

// notSentences are functions with English words that no row has: a page's, the log's, and
// what a handler of Posthouse's own is told.
var notSentences = map[string]bool{"certificateReply": true, "woke": true, "noticeNetwork": true, "serve": true, "Write": true}

// Nothing in the engine puts English together: what an exchange ends with is a code of this package.
func TestNoSentenceIsComposedInTheEngine(t *testing.T) {
	for name, file := range sources(t, "..") {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || notSentences[f.Name.Name] {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if text, err := strconv.Unquote(n.Value); err == nil && sentence.MatchString(text) {
						t.Errorf("%s, %s: %q", name, f.Name.Name, text)
					}
				case *ast.CallExpr:
					noLiteralText(t, name, n)
				}
				return true
			})
		}
	}
}

// noLiteralText refuses words in place of a code.
func noLiteralText(t *testing.T, name string, call *ast.CallExpr) {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "With" || len(call.Args) == 0 {
		return
	}
	ast.Inspect(&ast.CallExpr{Fun: f, Args: call.Args}, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && strings.ContainsRune(lit.Value, ' ') && len(lit.Value) > 4 {
			t.Errorf("%s: %s gets the words %s", name, member(f.X), lit.Value)
		}
		return true
	})
}
