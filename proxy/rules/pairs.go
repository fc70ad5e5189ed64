package rules

import (
	"slices"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Pairs changes parameters of a query or of a form, or cookies: "name=value", written as they are
// sent, in this order: Remove, Replace, Set, Add.
type Pairs struct {
	Remove  []string   `toml:"remove,omitempty"` // names
	Replace []PairFind `toml:"replace,omitempty"`
	Set     []string   `toml:"set,omitempty"` // in the place of the first of its name, or behind all
	Add     []string   `toml:"add,omitempty"` // behind all
}

// PairFind changes a part of a value.
type PairFind struct {
	Name string `toml:"name"`
	Find string `toml:"find"` // a text, or a regular expression (RE2) between slashes
	With string `toml:"with"` // what comes in its place; $1 is a group of a regular expression
}

// pairs is a Pairs that was read. Names are compared byte for byte, as they are sent.
type pairs struct {
	remove   []string
	replaces []replacement
	set, add []pair
}

type pair struct{ name, text string }

func (p *pairs) changes() bool { return len(p.remove)+len(p.replaces)+len(p.set)+len(p.add) > 0 }

// apply changes a list whose parts a separator divides; all other bytes stay. It is not ok where
// more bytes than most would come of a value.
func (p *pairs) apply(list, separator string, most int) (_ string, ok bool) {
	var parts []string
	if list != "" {
		parts = strings.Split(list, separator)
	}
	named := func(name string) func(string) bool { return func(part string) bool { return nameOf(part) == name } }
	for _, name := range p.remove {
		parts = slices.DeleteFunc(parts, named(name))
	}
	for i := range p.replaces {
		r := &p.replaces[i]
		for at, part := range parts {
			if nameOf(part) != r.name {
				continue
			}
			if parts[at], ok = r.inPair(part, most); !ok {
				return list, false
			}
		}
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
	return strings.Join(parts, separator), true
}

// inPair replaces in the value of a pair.
func (r *replacement) inPair(text string, most int) (_ string, ok bool) {
	name, value, has := strings.Cut(text, "=")
	if !has {
		return text, true
	}
	value, ok = r.in(value, most)
	return name + "=" + value, ok
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
	if len(p.Remove)+len(p.Replace)+len(p.Set)+len(p.Add) > maxEdits {
		return out, reason.RuleEdits.With(maxEdits)
	}
	goodName := func(name string) bool { return nameOf(name) != "" && good(name) && !strings.ContainsAny(name, "=;") }
	for _, name := range p.Remove {
		if !goodName(name) {
			return out, reason.RulePair.With(name)
		}
		out.remove = append(out.remove, name)
	}
	for _, r := range p.Replace {
		if !goodName(r.Name) {
			return out, reason.RulePair.With(r.Name)
		}
		if !good("x=" + r.With) {
			return out, reason.RulePair.With(r.With)
		}
		read, why := readFindWith(r.Name, r.Find, r.With)
		if !why.IsZero() {
			return out, why
		}
		out.replaces = append(out.replaces, read)
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
	return cleanValue(text) && (strings.Contains(text, "=") || !strings.Contains(text, ";"))
}
