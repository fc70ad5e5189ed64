package i18n

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"fyne.io/fyne/v2/lang"
)

// verb is one verb of fmt with its index, flags and width.
var verb = regexp.MustCompile(`%(\[\d+\])?[-+# 0]*[\d.]*[a-zA-Z%]`)

func TestLanguagesHaveTheSameKeysAndVerbs(t *testing.T) {
	en, zh := catalogues[English].words(), catalogues[Chinese].words()
	for key := range zh {
		if _, ok := en[key]; !ok {
			t.Errorf("%q is in zh-Hans alone", key)
		}
	}
	for key, word := range en {
		other, ok := zh[key]
		if !ok {
			t.Errorf("%q is in en alone", key)
			continue
		}
		if strings.TrimSpace(word) == "" || strings.TrimSpace(other) == "" {
			t.Errorf("%q is empty", key)
		}
		a, b := verb.FindAllString(word, -1), verb.FindAllString(other, -1)
		if slices.Sort(a); strings.Contains(word, "%[") || strings.Contains(other, "%[") {
			slices.Sort(b)
		}
		if b := slices.Sorted(slices.Values(b)); !slices.Equal(a, b) {
			t.Errorf("%q takes %v in English, %v in Chinese", key, a, b)
		}
	}
}

func TestCountedKeysHaveBothForms(t *testing.T) {
	words := catalogues[English].words()
	for key := range words {
		one, counted := strings.CutSuffix(key, ".one")
		if _, ok := words[one+".other"]; counted && !ok {
			t.Errorf("%q has no .other", key)
		}
	}
}

// TestKeysInTheSourcesAndCataloguesAgree reads the sources of everything that
// has words: what is asked for exists, and what exists is asked for.
func TestKeysInTheSourcesAndCataloguesAgree(t *testing.T) {
	asked, literals := keysInSources(t, "../../ui", "../../cmd/posthouse")
	words := catalogues[English].words()
	for key, where := range asked {
		if strings.HasSuffix(key, ".") {
			continue
		}
		if _, ok := words[key]; !ok {
			t.Errorf("%s: %q is in no catalogue", where, key)
		}
	}
	var prefixes []string
	for key := range asked {
		if strings.HasSuffix(key, ".") {
			prefixes = append(prefixes, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(words)) {
		used := literals[key] || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
		if !used {
			t.Errorf("%q is in the catalogues, but nothing asks for it", key)
		}
	}
}

// keysInSources finds the keys given to T and N: literals as they are, the
// constant beginning ("failure.") of those put together. literals are all
// strings of the sources, for keys that stand in tables.
func keysInSources(t *testing.T, roots ...string) (asked map[string]string, literals map[string]bool) {
	asked, literals = map[string]string{}, map[string]bool{}
	files := token.NewFileSet()
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if s, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
						literals[s] = true
					}
				case *ast.BinaryExpr: // a key that is put together before it is asked for
					if start, _ := constantStart(n); strings.HasSuffix(start, ".") {
						asked[start] = files.Position(n.Pos()).String()
					}
				case *ast.CallExpr:
					noteCall(n, files, asked, literals)
				}
				return true
			})
			return nil
		})
	}
	return asked, literals
}

func noteCall(call *ast.CallExpr, files *token.FileSet, asked map[string]string, literals map[string]bool) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		if pkg, ok := f.X.(*ast.Ident); ok && pkg.Name == "i18n" {
			name = f.Sel.Name
		}
	}
	if name != "T" && name != "N" || len(call.Args) == 0 {
		return
	}
	key, whole := constantStart(call.Args[0])
	where := files.Position(call.Pos()).String()
	switch {
	case key == "":
	case !whole:
		asked[key] = where
	case name == "N":
		for _, form := range []string{".one", ".other"} {
			asked[key+form], literals[key+form] = where, true
		}
	default:
		asked[key] = where
	}
}

