package rules

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/proxytest/cputime"
	"posthouse/proxy/reason"
)

// A file of expressions that repeat much is refused before they are compiled, whatever they are for; the error names the
// rule with which they are too large together, and what to do.
func TestExpressionsAreBoundedTogether(t *testing.T) {
	for name, one := range map[string]struct {
		lines string
		most  int // rules that there may be at least
	}{
		"a condition":     {`when = "path:/(x{1000})/"` + "\nnote = \"x\"\n", 900},
		"two conditions":  {`when = "path:/(x{900})/ | -host:/(y{900})/"` + "\nnote = \"x\"\n", 500},
		"a field":         {"request.replace = [{ field = \"A\", find = \"/(x{1000})/\", with = \"y\" }]\n", 900},
		"a query":         {"request.query.replace = [{ name = \"a\", find = \"/(x{1000})/\", with = \"y\" }]\n", 900},
		"a cookie":        {"response.cookies.replace = [{ name = \"a\", find = \"/(x{1000})/\", with = \"y\" }]\n", 900},
		"a form":          {"request.body.form.replace = [{ name = \"a\", find = \"/(x{1000})/\", with = \"y\" }]\n", 900},
		"a path":          {"send = { find = \"/(x{1000})/\", with = \"y\" }\n", 900},
		"a body":          {"response.body.replace = [{ find = '/(x{1000})$/', with = \"y\" }]\n", 100},
		"one that is off": {"off = true\nresponse.body.replace = [{ find = '/(x{1000})$/', with = \"y\" }]\n", 100},
	} {
		t.Run(name, func(t *testing.T) {
			since, rule := cputime.Used(), "[[rule]]\n"+one.lines
			_, err := Load("rules.toml", []byte(strings.Repeat(rule, MaxRules)), "")
			took := cputime.Used() - since
			var bad *FileError
			if !errors.As(err, &bad) || bad.Why != reason.RuleExpressions.With(MaxPrograms) {
				t.Fatalf("%v", err)
			}
			lines := strings.Count(rule, "\n")
			number := (bad.Line-1)/lines + 1
			if (bad.Line-1)%lines != 0 || number <= one.most || number > 1000 {
				t.Errorf("line %d is named, of rule %d", bad.Line, number)
			}
			if took > 20*time.Second {
				t.Errorf("it took %v of processor time", took)
			}
			if _, err := Load("rules.toml", []byte(strings.Repeat(rule, one.most)), ""); err != nil {
				t.Errorf("%d rules: %v", one.most, err)
			}
		})
	}
}

// One expression is bounded too, since its program is what each byte of a value costs; the line of its key is named.
func TestAnExpressionIsBounded(t *testing.T) {
	long := "/" + strings.Repeat("(x{1000})", 11) + "/"
	for _, key := range []string{
		"request.replace = [{ field = \"A\", find = %q, with = \"y\" }]\n",
		"request.query.replace = [{ name = \"a\", find = %q, with = \"y\" }]\n",
		"request.body.replace = [{ find = %q, with = \"y\" }]\n",
		"send = { find = %q, with = \"y\" }\n",
	} {
		text := "[[rule]]\nname = \"one\"\n" + fmt.Sprintf(key, long)
		_, err := Load("rules.toml", []byte(text), "")
		var bad *FileError
		if !errors.As(err, &bad) || bad.Line != 3 || bad.Why != reason.RulePatternLarge.With(long, maxProgram) {
			t.Errorf("%s%v", text, err)
		}
	}
}
