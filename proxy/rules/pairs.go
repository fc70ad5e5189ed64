package rules

import (
	"slices"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Pairs changes parameters of a query, or cookies: "name=value", written as they are sent.
type Pairs struct {
	Remove []string `toml:"remove,omitempty"` // names
	Set    []string `toml:"set,omitempty"`    // in the place of the first of its name, or behind all
	Add    []string `toml:"add,omitempty"`    // behind all
}

// pairs is a Pairs that was read. Names are compared byte for byte, as they are sent.
type pairs struct {
	remove   []string
	set, add []pair
}

type pair struct{ name, text string }

func (p *pairs) changes() bool { return len(p.remove)+len(p.set)+len(p.add) > 0 }

// apply changes a list whose parts a separator divides; all other bytes stay.
func (p *pairs) apply(list, separator string) string {
	var parts []string
	if list != "" {
		parts = strings.Split(list, separator)
	}
	named := func(name string) func(string) bool { return func(part string) bool { return nameOf(part) == name } }
	for _, name := range p.remove {
		parts = slices.DeleteFunc(parts, named(name))
	}
	for _, s := range p.set {
		first := slices.IndexFunc(parts, named(s.name))
		if first < 0 {
			parts = append(parts, s.text)
			continue
		}
		parts = append(parts[:first+1], slices.DeleteFunc(parts[first+1:], named(s.name))...)
		if lead := len(parts[first]) - len(strings.TrimLeft(parts[first], " \t")); parts[first][lead:] != s.text {
			parts[first] = parts[first][:lead] + s.text
		}
	}
	for _, a := range p.add {
		parts = append(parts, a.text)
	}
	return strings.Join(parts, separator)
}

func nameOf(part string) string {
	name, _, _ := strings.Cut(part, "=")
	return strings.Trim(name, " \t")
}

// readPairs reads what changes a list; good tells what may stand in it.
func readPairs(p *Pairs, good func(text string) bool) (out pairs, why flow.Reason) {
	if p == nil {
		return out, why
	}
	if len(p.Remove)+len(p.Set)+len(p.Add) > maxEdits {
		return out, reason.RuleEdits.With(maxEdits)
	}
	for _, name := range p.Remove {
		if nameOf(name) == "" || !good(name) || strings.ContainsAny(name, "=;") {
			return out, reason.RulePair.With(name)
		}
		out.remove = append(out.remove, name)
	}
	for i, list := range [...][]string{p.Set, p.Add} {
		for _, text := range list {
			if nameOf(text) == "" || !good(text) {
				return out, reason.RulePair.With(text)
			}
			if i == 0 {
				out.set = append(out.set, pair{nameOf(text), text})
			} else {
				out.add = append(out.add, pair{nameOf(text), text})
			}
		}
	}
	return out, why
}

// readQuery reads what a request's edit does to its query.
func readQuery(e *Edit) (pairs, flow.Reason) {
	if e == nil {
		return pairs{}, flow.Reason{}
	}
	return readPairs(e.Query, isQuery)
}

// What may stand in a query, in a cookie, and in what sets one.
func isQuery(text string) bool  { return isTarget(text) && !strings.Contains(text, "&") }
func isCookie(text string) bool { return cleanValue(text) && !strings.Contains(text, ";") }
func isSetCookie(text string) bool {
	return cleanValue(text) && strings.Contains(text, "=") || !strings.ContainsAny(text, "=;")
}
