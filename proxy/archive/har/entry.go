package har

import (
	"bytes"
	"strconv"
	"time"

	"posthouse/proxy/archive"
)

// entry is an entry as it stands in the file, before an exchange is made of it. It is
// used for one after the other.
type entry struct {
	limits archive.Limits
	room   int64 // bytes that are left for what is kept unread

	started           time.Time
	took              time.Duration // noTime where it is not said
	steps             steps
	server            string
	comment           string
	request, response message
	own               []byte // _posthouse
	foreign           foreign
	pageref           string
	inner             *decoder // of own
	lines             []line   // of a head, while bodies are made
	name, value       []byte   // of a field, while it is read
}

// message is a request or a response.
type message struct {
	method, url, version string
	status               int
	phrase               []byte
	block                []byte // field lines as in a head
	trailer              []byte
	size                 int64 // on the wire; -1 where it is not known
	failure              string
	body                 bodyText
}

// bodyText is what is told of a body.
type bodyText struct {
	has      bool // there is a text
	text     []byte
	encoding string
	media    string
	size     int64 // without its coding; -1 where it is not known
	lost     int64 // of text
	params   []param
	bytes    bool // text is of _content, where the bytes of a request stand
}

// param is a field of a form.
type param struct{ name, value, file, media string }

// maxParams bounds the fields of a form that is not there as a text.
const maxParams = 10_000

func (e *entry) reset(limits archive.Limits) {
	inner := e.inner
	if inner == nil {
		inner = newDecoder(bytes.NewReader(nil))
	}
	*e = entry{limits: limits, room: limits.Body, took: noTime, inner: inner, lines: e.lines, name: e.name, value: e.value,
		steps:   steps{noTime, noTime, noTime, noTime, noTime, noTime, noTime},
		request: e.request.emptied(), response: e.response.emptied(), own: emptied(e.own)}
}

func (m *message) emptied() message {
	return message{block: emptied(m.block), phrase: emptied(m.phrase), size: -1,
		body: bodyText{text: emptied(m.body.text), size: -1, params: m.body.params[:0]}}
}

// emptied is a buffer for the next one, if it is not very large.
func emptied(b []byte) []byte {
	if cap(b) > keptBuffer {
		return nil
	}
	return b[:0]
}

// read reads the members of an entry.
func (e *entry) read(d *decoder) {
	d.object(func(n string) {
		switch n {
		case "startedDateTime":
			e.started = parseTime(string(d.text()))
		case "time":
			e.took = d.millis()
		case "request":
			e.readRequest(d)
		case "response":
			e.readResponse(d)
		case "timings":
			e.readTimings(d)
		case "serverIPAddress":
			e.server = string(d.text())
		case "comment":
			e.comment = string(d.text())
		case "_posthouse":
			e.own = append(e.own[:0], d.raw()...)
		case "pageref":
			e.pageref = e.keepScalar(partEntry, n, d)
		default:
			e.foreign.keep(partEntry, n, d, &e.room)
		}
	})
}

// keepScalar keeps a member, and returns its text.
func (e *entry) keepScalar(p part, n string, d *decoder) string {
	v := d.raw()
	if d.err != nil || int64(len(v)) > e.room {
		return ""
	}
	e.room -= int64(len(v))
	e.foreign.put(p, n, v)
	e.inner.reset(v)
	return string(e.inner.text())
}

// millis is a number of milliseconds, or noTime.
func (d *decoder) millis() time.Duration {
	if ms, ok := d.float(); ok {
		return inMillis(ms)
	}
	return noTime
}

func (e *entry) readRequest(d *decoder) {
	m := &e.request
	d.object(func(n string) {
		switch n {
		case "method":
			m.method = string(d.text())
		case "url":
			m.url = string(d.text())
		case "postData":
			e.readPostData(d)
		case "_content":
			m.body.bytes = true
			e.readContent(d, m, partPostData)
		case "queryString", "_requestBodyStatus", "comment":
			d.skip()
		default:
			e.readMessage(d, n, m, partRequest)
		}
	})
}

func (e *entry) readResponse(d *decoder) {
	m := &e.response
	d.object(func(n string) {
		switch n {
		case "status":
			m.status = int(min(max(d.int(0), 0), 999_999))
		case "statusText":
			m.phrase = append(m.phrase[:0], d.text()...)
		case "content":
			e.readContent(d, m, partContent)
		case "redirectURL":
			d.skip()
		case "_error":
			m.failure = string(d.text())
		default:
			e.readMessage(d, n, m, partResponse)
		}
	})
}

// readMessage reads what both have.
func (e *entry) readMessage(d *decoder, n string, m *message, p part) {
	switch n {
	case "httpVersion":
		m.version = string(d.text())
	case "headers":
		m.block = e.readFields(d, m.block)
	case "_trailers":
		m.trailer = e.readFields(d, nil)
	case "bodySize":
		m.size = d.int(-1)
	case "cookies", "headersSize":
		d.skip()
	default:
		e.foreign.keep(p, n, d, &e.room)
	}
}

