package rules

import (
	"slices"
	"strings"
)

// cookies is how the cookies of a request are changed (RFC 6265 section 4.2): they may stand in
// several fields (RFC 9113 section 8.2.3).
type cookies struct{ pairs }

func (e *cookies) apply(fields []Field, most int) (out []Field, changed, ok bool) {
	out = fields
	each := func(but int, p *pairs) (ok bool) {
		for i := len(out) - 1; i >= 0; i-- {
			if i != but && strings.EqualFold(out[i].Name, "Cookie") {
				value, fits := p.apply(out[i].Value, ";", most)
				if !fits {
					return false
				}
				changed = out[i].become(strings.TrimLeft(value, " ")) || changed
			}
		}
		return true
	}
	drop := func(name string, but int) { each(but, &pairs{remove: []string{name}}) }
	for _, name := range e.remove {
		drop(name, -1)
	}
	if len(e.replaces) > 0 && !each(-1, &pairs{replaces: e.replaces}) {
		return fields, false, false
	}
	for _, s := range e.set {
		at := slices.IndexFunc(out, func(f Field) bool {
			return strings.EqualFold(f.Name, "Cookie") &&
				slices.ContainsFunc(strings.Split(f.Value, ";"), func(part string) bool { return nameOf(part) == s.name })
		})
		if at < 0 {
			out, changed = addCookie(out, s.text), true
			continue
		}
		value, _ := (&pairs{set: []pair{s}}).apply(out[at].Value, ";", most)
		changed = out[at].become(value) || changed
		drop(s.name, at)
	}
	for _, a := range e.add {
		out, changed = addCookie(out, a.text), true
	}
	return slices.DeleteFunc(out, func(f Field) bool {
		return f.At < 0 && f.Value == "" && strings.EqualFold(f.Name, "Cookie")
	}), changed, true
}

// become gives a field another value, and reports whether it is another.
func (f *Field) become(value string) bool {
	if value == f.Value {
		return false
	}
	f.Value, f.At = value, -1
	return true
}

// addCookie puts a cookie behind all.
func addCookie(fields []Field, text string) []Field {
	for i := len(fields) - 1; i >= 0; i-- {
		if f := &fields[i]; strings.EqualFold(f.Name, "Cookie") {
			if f.Value != "" {
				text = f.Value + "; " + text
			}
			f.become(text)
			return fields
		}
	}
	return append(fields, Field{Name: "Cookie", Value: text, At: -1})
}

// setCookies is how the cookies that a response sets are changed. A cookie that is set anew
// keeps its attributes, unless the rule names some.
type setCookies struct{ pairs }

func (e *setCookies) apply(fields []Field, most int) (out []Field, changed, ok bool) {
	out = fields
	sets := func(name string) func(Field) bool {
		return func(f Field) bool {
			value, _, _ := strings.Cut(f.Value, ";")
			return strings.EqualFold(f.Name, "Set-Cookie") && nameOf(value) == name
		}
	}
	for _, name := range e.remove {
		before := len(out)
		out = slices.DeleteFunc(out, sets(name))
		changed = changed || len(out) != before
	}
	for i := range e.replaces {
		r := &e.replaces[i]
		for at := range out {
			if !sets(r.name)(out[at]) {
				continue
			}
			pair, attributes, has := strings.Cut(out[at].Value, ";")
			value, ok := r.inPair(pair, most)
			if !ok {
				return fields, false, false
			}
			if has {
				value += ";" + attributes
			}
			changed = out[at].become(value) || changed
		}
	}
	for _, s := range e.set {
		first := slices.IndexFunc(out, sets(s.name))
		if first < 0 {
			out, changed = append(out, Field{Name: "Set-Cookie", Value: s.text, At: -1}), true
			continue
		}
		value := s.text
		if i := strings.IndexByte(out[first].Value, ';'); i >= 0 && strings.IndexByte(s.text, ';') < 0 {
			value += out[first].Value[i:]
		}
		before := len(out)
		out = append(out[:first+1], slices.DeleteFunc(out[first+1:], sets(s.name))...)
		changed = out[first].become(value) || changed || len(out) != before
	}
	for _, a := range e.add {
		out, changed = append(out, Field{Name: "Set-Cookie", Value: a.text, At: -1}), true
	}
	return out, changed, true
}