// constantStart is the literal that an expression begins with, and whether it is all of it.
func constantStart(e ast.Expr) (text string, whole bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ = strconv.Unquote(e.Value)
		return text, true
	case *ast.BinaryExpr:
		text, _ = constantStart(e.X)
		return text, false
	}
	return "", false
}

func TestSetChangesTheWordsAndTellsWhoAsked(t *testing.T) {
	defer Set(English)
	Set(English)
	told := 0
	remove := OnChange(func() { told++ })
	Set(Chinese)
	if Lang() != Chinese || T("phase.done") != "完成" || told != 1 {
		t.Fatalf("after Set(Chinese): %q, %q, told %d times", Lang(), T("phase.done"), told)
	}
	if got := lang.L("Cancel"); got != "取消" {
		t.Errorf("the toolkit's Cancel is %q", got)
	}
	Set(Chinese)
	if told != 1 {
		t.Errorf("told again of the same language")
	}
	remove()
	Set(English)
	if told != 1 || T("phase.done") != "Complete" || lang.L("Cancel") != "Cancel" {
		t.Errorf("after Set(English): told %d times, %q, %q", told, T("phase.done"), lang.L("Cancel"))
	}
}

func TestTPutsArgumentsInAndReturnsUnknownKeys(t *testing.T) {
	Set(English)
	if got := T("bind.suggest", 9877); got != "Use 9877 instead" {
		t.Errorf("got %q", got)
	}
	if got := T("no.such.key", 1); got != "no.such.key" || Has("no.such.key") {
		t.Errorf("got %q", got)
	}
	if !Has("phase.done") {
		t.Error("phase.done is not there")
	}
}

// One of something may go without its number: "Sent again."
func TestOneMayLeaveItsNumberOut(t *testing.T) {
	if got := N("resend.sent", 1, "1"); got != "Sent again." {
		t.Error(got)
	}
	if got := N("resend.sent", 2, "2"); got != "2 requests sent again." {
		t.Error(got)
	}
	for _, language := range []string{"en", "zh-Hans"} {
		for key := range catalogues[language].words() {
			if name, ok := strings.CutSuffix(key, ".one"); ok {
				if got := N(name, 1, "1", "2", "3", "4"); strings.Contains(got, "EXTRA") || strings.Contains(got, "BADINDEX") {
					t.Errorf("%s: %s", name, got)
				}
			}
		}
	}
}

func TestTheSystemsLocalesChooseTheLanguage(t *testing.T) {
	for _, c := range []struct {
		locales []string
		want    string
	}{
		{nil, English}, {[]string{"C"}, English}, {[]string{"de-DE"}, English},
		{[]string{"zh-CN"}, Chinese}, {[]string{"zh-Hant-TW"}, Chinese}, {[]string{"zh"}, Chinese},
		{[]string{"en-GB", "zh-CN"}, English}, {[]string{"de", "zh-CN", "en"}, Chinese}, {[]string{"???", "zh-SG"}, Chinese},
	} {
		if got := match(c.locales); got != c.want {
			t.Errorf("%q: %s, want %s", c.locales, got, c.want)
		}
	}
	for _, c := range []struct {
		locales []string
		want    string
	}{{nil, "en"}, {[]string{"C"}, "en"}, {[]string{"zh-CN"}, "zh-CN"}, {[]string{"C", "de-DE"}, "de-DE"}} {
		if got := toolkitLocale(c.locales); got != c.want {
			t.Errorf("toolkit under %q: %s, want %s", c.locales, got, c.want)
		}
	}
}

func TestLoadRefusesBadFiles(t *testing.T) {
	for name, from := range map[string]fstest.MapFS{
		"no JSON":        {"en/a.json": {Data: []byte("{")}},
		"key in 2 files": {"en/a.json": {Data: []byte(`{"a":"1"}`)}, "en/b.json": {Data: []byte(`{"a":"2"}`)}},
	} {
		if _, err := load(from, English); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
