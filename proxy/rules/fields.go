package rules

import (
	"regexp"
	"slices"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Field is a field of a head that is changed.
type Field struct {
	Name, Value string
	At          int // which of the fields that came it is, untouched; -1: it is new, or another than it was
}

// IsType reports whether the field is Content-Type.
func (f Field) IsType() bool { return strings.EqualFold(f.Name, "Content-Type") }

// replacement is a Replace that was read.
type replacement struct {
	name, find, with string
	pattern          *regexp.Regexp // nil: find is a text
}

// edit is an Edit that was read. Names that are looked for are in lower case.
type edit struct {
	status   int
	method   string
	remove   []string
	replaces []replacement
	set, add []Field
	cookies  cookies    // of a request
	sets     setCookies // of a response
	body     *bodyEdit  // nil where the body is left alone
}

// changes reports whether the edit asks for anything.
func (e *edit) changes() bool {
	return e.status != 0 || e.method != "" || len(e.remove)+len(e.replaces)+len(e.set)+len(e.add) > 0 || e.cookies.changes() ||
		e.sets.changes() || e.body != nil
}

// MaxEdited bounds the fields that edits make, in bytes: as many as a head has that comes. One
// that came longer may be as long as it was.
const MaxEdited = 256 << 10

// apply changes fields in their order; it reports whether anything is another way than before.
// What grows beyond the bound is not changed at all, and why says so.
func (e *edit) apply(fields []Field) (out []Field, changed bool, why flow.Reason) {
	most := max(MaxEdited, size(fields))
	out = slices.Clone(fields)
	for _, name := range e.remove {
		before := len(out)
		out = slices.DeleteFunc(out, func(f Field) bool { return strings.EqualFold(f.Name, name) })
		changed = changed || len(out) != before
	}
	for i := range e.replaces {
		r := &e.replaces[i]
		for at := range out {
			if f := &out[at]; strings.EqualFold(f.Name, r.name) {
				value, ok := r.in(f.Value, most)
				if !ok {
					return nil, false, reason.RuleGrown.With(MaxEdited)
				}
				if value != f.Value {
					f.Value, f.At, changed = strings.Trim(value, " \t"), -1, true
				}
			}
		}
		if size(out) > most {
			return nil, false, reason.RuleGrown.With(MaxEdited)
		}
	}
	for _, f := range e.set {
		var done bool
		if out, done = set(out, f); done {
			changed = true
		}
	}
	out, cookies, ok := e.cookies.apply(append(out, e.add...), most)
	out, sets, fits := e.sets.apply(out, most)
	if !ok || !fits || size(out) > most {
		return nil, false, reason.RuleGrown.With(MaxEdited)
	}
	return out, changed || len(e.add) > 0 || cookies || sets, flow.Reason{}
}

// size is how many bytes the lines of fields have.
func size(fields []Field) (n int) {
	for i := range fields {
		n += len(fields[i].Name) + len(": \r\n") + len(fields[i].Value)
	}
	return n
}

// set puts a field in the place of the first of its name, and takes out the others.
func set(out []Field, f Field) (_ []Field, changed bool) {
	first := slices.IndexFunc(out, func(have Field) bool { return strings.EqualFold(have.Name, f.Name) })
	if first < 0 {
		return append(out, f), true
	}
	before := len(out)
	rest := slices.DeleteFunc(out[first+1:], func(have Field) bool { return strings.EqualFold(have.Name, f.Name) })
	out = out[:first+1+len(rest)]
	if out[first].Value == f.Value {
		return out, len(out) != before
	}
	out[first] = Field{Name: out[first].Name, Value: f.Value, At: -1}
	return out, true
}

// maxMatches bounds how often a pattern is replaced in one value.
const maxMatches = 10_000

// in replaces in a value; not ok where more bytes than most would come of it, or matches.
func (r *replacement) in(value string, most int) (_ string, ok bool) {
	if r.pattern == nil {
		if len(value)+strings.Count(value, r.find)*(len(r.with)-len(r.find)) > most {
			return "", false
		}
		return strings.ReplaceAll(value, r.find, r.with), true
	}
	matches := r.pattern.FindAllStringSubmatchIndex(value, maxMatches+1)
	if len(matches) > maxMatches {
		return "", false
	}
	var out []byte
	end := 0
	for _, m := range matches {
		out = append(out, value[end:m[0]]...)
		// A group is a part of its match, so that no more can come of it.
		if len(out)+len(r.with)+strings.Count(r.with, "$")*(m[1]-m[0]) > most {
			return "", false
		}
		out = r.pattern.ExpandString(out, r.with, value, m)
		end = m[1]
	}
	if len(out)+len(value)-end > most {
		return "", false
	}
	return string(append(out, value[end:]...)), true
}

// unedited is the edit of most rules: none. It is not to be changed.
var unedited = new(edit)

// readEdit reads an Edit; where says which, for what is wrong with it.
func readEdit(e *Edit, response bool) (*edit, flow.Reason) {
	if e == nil {
		return unedited, flow.Reason{}
	}
	out := new(edit)
	if len(e.Remove)+len(e.Replace)+len(e.Set)+len(e.Add) > maxEdits {
		return out, reason.RuleEdits.With(maxEdits)
	}
	if e.Status != 0 && (!response || e.Status < 200 || e.Status > 999) {
		return out, reason.RuleStatus.With(e.Status)
	}
	out.status = e.Status
	var why flow.Reason
	if out.method, why = readMethod(e, response); !why.IsZero() {
		return out, why
	}
	if out.body, why = readBody(e.Body); !why.IsZero() {
		return out, why
	}
	for _, name := range e.Remove {
		if why := checkName(name); !why.IsZero() {
			return out, why
		}
		out.remove = append(out.remove, name)
	}
	for _, r := range e.Replace {
		read, why := readReplace(r)
		if !why.IsZero() {
			return out, why
		}
		out.replaces = append(out.replaces, read)
	}
	for i, list := range [...][]string{e.Set, e.Add} {
		for _, line := range list {
			f, why := readField(line)
			if !why.IsZero() {
				return out, why
			}
			if i == 0 {
				out.set = append(out.set, f)
			} else {
				out.add = append(out.add, f)
			}
		}
	}
	return out, out.readCookies(e, response)
}

// readCookies reads what an edit does to cookies. A query is of a request alone.
func (out *edit) readCookies(e *Edit, response bool) (why flow.Reason) {
	switch {
	case response && e.Query != nil:
		return reason.RuleUnknown.With("response.query")
	case response:
		out.sets.pairs, why = readPairs(e.Cookies, isSetCookie)
	default:
		out.cookies.pairs, why = readPairs(e.Cookies, isCookie)
	}
	return why
}

func readReplace(r Replace) (replacement, flow.Reason) {
	if why := checkName(r.Field); !why.IsZero() {
		return replacement{}, why
	}
	return readFindWith(r.Field, r.Find, r.With)
}

// readFindWith reads what is looked for in the value of a name, and what comes in its place.
func readFindWith(name, find, with string) (replacement, flow.Reason) {
	out := replacement{name: name, find: find, with: with}
	if find == "" {
		return out, reason.RuleFindEmpty.With(name)
	}
	if !cleanValue(with) {
		return out, reason.RuleValue.With(with)
	}
	if !isExpression(find) {
		return out, flow.Reason{}
	}
	if _, _, why := readExpression(find); !why.IsZero() {
		return out, why
	}
	pattern, err := regexp.Compile(find[1 : len(find)-1])
	if err != nil {
		return out, reason.RulePattern.With(find)
	}
	out.pattern = pattern
	return out, flow.Reason{}
}

// readField reads "Name: value".
func readField(line string) (Field, flow.Reason) {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return Field{}, reason.RuleField.With(line)
	}
	if why := checkName(name); !why.IsZero() {
		return Field{}, why
	}
	value = strings.Trim(value, " \t")
	if !cleanValue(value) {
		return Field{}, reason.RuleValue.With(value)
	}
	return Field{Name: name, Value: value, At: -1}, flow.Reason{}
}

