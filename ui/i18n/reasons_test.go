package i18n

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Every code of the engine has words in both languages, with as many arguments as it has
// in English there.
func TestEveryReasonOfTheEngineHasWords(t *testing.T) {
	codes := map[string]string{}
	code := calls(t, "../../proxy/reason", "", "say", 0)
	for i, sentence := range calls(t, "../../proxy/reason", "", "say", 1) {
		codes["why."+code[i]] = sentence
	}
	if len(codes) < 150 || len(code) != len(codes) {
		t.Fatalf("%d codes, %d sentences", len(code), len(codes))
	}
	for lang, c := range catalogues {
		for key, sentence := range codes {
			for _, form := range []string{"", ".one", ".other"} { // which of them, ui/words knows
				words, ok := c.words()[key+form]
				if got, want := len(verb.FindAllString(words, -1)), strings.Count(sentence, "%s"); ok && got != want {
					t.Errorf("%s: %q is %q, which has %d arguments, not %d", lang, key+form, words, got, want)
				}
			}
		}
		for key := range c.words() {
			key = strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
			if _, ok := codes[key]; strings.HasPrefix(key, "why.") && !ok {
				t.Errorf("%s: %q is no code of the engine", lang, key)
			}
		}
	}
}

// calls are the texts of sentences for a function of a package, "" for one of the same.
func calls(t *testing.T, dir, pkg, function string, n int) (all []string) {
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
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) <= n {
				return true
			}
			if !isFunction(call.Fun, pkg, function) {
				return true
			}
			if s, constant := joinedText(call.Args[n]); constant {
				all = append(all, s)
			}
			return true
		})
	}
	return all
}

func isFunction(e ast.Expr, pkg, function string) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return pkg == "" && e.Name == function
	case *ast.SelectorExpr:
		of, ok := e.X.(*ast.Ident)
		return ok && of.Name == pkg && e.Sel.Name == function
	}
	return false
}

// joinedText is a text put together with +; constant tells whether any of it is one.
func joinedText(e ast.Expr) (text string, constant bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		a, oneConstant := joinedText(e.X)
		b, otherConstant := joinedText(e.Y)
		return a + b, oneConstant || otherConstant
	}
	return "%s", false
}
