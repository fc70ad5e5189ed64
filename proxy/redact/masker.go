package redact

import (
	"posthouse/proxy/flow"
)

// Options are what a Masker takes for a secret beside what it knows; the zero value is usable.
type Options struct {
	// Names are more names of fields, parameters and members whose values are secret. Case, -
	// and _ do not matter; a * at the beginning or the end stands for anything.
	Names []string
	// KeepUnreadable keeps bodies that cannot be looked into: binary data that is no picture,
	// sound, film or font, and unknown codings. In them only secrets that are found as they
	// are get covered, by as many asterisks. Otherwise such a body is left out.
	KeepUnreadable bool
}

// Masker masks secrets, and knows those that it met.
type Masker struct {
	names names
	keep  bool
	table table
}

// New makes a Masker that has met nothing.
func New(o Options) *Masker {
	return &Masker{names: newNames(o.Names), keep: o.KeepUnreadable, table: table{bySelf: map[string]*secret{}}}
}

// Secrets is how many different secrets were masked.
func (m *Masker) Secrets() int { return m.table.seen() }

// Exchange is an exchange without its secrets; x itself stays as it is. Heads and bodies that
// hold none are x's own. A body that was changed is encoded again as it was, and its size, the
// row's and that in Content-Length are what it has now: they would tell how long the secret was.
func (m *Masker) Exchange(x *flow.Exchange) (flow.Exchange, Report) {
	var report Report
	out := *x
	request := m.openBody(&out.RequestBody, x.RequestHead, &report)
	response := m.openBody(&out.ResponseBody, x.ResponseHead, &report)
	sentHead, givenHead := x.RuledHeads() // what rules made of them
	sent := m.openBody(&out.Ruled.RequestBody, sentHead, &report)
	given := m.openBody(&out.Ruled.ResponseBody, givenHead, &report)
	heads := [...]*[]byte{&out.RequestHead, &out.RequestTrailer, &out.Interim, &out.ResponseHead, &out.ResponseTrailer, &out.Unusable,
		&out.Ruled.Request, &out.Ruled.Response}
	for i, head := range heads {
		*head = m.pass(*head, &report.Counts, (*scan).head)
		switch i {
		case 0:
			request.pass((*body).scan)
		case 3:
			response.pass((*body).scan)
		case 6:
			sent.pass((*body).scan)
		case 7:
			given.pass((*body).scan)
		}
	}
	out.Foreign = m.pass(out.Foreign, &report.Counts, func(s *scan) {
		s.json = true
		s.anyText(0, len(s.b))
	})
	for i, head := range heads {
		*head = m.pass(*head, &report.Counts, (*scan).headElsewhere)
		switch i {
		case 0:
			request.pass((*body).elsewhere)
		case 3:
			response.pass((*body).elsewhere)
		case 6:
			sent.pass((*body).elsewhere)
		case 7:
			given.pass((*body).elsewhere)
		}
	}
	out.Foreign = m.pass(out.Foreign, &report.Counts, func(s *scan) {
		s.json = true
		s.elsewhere(0)
	})
	for i, b := range [...]*body{request, response, sent, given} {
		if b.close() {
			head := heads[[...]int{0, 3, 6, 7}[i]]
			*head = m.resized(*head, x.Bodies()[i].Size, out.Bodies()[i].Size, &report.Counts)
		}
	}
	out.Row = m.Row(&x.Row)
	out.RequestSize += out.RequestBody.Size - x.RequestBody.Size
	out.ResponseSize += out.ResponseBody.Size - x.ResponseBody.Size
	return out, report
}

// Head is a head, or several, without secrets.
func (m *Masker) Head(head []byte) []byte {
	var counts Counts
	return m.pass(m.pass(head, &counts, (*scan).head), &counts, (*scan).headElsewhere)
}

// Text is a text for people without secrets: one that was written down, or a sentence.
func (m *Masker) Text(text string) string {
	return m.line(text, func(s *scan) {
		s.lines = true
		s.anyText(0, len(s.b))
	}, false)
}

// Row is a row without secrets. It allocates nothing where there are none.
func (m *Masker) Row(r *flow.Row) flow.Row {
	out := *r
	out.Path = m.line(r.Path, func(s *scan) { s.target(0, len(s.b)) }, true)
	out.Host = m.line(r.Host, func(s *scan) { s.target(0, len(s.b)) }, true)
	out.Upstream = m.line(r.Upstream, func(s *scan) { s.target(0, len(s.b)) }, true)
	if len(r.Method) > longMethod {
		out.Method = m.Text(r.Method)
	}
	if r.Note != "" {
		out.Note = m.Text(r.Note)
	}
	if _, args := r.Reason.Packed(); args != "" {
		out.Reason = m.reason(r.Reason)
	}
	return out
}

// longMethod is the length from which a method is looked at: it may be all kinds of things then.
const longMethod = 20

// reason masks what a reason names.
func (m *Masker) reason(r flow.Reason) flow.Reason {
	args, changed := r.Args(), false
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			args[i] = m.Text(arg)
		case flow.Reason:
			args[i] = m.reason(arg)
		}
		changed = changed || args[i] != arg
	}
	if !changed {
		return r
	}
	return r.Code.With(args...)
}

// pass is a text after one look at it.
func (m *Masker) pass(b []byte, counts *Counts, look func(*scan)) []byte {
	if len(b) == 0 {
		return b
	}
	s := m.scanOf(b)
	defer s.release()
	look(s)
	return s.apply(counts)
}

// line is a text after a look for secrets by their places, and one for those known.
func (m *Masker) line(text string, look func(*scan), url bool) string {
	if text == "" {
		return ""
	}
	var counts Counts
	s := m.scanOf(nil)
	defer s.release()
	s.room = append(s.room[:0], text...)
	s.b = s.room
	look(s)
	changed := len(s.edits) > 0
	if changed {
		s.b = s.apply(&counts)
		s.edits = s.edits[:0]
	}
	until := 0
	if url {
		until = len(s.b)
	}
	s.elsewhere(until)
	if !changed && len(s.edits) == 0 {
		return text
	}
	return string(s.apply(&counts))
}

// headElsewhere finds known secrets in a head; its first line is a URL's.
func (s *scan) headElsewhere() { s.elsewhere(s.lineEnd(0)) }
