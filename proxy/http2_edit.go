package proxy

import (
	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// Sections that a person's rules, or a person, made are checked like those that come, and
// against what their reader has said that it takes: what a peer cannot read ends its whole
// connection, for all of its streams.

var (
	errEditedLong   = &http2.Error{Code: http2.ProtocolError, Why: reason.H2HeadLong.With()}
	errEditedMethod = &http2.Error{Code: http2.ProtocolError, Why: reason.H2ConnectPseudo.With()}
)

// editedMessage is what an edited head says.
type editedMessage struct {
	request http2.Request
	status  int
	length  int64 // Content-Length, -1 for none
}

// checkEdited refuses a head that must not go on.
func (p *http2Pump) checkEdited(fields []hpack.HeaderField) (m editedMessage, err error) {
	size := sectionSize(fields)
	if size > p.limits.Size || len(fields) > p.limits.Fields || int64(size) > p.to.headList.Load() {
		return m, errEditedLong
	}
	s := http2.Section{Fields: fields}
	if p.toOrigin {
		err = s.ParseRequest(&m.request)
		m.length = m.request.Length
		return m, err
	}
	m.status, m.length, err = s.ParseResponse()
	return m, err
}

// edit puts other fields, or another body, in place of what is held; mu is held.
func (s *http2Lines) edit(x *http2Exchange, l *http2Line, as *http2Edit) error {
	p := s.pump
	fields := as.fields
	if fields == nil {
		fields = l.head.fields
	}
	if as.hasBody && !s.whole(x, l) {
		return errNotWhole
	}
	m, err := p.checkEdited(fields)
	if err == nil {
		err = s.checkBody(x, l, &m, as)
	}
	if err != nil {
		return err
	}
	size := int64(sectionSize(fields))
	if !s.reserve(&s.heads, size, http2HoldHeads) {
		return errNoRoom
	}
	if as.hasBody {
		if err := s.replaceBody(l, as.body); err != nil {
			s.unreserve(&s.heads, size)
			return err
		}
	}
	s.unreserve(&s.heads, l.head.size)
	l.head.fields, l.head.size = fields, size
	if p.toOrigin {
		x.isHead = m.request.Method == "HEAD"
	}
	return nil
}

// checkBody refuses a head that does not fit to the body behind it; mu is held.
func (s *http2Lines) checkBody(x *http2Exchange, l *http2Line, m *editedMessage, as *http2Edit) error {
	p := s.pump
	came := x.receivedMost
	if p.toOrigin {
		came = x.sentMost
		was := fieldValue(l.head.fields, ":method")
		if (was == "CONNECT" || m.request.Method == "CONNECT") && was != m.request.Method {
			return errEditedMethod
		}
	} else if x.isHead || http1.Bodiless(m.status) {
		if as.hasBody && len(as.body) > 0 || !as.hasBody && (l.data > 0 || !x.originEnded) {
			return http2.ErrLength
		}
		return nil // Content-Length tells of what is not here (RFC 9110 section 8.6)
	}
	if as.hasBody {
		came = int64(len(as.body))
	}
	if m.length >= 0 && m.length != came {
		return http2.ErrLength
	}
	return nil
}

func fieldValue(fields []hpack.HeaderField, name string) string {
	for i := range fields {
		if fields[i].Name == name {
			return fields[i].Value
		}
	}
	return ""
}

// replaceBody makes frames of another body. The sender has got its windows back.
func (s *http2Lines) replaceBody(l *http2Line, body []byte) error {
	p := s.pump
	const piece = http2.MinFrame
	pieces := (len(body) + piece - 1) / piece
	size := int64(len(body) + pieces*http2.HeaderSize)
	if p.c.srv.headBudget.take(size) != nil {
		return errNoRoom
	}
	s.uncount(l, l.size)
	l.written = true
	s.written += size
	ends := l.trailer == nil
	l.head.header.Flags &^= http2.FlagEndStream
	if len(body) == 0 && ends {
		l.head.header.Flags |= http2.FlagEndStream
	}
	frames := make([]byte, 0, size)
	for rest := body; len(rest) > 0; {
		n := min(len(rest), piece)
		h := http2.Header{Length: uint32(n), Type: http2.Data}
		if n == len(rest) && ends {
			h.Flags = http2.FlagEndStream
		}
		frames = append(h.Append(frames), rest[:n]...)
		rest = rest[n:]
	}
	l.frames, l.begin, l.size = frames, 0, size
	l.data, l.given = int64(len(body)), int64(len(body))
	return nil
}
