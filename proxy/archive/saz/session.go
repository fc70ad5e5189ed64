package saz

import (
	"io"

	"posthouse/proxy/archive"
	"posthouse/proxy/archive/message"
	"posthouse/proxy/bounded"
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

// unpackedAtOnce is how much of a file is unpacked before its size is looked for, in bytes.
const unpackedAtOnce = 1 << 20

// bytes unpacks a file, up to a limit. What was unpacked before an error comes with it. A large one
// is unpacked twice, to be counted first: a buffer that grows, and leaves what it was behind, would
// take three times its memory, and what an archive says of sizes need not be true.
func (s *Reader) bytes(p *part, limit int64) (b []byte, cut bool, err error) {
	if p == nil {
		return nil, false, nil
	}
	if p.encrypted {
		return nil, false, errPassword
	}
	limit = min(limit, s.left)
	size := int64(0)
	b, err = unpacked(p, min(unpackedAtOnce, limit+1), func(rest io.Reader) error {
		size, err = io.Copy(io.Discard, io.LimitReader(rest, limit+1-unpackedAtOnce))
		return err
	})
	if size > 0 {
		b, _ = unpacked(p, unpackedAtOnce+size, nil) // the error is that of the first time
	}
	if s.left -= int64(len(b)); s.left < 0 {
		return nil, false, archive.ErrLimit
	}
	if int64(len(b)) > limit {
		return b[:limit], true, nil
	}
	return b, false, err
}

// unpacked is the first n bytes of a file; then has what follows them, where there are so many.
func unpacked(p *part, n int64, then func(io.Reader) error) ([]byte, error) {
	r, err := p.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // read only
	var b []byte
	if then == nil {
		b = make([]byte, n)
		read, err := io.ReadFull(r, b)
		return b[:read], err
	}
	b, err = bounded.ReadHead(r, n)
	if err == nil && int64(len(b)) == unpackedAtOnce {
		err = then(r)
	}
	return b, err
}
