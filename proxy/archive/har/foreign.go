package har

import (
	"bytes"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// part is an object of an entry that unknown members can stand in.
type part uint8

const (
	partEntry part = iota
	partRequest
	partPostData
	partResponse
	partContent
	partTimings
	partPage // the page of an entry that is the first of it; the whole object

	parts
)

var partNames = [parts]string{"entry", "request", "postData", "response", "content", "timings", "page"}

// handled has, for each part, the members that are read into an exchange, or written of
// one. The others are kept.
var handled = [parts]map[string]bool{
	partEntry: nameSet("startedDateTime", "time", "request", "response", "timings", "serverIPAddress", "comment", "_posthouse"),
	partRequest: nameSet("method", "url", "httpVersion", "cookies", "headers", "queryString", "postData", "headersSize",
		"bodySize", "_trailers", "_content", "_requestBodyStatus",
		"comment"),
	partPostData: nameSet("mimeType", "text", "params", "encoding", "comment"),
	partResponse: nameSet("status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize",
		"_error", "_trailers"),
	partContent: nameSet("size", "compression", "mimeType", "text", "encoding", "comment"),
	partTimings: nameSet("dns", "connect", "ssl", "send", "wait", "receive"),
}

func nameSet(names ...string) map[string]bool {
	set := map[string]bool{}
	for _, n := range names {
		set[n] = true
	}
	return set
}

// foreign is what an entry of another program has that an exchange has no place for.
type foreign struct {
	members [parts][]byte // of each part as they stand in JSON, a comma behind each, in their order
	cache   bool          // those of the entry have cache
	blocked time.Duration // that of timings, where it is kept; zero for none
}

// keep reads the next value and keeps it, as far as there is room for it.
func (f *foreign) keep(p part, n string, d *decoder, room *int64) {
	v := d.raw()
	if d.err == nil && int64(len(v)+len(n)) < *room {
		*room -= int64(len(v) + len(n))
		f.put(p, n, v)
	}
}

// put keeps a member in the one form that it has here: without white space, in UTF-8.
func (f *foreign) put(p part, n string, value []byte) {
	b := quoted(f.members[p], n)
	b = append(b, ':')
	start := len(b)
	b = append(b, value...)
	if bytes.ContainsAny(value, "\n\r\t ") {
		v := jsontext.Value(b[start:])
		if v.Compact(lenient...) != nil {
			return
		}
		b = append(b[:start], v...)
	}
	if !utf8.Valid(b[start:]) {
		b = append(b[:start], bytes.ToValidUTF8(b[start:], []byte("\ufffd"))...)
	}
	if p == partEntry && n == "cache" {
		if string(b[start:]) == "{}" {
			return // which is nothing, and there has to be one
		}
		f.cache = true
	}
	f.members[p] = append(b, ',')
}

// json is all of it as flow.Exchange.Foreign has it; nil for nothing.
func (f *foreign) json() []byte {
	b := []byte(`{"har":{`)
	empty := len(b)
	for p, members := range f.members {
		switch {
		case len(members) == 0:
		case part(p) == partPage:
			b = append(append(name(b, partNames[p]), members...), ',')
		default:
			b = end(append(append(name(b, partNames[p]), '{'), members...), '}')
		}
	}
	if len(b) == empty {
		return nil
	}
	b = end(end(b, '}'), '}')
	return b[:len(b)-1]
}

// parseForeign takes apart what json made; ok is whether it is that, to the byte, and
// can be put back to where it was.
func parseForeign(b []byte, d *decoder) (f foreign, ok bool) {
	if !bytes.HasPrefix(b, []byte(`{"har":{`)) {
		return f, false
	}
	d.reset(b)
	d.object(func(n string) {
		if n != "har" {
			d.skip()
			return
		}
		d.object(func(n string) {
			for p := range f.members {
				if n == partNames[p] {
					f.parsePart(part(p), d)
					return
				}
			}
			d.skip()
		})
	})
	return f, d.err == nil && utf8.Valid(b) && bytes.Equal(f.json(), b)
}

func (f *foreign) parsePart(p part, d *decoder) {
	if p == partPage {
		f.members[p] = bytes.Clone(d.raw())
		return
	}
	in := newDecoder(bytes.NewReader(nil))
	d.object(func(n string) {
		v := bytes.Clone(d.raw())
		if handled[p][n] || d.err != nil {
			return
		}
		f.put(p, n, v)
		if p == partTimings && n == "blocked" {
			in.reset(v)
			f.blocked = max(0, in.millis())
		}
	})
}
