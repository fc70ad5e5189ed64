package query

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"posthouse/proxy/flow"
)

// rowTest makes a test of a value, or says what is wrong with it.
type rowTest = func(value string) (func(*flow.Row) bool, string)

// key is a word that may stand before a colon.
type key struct {
	sides      Sides
	fields     Fields                              // of the row; 0: as the value says
	row        rowTest                             // of the row
	expression func(*pattern) func(*flow.Row) bool // of the row, by a regular expression; nil: takes none
	contents   *contentKey                         // of what the row does not hold; nil: of the row
	inside     bool                                // only the requests in a tunnel tell it
	path       bool                                // a value between slashes may be a piece of a path
	need       func(value string) Need             // what a row must have for it; nil: nothing that can be told
	holds      func(literal string) Need           // likewise, for an expression of which each match holds a text
}

// keys are the words that may stand before a colon.
var keys = map[string]key{
	"app": {sides: SideRequest, row: exactly(isApp, app), expression: inText(func(r *flow.Row) string { return r.App })},
	"host": {sides: SideRequest, fields: FieldsAlike, row: exactly(isHost, hostContains), expression: inHost, need: needHost,
		holds: expressionInHost},
	"path": {sides: SideRequest, fields: FieldPath, row: exactly(isPath, contains(path)), expression: inText(path), inside: true,
		path: true, need: needPath, holds: expressionInPath},
	"url": {sides: SideRequest, fields: FieldsAlike | FieldPath, row: contains((*flow.Row).URL), expression: inText((*flow.Row).URL),
		inside: true, need: needURL, holds: expressionInURL},
	"type": {sides: SideResponse, fields: FieldsAlike, row: contains(contentType), expression: inText(contentType)},
	"method": {sides: SideRequest, fields: FieldsAlike, row: equals(method), expression: inText(method), inside: true,
		need: needMethod},
	"scheme": {sides: SideRequest, fields: FieldsAlike, row: equals(func(r *flow.Row) string { return r.Scheme }), inside: true},
	"client": {sides: SideRequest, fields: FieldsOther, row: address(func(r *flow.Row) netip.AddrPort { return r.Client })},
	"device": {sides: SideRequest, fields: FieldsOther, row: device},
	"remote": {sides: SideOutcome, fields: FieldsAlike, row: address(func(r *flow.Row) netip.AddrPort { return r.Remote })},
	"status": {sides: SideResponse, fields: FieldStatus, row: status},
	"is":     {row: is},
	"from":   {sides: SideRequest, fields: FieldsOther, row: from},
	"mark":   {sides: SidePerson, fields: FieldAnnotation, row: mark},
	"note":   {sides: SidePerson, fields: FieldAnnotation, row: contained(note), expression: inText(note)},
	"size":   {sides: SideOutcome, fields: FieldSizes, row: number(size, func(r *flow.Row) int64 { return r.ResponseSize }, needsSize)},
	"sent":   {sides: SideOutcome, fields: FieldSizes, row: number(size, func(r *flow.Row) int64 { return r.RequestSize }, needsSize)},
	"time": {sides: SideOutcome, fields: FieldDuration, row: number(duration, func(r *flow.Row) int64 { return int64(r.Duration) },
		"write a time such as >500ms or <2s")},

	"body":        {contents: &contentKey{bodies: SideRequestBody | SideResponseBody}},
	"req.body":    {contents: &contentKey{bodies: SideRequestBody}},
	"resp.body":   {contents: &contentKey{bodies: SideResponseBody}},
	"header":      {contents: &contentKey{heads: SideRequestHead | SideResponseHead, named: true}},
	"req.header":  {contents: &contentKey{heads: SideRequestHead, named: true}},
	"resp.header": {contents: &contentKey{heads: SideResponseHead, named: true}},
	"any": {contents: &contentKey{row: true, heads: SideRequestHead | SideResponseHead,
		bodies: SideRequestBody | SideResponseBody}},
}

func path(r *flow.Row) string        { return r.Path }
func method(r *flow.Row) string      { return r.Method }
func contentType(r *flow.Row) string { return r.ContentType }
func note(r *flow.Row) string        { return r.Note }

const needsSize = "write a size such as >10kb, <1mb or 0"

// takesExpression reports whether the value may be a regular expression.
func (k *key) takesExpression() bool { return k.expression != nil || k.contents != nil }

// named reports whether the value begins with a name, and an = behind it.
func (k *key) named() bool { return k.contents != nil && k.contents.named }

// compile makes the term of a value.
func (k *key) compile(value string, w *word) (term, *Error) {
	var p *pattern
	if w.regexp != nil {
		var bad *Error
		if p, bad = w.regexp.compile(); bad != nil {
			return term{}, bad
		}
	}
	switch {
	case k.contents != nil:
		return k.contents.compile(value, w, p)
	case p != nil:
		t := term{sides: k.sides, fields: cmp.Or(k.fields, FieldsAlike), row: k.expression(p), inside: k.inside}
		if k.holds != nil && p.literal != "" {
			t.need = k.holds(p.literal)
		}
		return t, nil
	}
	test, bad := k.row(value)
	if bad != "" {
		return term{}, &Error{Msg: bad}
	}
	t := term{sides: k.sides, fields: k.fields, row: test, inside: k.inside}
	switch {
	case t.sides == 0:
		t.sides, t.fields = stateLooks(value)
		t.inside = tellsInside(value)
	case t.fields == 0:
		t.fields = appFields(value)
	}
	if k.need != nil {
		t.need = k.need(value)
	}
	return t, nil
}

