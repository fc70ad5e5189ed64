package har

import (
	"bytes"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// decoder reads JSON value by value, whatever stands where another kind of value should:
// null and false are nothing, a number is a text too, and a text may be a number. After
// an error every value is nothing.
type decoder struct {
	*jsontext.Decoder
	err     error
	scratch []byte // of text
	source  *clip  // what is read from, nil for a text in memory
	met     [256]string
}

// lenient takes what JSON allows and little else writes: names that appear twice, and
// bytes that are no UTF-8.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

func newDecoder(r io.Reader) *decoder { return &decoder{Decoder: jsontext.NewDecoder(r, lenient...)} }

// reset begins with another text. What is left of the one before is passed over.
func (d *decoder) reset(b []byte) {
	d.Decoder.Reset(bytes.NewBuffer(b), lenient...)
	d.err = nil
}

// raw is the next value as it stands, valid until the next call.
func (d *decoder) raw() []byte {
	if d.err != nil {
		return nil
	}
	if d.source != nil {
		d.source.floor = d.InputOffset()
	}
	v, err := d.ReadValue()
	if d.source != nil {
		d.source.floor = math.MaxInt64
	}
	d.err = err
	return v
}

func (d *decoder) skip() {
	if d.err == nil {
		d.err = d.SkipValue()
	}
}

// kind is that of the next value: '{', '[', '"', '0', 'n', 't', 'f', 0 for none.
func (d *decoder) kind() jsontext.Kind {
	if d.err != nil {
		return 0
	}
	return d.PeekKind()
}

// text is the next value as a text, valid until the next call of text or exact; nil for
// null, objects and arrays.
func (d *decoder) text() []byte {
	switch d.kind() {
	case '"':
		v := d.raw()
		if len(v) < 2 {
			return nil
		}
		d.scratch = appendUnquoted(d.scratch[:0], v)
		return d.scratch
	case '0', 't', 'f':
		d.scratch = append(d.scratch[:0], d.raw()...)
		return d.scratch
	}
	d.skip()
	return nil
}

// exact is what the writer's exact wrote, nil for anything else.
func (d *decoder) exact() (value []byte) {
	if d.kind() != '{' {
		return bytes.Clone(d.text())
	}
	d.object(func(n string) {
		if n == "base64" {
			value = unbase64(d.text())
		} else {
			d.skip()
		}
	})
	return value
}

func (d *decoder) truth() bool { return string(d.text()) == "true" }

// numeral is a number as it stands, or the one in a text.
func (d *decoder) numeral() string { return string(bytes.TrimSpace(d.text())) }

// float is a number; ok is whether there is one.
func (d *decoder) float() (f float64, ok bool) {
	f, err := strconv.ParseFloat(d.numeral(), 64)
	return f, err == nil && f == f
}

// int is a number without its fraction, or other where there is none.
func (d *decoder) int(other int64) int64 {
	f, ok := d.float()
	if !ok || f < -1<<62 || f > 1<<62 {
		return other
	}
	return int64(f)
}

// object calls visit for each member, which has to read its value. Anything but an
// object is passed over.
func (d *decoder) object(visit func(name string)) {
	d.list('{', '}', func() {
		v := d.raw()
		if len(v) < 2 {
			return
		}
		n := d.name(v)
		if d.err == nil {
			visit(n)
		}
	})
}

// name is the name of a member. Most are of some dozen, which are found by their length and ends.
func (d *decoder) name(quoted []byte) string {
	n := quoted[1 : len(quoted)-1]
	if len(n) == 0 {
		return ""
	}
	at := &d.met[(len(n)+int(n[0])*5+int(n[len(n)-1])*17)%len(d.met)]
	if *at == string(n) {
		return *at
	}
	if name := known[string(n)]; name != "" {
		*at = name
		return name
	}
	return string(appendUnquoted(nil, quoted))
}

// array calls visit for each element, which has to read it. Anything but an array is
// passed over.
func (d *decoder) array(visit func()) { d.list('[', ']', visit) }

func (d *decoder) list(open, end jsontext.Kind, visit func()) {
	if d.kind() != open {
		d.skip()
		return
	}
	d.token()
	for d.err == nil && d.PeekKind() != end {
		visit()
	}
	d.token()
}

// token reads a bracket, or finds out what is wrong in its place.
func (d *decoder) token() {
	if d.err == nil {
		_, d.err = d.ReadToken()
	}
}

// known has the names that are met in every file, so that they cost no memory.
var known = map[string]string{}

func init() {
	for _, n := range [...]string{"log", "version", "creator", "browser", "pages", "entries", "comment", "pageref", "startedDateTime",
		"time", "request", "response", "cache", "timings", "serverIPAddress", "connection", "method", "url", "httpVersion", "cookies",
		"headers", "queryString", "postData", "headersSize", "bodySize", "status", "statusText", "content", "redirectURL", "name",
		"value", "mimeType", "params", "text", "encoding", "size", "compression", "fileName", "contentType", "blocked", "dns",
		"connect", "send", "wait", "receive", "ssl", "_error", "_posthouse", "_initiator", "_priority", "_resourceType",
		"_transferSize", "_webSocketMessages", "_fetchedViaServiceWorker", "_blocked_queueing", "id", "rev", "state", "code"} {
		known[n] = n
	}
	for _, m := range ownMembers {
		known[m.name] = m.name
	}
	for _, m := range timingMembers {
		known[m.name] = m.name
	}
}
