package shellquote_test

import (
	"bytes"
	"go/parser"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"posthouse/proxy/shellquote"
)

// texts mean something to one language or another.
var texts = append(append(slices.Clone(words), beyond...), "a\nb\r\nc\n", "\n", "\x00", "\x1b[201~", "\u2028\u2029\u202e\ufeff",
	"\U000e0041", "👍🏽", "\\u0041\\x41\\101\\N{DIGIT ONE}", "${x}#{x}%s{x}", "\"\"\"'''```", "*/ // # --> </script>", "\ufffd", "\x7f\u0085",
	strings.Repeat("é\"\\", 1000), "\x80\xff\xc3", "caf\xe9", "\xed\xa0\x80", strings.Repeat("\xff\n", 500))

// unquoted is what Go makes of literals.
func unquoted(t *testing.T, pieces []string) string {
	t.Helper()
	var all strings.Builder
	for _, p := range pieces {
		text, err := strconv.Unquote(p)
		if err != nil || strings.Contains(p, "\n") || !shellquote.Safe(p) || len(p) > 4000 {
			t.Fatalf("%.100q: %v", p, err)
		}
		all.WriteString(text)
	}
	return all.String()
}

func TestLiteralOfGo(t *testing.T) {
	for _, text := range texts {
		pieces := shellquote.Literal([]byte(text), shellquote.Go)
		if got := unquoted(t, pieces); got != text {
			t.Errorf("%q became %q", text, got)
		}
		if _, err := parser.ParseExpr(strings.Join(pieces, " +\n\t")); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Python and node read what was written, where they are here.
func TestLiteralsAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		program, ending   string
		language          shellquote.Language
		begin, glue, each string // each is one text, as its bytes in hexadecimal
	}{
		"str":    {"python3", ".py", shellquote.Python, "", "\n", "print((%).encode().hex())\n"},
		"bytes":  {"python3", ".py", shellquote.PythonBytes, "", "\n", "print((%).hex())\n"},
		"string": {"node", ".js", shellquote.JavaScript, "", " +\n", "console.log(Buffer.from(%).toString('hex'))\n"},
		"fields": {"node", ".js", shellquote.JavaScriptBytes, "", " +\n", "console.log(Buffer.from(%, 'latin1').toString('hex'))\n"},
	} {
		t.Run(name, func(t *testing.T) {
			path, err := exec.LookPath(c.program)
			if err != nil {
				t.Skip("there is no " + c.program)
			}
			var source strings.Builder
			var want []string
			for _, text := range texts {
				if !utf8.ValidString(text) && (c.language == shellquote.Python || c.language == shellquote.JavaScript) {
					continue
				}
				pieces := shellquote.Literal([]byte(text), c.language)
				for _, p := range pieces {
					if !shellquote.Safe(p) {
						t.Errorf("%q", p)
					}
				}
				source.WriteString(strings.Replace(c.each, "%", strings.Join(pieces, c.glue), 1))
				want = append(want, hexOf(text))
			}
			file := filepath.Join(t.TempDir(), "literals"+c.ending)
			if err := os.WriteFile(file, []byte(source.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(path, file)
			var out, fault bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &fault
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v: %.500s", err, fault.String())
			}
			same(t, c.program, strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"), want)
		})
	}
}

func hexOf(text string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := range len(text) {
		b.Write([]byte{digits[text[i]>>4], digits[text[i]&15]})
	}
	return b.String()
}

// Whatever the bytes, a literal is one, shows nothing odd and holds them all.
func FuzzLiteral(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got := unquoted(t, shellquote.Literal(text, shellquote.Go)); got != string(text) {
			t.Errorf("%q became %q", text, got)
		}
		for l := shellquote.Python; l <= shellquote.Go; l++ {
			for _, p := range shellquote.Literal(text, l) {
				inner := strings.TrimPrefix(p, "b")
				if !shellquote.Safe(p) || len(inner) < 2 || inner[0] != '"' || closes(inner[1:]) != len(inner)-2 {
					t.Errorf("%q", p)
				}
			}
		}
	})
}

// closes is where a literal ends: at the first quote without a backslash before it.
func closes(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
