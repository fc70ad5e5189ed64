package rules

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/theory/jsonpath"
	"github.com/theory/jsonpath/spec"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// jsonEdit is a BodyJSON that was read.
type jsonEdit struct {
	text   string          // of the path
	path   []spec.Selector // of names, indexes and all
	value  []byte
	remove bool
}

// slowJSON is how long the edits of one body may take.
const slowJSON = 2 * time.Second

func readJSON(j BodyJSON) (jsonEdit, flow.Reason) {
	e := jsonEdit{text: j.Path, value: []byte(j.Value), remove: j.Remove}
	if len(j.Path) > maxPattern || len(j.Value) > MaxText {
		return e, reason.RuleJSONPath.With(j.Path[:min(len(j.Path), 100)])
	}
	parsed, err := jsonpath.Parse(j.Path)
	if err != nil {
		return e, reason.RuleJSONPath.With(j.Path)
	}
	for _, s := range parsed.Query().Segments() {
		if s.IsDescendant() || len(s.Selectors()) != 1 {
			return e, reason.RuleJSONPath.With(j.Path)
		}
		switch one := s.Selectors()[0].(type) {
		case spec.Name, spec.Index, spec.WildcardSelector:
			e.path = append(e.path, one)
		default:
			return e, reason.RuleJSONPath.With(j.Path)
		}
	}
	switch {
	case j.Remove && j.Value != "", j.Remove && len(e.path) == 0:
		return e, reason.RuleJSONPath.With(j.Path)
	case !j.Remove && !jsontext.Value(j.Value).IsValid(jsonOptions...):
		return e, reason.RuleJSONValue.With(j.Value)
	}
	return e, flow.Reason{}
}

// jsonOptions take what programs take: it is not Posthouse's to judge.
var jsonOptions = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// editJSON changes values where they stand; all other bytes stay as they are. changed is nil
// where nothing is another.
func editJSON(body []byte, edits []jsonEdit) (changed []byte, why flow.Reason) {
	began := time.Now()
	lead := 0
	if bytes.HasPrefix(body, []byte("\ufeff")) {
		lead = len("\ufeff")
	}
	out := body
	for i := range edits {
		e := &edits[i]
		spots, err := locate(out[lead:], e)
		switch {
		case err != nil:
			return nil, reason.RuleJSON.With(err.Error())
		case len(spots) == 0 && !e.remove:
			return nil, reason.RuleJSONNone.With(e.text)
		case time.Since(began) > slowJSON:
			return nil, reason.RuleSlow.With()
		}
		edited, ok := put(out[lead:], spots, e)
		switch {
		case !ok:
			return nil, reason.RuleBodyGrew.With(MaxBody)
		case edited != nil:
			out = append(append(make([]byte, 0, lead+len(edited)), body[:lead]...), edited...)
			changed = out
		}
	}
	return changed, flow.Reason{}
}

// spot is a stretch of a body that is replaced.
type spot struct {
	from, to int
	lead     string // what comes before the value that comes there
}

// put is the body with other bytes at the spots; nil where they are the same. It is not ok
// where it grows too large.
func put(body []byte, spots []spot, e *jsonEdit) (out []byte, ok bool) {
	value := e.value
	if e.remove {
		value = nil
	}
	size, same := len(body), true
	for _, s := range spots {
		size += len(s.lead) + len(value) - (s.to - s.from)
		same = same && s.lead == "" && bytes.Equal(body[s.from:s.to], value)
	}
	switch {
	case same:
		return nil, true
	case size > MaxBody:
		return nil, false
	}
	out = make([]byte, 0, size)
	at := 0
	for _, s := range spots {
		out = append(append(append(out, body[at:s.from]...), s.lead...), value...)
		at = s.to
	}
	return append(out, body[at:]...), true
}

var errMoreJSON = errors.New("more follows its end")

// locate finds what a path leads to, from the begin to the end. The whole body is read: it must
// be JSON.
func locate(body []byte, e *jsonEdit) ([]spot, error) {
	l := locator{body: body, edit: e, d: jsontext.NewDecoder(bytes.NewBuffer(body), jsonOptions...)}
	if err := l.value(e.path); err != nil {
		return nil, err
	}
	switch _, err := l.d.ReadToken(); {
	case err == nil:
		return nil, errMoreJSON
	case err != io.EOF:
		return nil, err
	}
	return l.spots, nil
}

// locator reads a body once.
type locator struct {
	body  []byte
	edit  *jsonEdit
	d     *jsontext.Decoder
	spots []spot
}

