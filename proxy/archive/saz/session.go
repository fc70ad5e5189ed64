package saz

import (
	"io"

	"posthouse/proxy/archive"
	"posthouse/proxy/archive/message"
	"posthouse/proxy/flow"
)

// maxMeta bounds what Fiddler knows of one session, in bytes.
const maxMeta = 1 << 20

// exchange makes an exchange of a session; nil where it has no request to speak of. With
// an error, what could be read is in it.
func (s *Reader) exchange(one *session) (*flow.Exchange, error) {
	x := &flow.Exchange{}
	request, cut, err := s.bytes(one.request, s.limits.Body+s.limits.Head)
	if err != nil && len(request) == 0 {
		return nil, err
	}
	if !message.SetRequest(x, request, "http", s.limits.Body) {
		if one.request == nil {
			return nil, err
		}
		x.RequestHead = request[:min(int64(len(request)), s.limits.Head)]
	}
	shorten(&x.RequestBody, cut)
	answer, cut, answerErr := s.bytes(one.answer, s.limits.Body+s.limits.Head)
	message.SetResponse(x, answer, s.limits.Body)
	shorten(&x.ResponseBody, cut)
	meta, _, metaErr := s.bytes(one.meta, maxMeta)
	rest := s.metadata(x, meta)
	rest["session"] = one.number
	var messages message.WebSocketMessages
	socket, _, socketErr := s.bytes(one.socket, s.limits.Body)
	messages.Left = s.limits.Body
	readMessages(&messages, socket)
	x.Foreign = message.Foreign("fiddler", rest, &messages)
	message.Finish(x, true)
	for _, e := range []error{answerErr, metaErr, socketErr} {
		if err == nil {
			err = e
		}
	}
	return x, err
}

// shorten says of a body that its file was longer than what was read.
func shorten(b *flow.Body, cut bool) {
	if cut && b.State == flow.BodyWhole {
		b.State = flow.BodyCut
	}
}

// bytes unpacks a file, up to a limit. What was unpacked before an error comes with it.
func (s *Reader) bytes(p *part, limit int64) (b []byte, cut bool, err error) {
	if p == nil {
		return nil, false, nil
	}
	if p.encrypted {
		return nil, false, errPassword
	}
	r, err := p.open()
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = r.Close() }() // read only
	b, err = io.ReadAll(io.LimitReader(r, min(limit, s.left)+1))
	if s.left -= int64(len(b)); s.left < 0 {
		return nil, false, archive.ErrLimit
	}
	if int64(len(b)) > limit {
		return b[:limit], true, nil
	}
	return b, false, err
}