// framing are the fields that say where a message ends, what its connection is and where
// it goes. A rule that changed one could have a message read in two ways.
var framing = []string{"content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "upgrade", "te", "trailer",
	"http2-settings", "host", "content-encoding", "proxy-authorization"}

// isToken reports whether a text is a token (RFC 9110 section 5.6.2).
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// checkName says what is wrong with the name of a field (RFC 9110 section 5.1).
func checkName(name string) flow.Reason {
	if !isToken(name) {
		return reason.RuleName.With(name)
	}
	if slices.Contains(framing, strings.ToLower(name)) {
		return reason.RuleFraming.With(name)
	}
	return flow.Reason{}
}

// cleanValue reports whether a text may be a field's value (RFC 9110 section 5.5).
func cleanValue(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// EditRequest changes the fields of a request; it reports whether any is another way than
// before, or else why the rule could not do it.
func (c *Compiled) EditRequest(fields []Field) (out []Field, changed bool, why flow.Reason) {
	return c.request.apply(fields)
}

// EditResponse changes the fields of a response. A status of 0 is left as it is.
func (c *Compiled) EditResponse(fields []Field) (out []Field, status int, changed bool, why flow.Reason) {
	if out, changed, why = c.response.apply(fields); !why.IsZero() {
		return nil, 0, false, why
	}
	return out, c.response.status, changed || c.response.status != 0, why
}

// ChangesRequest and ChangesResponse report whether the rule edits a head.
func (c *Compiled) ChangesRequest() bool  { return c.request.changes() }
func (c *Compiled) ChangesResponse() bool { return c.response.changes() }