func (e *entry) readTimings(d *decoder) {
	s := &e.steps
	d.object(func(n string) {
		switch n {
		case "blocked":
			s.blocked = noTime
			if ms, err := strconv.ParseFloat(e.keepScalar(partTimings, n, d), 64); err == nil {
				s.blocked = inMillis(ms)
			}
		case "dns":
			s.dns = d.millis()
		case "connect":
			s.connect = d.millis()
		case "ssl":
			s.ssl = d.millis()
		case "send":
			s.send = d.millis()
		case "wait":
			s.wait = d.millis()
		case "receive":
			s.receive = d.millis()
		default:
			e.foreign.keep(partTimings, n, d, &e.room)
		}
	})
}

// readContent reads the body of a response, or one of a request that is no text.
func (e *entry) readContent(d *decoder, m *message, p part) {
	d.object(func(n string) {
		switch n {
		case "size":
			m.body.size = d.int(-1)
		case "mimeType":
			m.body.media = string(d.text())
		case "compression", "comment":
			d.skip()
		default:
			e.readText(d, n, m, p)
		}
	})
}

func (e *entry) readPostData(d *decoder) {
	m := &e.request
	d.object(func(n string) {
		switch n {
		case "mimeType":
			m.body.media = string(d.text())
		case "params":
			d.array(func() { m.body.readParam(d) })
		case "comment":
			d.skip()
		default:
			if m.body.bytes && (n == "text" || n == "encoding") {
				d.skip() // the bytes are in _content, and were first
				return
			}
			e.readText(d, n, m, partPostData)
		}
	})
}

// readText reads the text of a body.
func (e *entry) readText(d *decoder, n string, m *message, p part) {
	switch {
	case n == "text" && d.kind() == '"':
		v := d.raw()
		if len(v) < 2 {
			return
		}
		m.body.has = true
		m.body.lost = d.source.lostBefore(d.InputOffset())
		m.body.text = appendUnquoted(m.body.text[:0], v)
	case n == "text":
		d.skip()
	case n == "encoding":
		m.body.encoding = string(d.text())
	default:
		e.foreign.keep(p, n, d, &e.room)
	}
}

func (b *bodyText) readParam(d *decoder) {
	var p param
	d.object(func(n string) {
		switch n {
		case "name":
			p.name = string(d.text())
		case "value":
			p.value = string(d.text())
		case "fileName":
			p.file = string(d.text())
		case "contentType":
			p.media = string(d.text())
		default:
			d.skip()
		}
	})
	if len(b.params) < maxParams {
		b.params = append(b.params, p)
	}
}

// readFields reads fields in any of the forms that are met: objects with name and value,
// pairs, or one object with a member for each name.
func (e *entry) readFields(d *decoder, block []byte) []byte {
	n, v := e.name[:0], e.value[:0]
	defer func() { e.name, e.value = emptied(n), emptied(v) }()
	add := func() {
		if int64(len(block)+len(n)+len(v)) < e.limits.Head {
			block = appendField(block, n, v)
		}
	}
	switch d.kind() {
	case '{':
		d.object(func(member string) {
			n = append(n[:0], member...)
			if d.kind() == '[' {
				d.array(func() { v = append(v[:0], d.text()...); add() })
				return
			}
			v = append(v[:0], d.text()...)
			add()
		})
	default:
		d.array(func() {
			n, v = n[:0], v[:0]
			if d.kind() == '[' {
				i := 0
				d.array(func() {
					if t := d.text(); i == 0 {
						n = append(n, t...)
					} else if i == 1 {
						v = append(v, t...)
					}
					i++
				})
			} else {
				d.object(func(member string) {
					switch member {
					case "name":
						n = append(n[:0], d.text()...)
					case "value":
						v = append(v[:0], d.text()...)
					default:
						d.skip()
					}
				})
			}
			add()
		})
	}
	return block
}

// appendField adds a field line. Nothing in it can end the line or the name: several
// values that are joined with line feeds, as Chrome has them, become several lines.
func appendField(block, n, v []byte) []byte {
	if bytes.IndexByte(v, '\n') >= 0 {
		for one := range bytes.SplitSeq(v, []byte{'\n'}) {
			block = appendField(block, n, bytes.TrimSpace(one))
		}
		return block
	}
	start := len(block)
	for i, c := range n {
		if c > ' ' && c != 0x7f && (c != ':' || i == 0) {
			block = append(block, c)
		}
	}
	if len(block) == start || len(block) == start+1 && block[start] == ':' {
		return block[:start]
	}
	block = append(block, ": "...)
	if bytes.IndexByte(v, '\r') < 0 && bytes.IndexByte(v, 0) < 0 {
		return append(append(block, v...), "\r\n"...)
	}
	for _, c := range v {
		if c == '\r' || c == 0 {
			c = ' '
		}
		block = append(block, c)
	}
	return append(block, "\r\n"...)
}