// value reads a value, of which rest of the path is to be followed.
func (l *locator) value(rest []spec.Selector) error {
	switch kind := l.d.PeekKind(); {
	case len(rest) == 0:
		return l.found()
	case kind == '{':
		return l.object(rest[0], rest[1:])
	case kind == '[':
		return l.array(rest[0], rest[1:])
	}
	return l.d.SkipValue()
}

// found notes the value that comes.
func (l *locator) found() error {
	v, err := l.d.ReadValue()
	if end := int(l.d.InputOffset()); err == nil {
		l.spots = append(l.spots, spot{from: end - len(v), to: end})
	}
	return err
}

// members is a container that is being read.
type members struct {
	count      int
	end        int // of the last member, or of the bracket
	kept       bool
	from, upTo int // of members at the begin that are removed; none where upTo is 0
}

// begin is where the next member begins.
func (l *locator) begin() int {
	at := int(l.d.InputOffset())
	for at < len(l.body) && bytes.IndexByte([]byte(" \t\r\n,:"), l.body[at]) >= 0 {
		at++
	}
	return at
}

// member reads one member of m, behind its name if it has one; from is where it begins, and
// hit says that the path leads to it.
func (l *locator) member(m *members, from int, hit bool, rest []spec.Selector) error {
	removes := hit && l.edit.remove && len(rest) == 0
	if !removes && !m.kept {
		m.kept = true
		if m.upTo > 0 {
			l.spots = append(l.spots, spot{from: m.from, to: from})
			m.upTo = 0
		}
	}
	var err error
	if hit && !removes {
		err = l.value(rest)
	} else {
		err = l.d.SkipValue()
	}
	if err != nil {
		return err
	}
	end := int(l.d.InputOffset())
	switch {
	case !removes:
	case m.kept:
		l.spots = append(l.spots, spot{from: m.end, to: end})
	case m.upTo == 0:
		m.from, m.upTo = from, end
	default:
		m.upTo = end
	}
	m.count++
	m.end = end
	return nil
}

// close reads the bracket at the end, and adds a member before it.
func (l *locator) close(m *members, adds bool, name string) error {
	if _, err := l.d.ReadToken(); err != nil {
		return err
	}
	if m.upTo > 0 {
		l.spots = append(l.spots, spot{from: m.from, to: m.upTo})
	}
	if adds {
		if m.count > 0 {
			name = "," + name
		}
		l.spots = append(l.spots, spot{m.end, m.end, name})
	}
	return nil
}

// object reads an object, in which what a selector names is looked for.
func (l *locator) object(want spec.Selector, rest []spec.Selector) error {
	if _, err := l.d.ReadToken(); err != nil {
		return err
	}
	name, named := want.(spec.Name)
	_, all := want.(spec.WildcardSelector)
	m, found := members{end: int(l.d.InputOffset())}, false
	for l.d.PeekKind() != '}' {
		from := l.begin()
		token, err := l.d.ReadToken()
		if err != nil {
			return err
		}
		hit := all || named && token.String() == string(name)
		found = found || hit
		if err := l.member(&m, from, hit, rest); err != nil {
			return err
		}
	}
	adds := named && !found && len(rest) == 0 && !l.edit.remove
	text := ""
	if adds {
		quoted, _ := jsontext.AppendQuote(nil, string(name))
		text = string(quoted) + ":"
	}
	return l.close(&m, adds, text)
}

// array reads an array likewise.
func (l *locator) array(want spec.Selector, rest []spec.Selector) error {
	if _, err := l.d.ReadToken(); err != nil {
		return err
	}
	index, indexed := want.(spec.Index)
	_, all := want.(spec.WildcardSelector)
	m, at := members{end: int(l.d.InputOffset())}, int(index)
	if indexed && at < 0 {
		n, err := elements(l.body[m.end-1:])
		if err != nil {
			return err
		}
		at += n
	}
	for l.d.PeekKind() != ']' {
		if err := l.member(&m, l.begin(), all || indexed && m.count == at, rest); err != nil {
			return err
		}
	}
	return l.close(&m, indexed && at == m.count && len(rest) == 0 && !l.edit.remove, "")
}

// elements counts those of the array that a text begins with.
func elements(text []byte) (n int, err error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(text), jsonOptions...)
	if _, err := d.ReadToken(); err != nil {
		return 0, err
	}
	for ; d.PeekKind() != ']'; n++ {
		if err := d.SkipValue(); err != nil {
			return 0, err
		}
	}
	return n, nil
}