const needsValue = "a value must follow the colon"

func parts(value string) []string {
	var all []string
	for part := range strings.SplitSeq(strings.ToLower(value), ",") {
		if part != "" {
			all = append(all, part)
		}
	}
	return all
}

// exactly takes a value that begins with = for a whole name, commas and all, and
// leaves others to another test.
func exactly(is func(name string) func(*flow.Row) bool, others rowTest) rowTest {
	return func(value string) (func(*flow.Row) bool, string) {
		name, whole := strings.CutPrefix(value, "=")
		switch {
		case !whole:
			return others(value)
		case name == "":
			return nil, needsValue
		}
		return is(name), ""
	}
}

// The words for programs whose name is not known.
const (
	appUnknown = "?"
	appEnded   = "?ended"
)

// app takes parts of names, and the words for programs without one.
func app(value string) (func(*flow.Row) bool, string) {
	named, bad := contains(func(r *flow.Row) string { return r.App })(value)
	names := parts(value)
	unknown, ended := slices.Contains(names, appUnknown), slices.Contains(names, appEnded)
	if bad != "" || !unknown && !ended {
		return named, bad
	}
	return func(r *flow.Row) bool { return named(r) || unknown && r.App == "" || ended && r.AppEnded() }, ""
}

// isHost tests whether a row's host is the named one; without a port in the name every
// port is meant. "*.example.com" is example.com and all below it.
func isHost(name string) func(*flow.Row) bool {
	domain, all := strings.CutPrefix(name, "*.")
	forms := hostForms(domain)
	return func(r *flow.Row) bool {
		for _, form := range forms {
			if matchesHost(r.Host, form, all) {
				return true
			}
		}
		return false
	}
}

func matchesHost(whole, name string, below bool) bool {
	host := Hostname(whole)
	if !below {
		return same(whole, name) || same(host, name)
	}
	at := len(host) - len(name)
	return same(host, name) || at > 0 && host[at-1] == '.' && same(host[at:], name)
}

// Hostname is a host without its port.
func Hostname[T string | []byte](host T) T {
	colon, colons := -1, 0
	for i := range len(host) {
		switch host[i] {
		case ':':
			colon = i
			colons++
		case ']':
			colon = -1
		}
	}
	if colon < 0 || colons > 1 && host[0] != '[' {
		return host // none, or a bare IPv6 address
	}
	return host[:colon]
}

// isPath tests whether a row's path is the named one; without a query in the name every query is
// meant.
func isPath(name string) func(*flow.Row) bool {
	n, whole := newNeedle(name), strings.Contains(name, "?")
	return func(r *flow.Row) bool {
		path := r.Path
		if !whole {
			path, _, _ = strings.Cut(path, "?")
		}
		return slices.ContainsFunc(n.forms, func(form string) bool { return len(form) == len(path) && foldContains(path, form) })
	}
}

func isApp(name string) func(*flow.Row) bool {
	return func(r *flow.Row) bool { return same(r.App, name) }
}

func contains(of func(*flow.Row) string) rowTest {
	return anyOf(func(n *needle, r *flow.Row) bool { return n.in(of(r)) })
}

// contained is contains for texts in which commas mean nothing.
func contained(of func(*flow.Row) string) rowTest {
	return func(value string) (func(*flow.Row) bool, string) {
		if value == "" {
			return nil, needsValue
		}
		n := newNeedle(value)
		return func(r *flow.Row) bool { return n.in(of(r)) }, ""
	}
}

var hostContains = anyOf(func(n *needle, r *flow.Row) bool { return n.inHost(r.Host) })

// anyOf takes a list of which one has to be found.
func anyOf(found func(*needle, *flow.Row) bool) rowTest {
	return func(value string) (func(*flow.Row) bool, string) {
		any := needles(value)
		if len(any) == 0 {
			return nil, needsValue
		}
		return func(r *flow.Row) bool {
			for i := range any {
				if found(&any[i], r) {
					return true
				}
			}
			return false
		}, ""
	}
}

func equals(of func(*flow.Row) string) rowTest {
	return func(value string) (func(*flow.Row) bool, string) {
		any := parts(value)
		if len(any) == 0 {
			return nil, needsValue
		}
		return func(r *flow.Row) bool {
			s := of(r)
			for _, part := range any {
				if len(s) == len(part) && foldContains(s, part) {
					return true
				}
			}
			return false
		}, ""
	}
}

func address(of func(*flow.Row) netip.AddrPort) rowTest {
	return func(value string) (func(*flow.Row) bool, string) {
		any := parts(value)
		if len(any) == 0 {
			return nil, needsValue
		}
		return func(r *flow.Row) bool {
			a := of(r)
			if !a.IsValid() {
				return false
			}
			var space [64]byte
			text := a.AppendTo(space[:0])
			for _, part := range any {
				if bytesContain(text, part) {
					return true
				}
			}
			return false
		}, ""
	}
}
