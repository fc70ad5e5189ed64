package rules

import "testing"

// Nothing that a rule writes into a head ends a line of it.
func TestNoRuleEndsALine(t *testing.T) {
	for _, text := range []string{"a\r\nX: y", "a=1\nX: y", "a\x00", "a; b\r"} {
		pairs := &Pairs{Set: []string{text}}
		for what, r := range map[string]Rule{
			"a cookie of a response": {Response: &Edit{Cookies: pairs}},
			"a cookie":               {Request: &Edit{Cookies: pairs}},
			"a query":                {Request: &Edit{Query: pairs}},
			"a field":                {Response: &Edit{Set: []string{"X: " + text}}},
			"a field of an answer":   {Answer: &Answer{Text: "a", Fields: []string{"X: " + text}}},
			"a type":                 {Answer: &Answer{Text: "a", Type: text}},
		} {
			if _, err := Compile([]Rule{r}, ""); err == nil {
				t.Errorf("%s may be %q", what, text)
			}
			if p := r.Response; p != nil && p.Cookies != nil {
				p.Cookies = &Pairs{Add: []string{text}}
				if _, err := Compile([]Rule{r}, ""); err == nil {
					t.Errorf("%s that is added may be %q", what, text)
				}
			}
		}
	}
}
