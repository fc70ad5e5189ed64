package commandline

import (
	"errors"
	"io"
	"strings"

	"posthouse/proxy/archive"
	"posthouse/proxy/archive/message"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

func init() { archive.Register(archive.CommandLine, archive.Codec{Open: Open}) }

// Reader gives the requests of a text as exchanges that were not sent.
type Reader struct {
	all    []Request
	limits archive.Limits
	n      int
}

// Open reads a text of commands.
func Open(r io.ReaderAt, size int64, limits archive.Limits) (archive.Reader, error) {
	if size > MaxText {
		return nil, &archive.BrokenError{Offset: MaxText, Why: reason.ArchiveLong.With(MaxText), Err: archive.ErrLimit}
	}
	text, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	all, err := ParseAll(strings.TrimPrefix(string(text), "\xef\xbb\xbf"), AnyShell)
	var broken *Error
	if errors.As(err, &broken) {
		return nil, &archive.BrokenError{Offset: int64(broken.Offset), Line: int64(broken.Line), Why: broken.Why, Err: err}
	}
	return &Reader{all: all, limits: limits.Filled()}, err
}

// Next is the next request.
func (r *Reader) Next() (*flow.Exchange, error) {
	switch {
	case r.n == len(r.all):
		return nil, io.EOF
	case r.n >= r.limits.Entries:
		return nil, &archive.BrokenError{Offset: -1, Entries: r.n, Why: reason.ArchiveMany.With(r.limits.Entries), Err: archive.ErrLimit}
	}
	x := r.all[r.n].Exchange(r.limits.Body)
	r.n++
	x.ID = flow.ID(r.n)
	return x, nil
}

// Exchange is the request as an exchange without an answer. A body longer than limit is cut.
func (r *Request) Exchange(limit int64) *flow.Exchange {
	x := &flow.Exchange{}
	x.Method, x.Proto = r.Method, r.Proto
	if x.Proto == "" {
		x.Proto = "HTTP/1.1"
	}
	message.SetURL(&x.Row, r.URL)
	if r.Target != "" {
		x.Path = r.Target
	}
	x.RequestHead = r.Head()
	if x.Proto == message.NameHTTP2 || x.Proto == "HTTP/3.0" {
		var fields []message.Field
		for _, f := range r.Fields {
			if !strings.EqualFold(f.Name, "Host") {
				fields = append(fields, message.Field{Name: strings.ToLower(f.Name), Value: f.Value})
			}
		}
		x.RequestHead = message.RequestHead(&x.Row, fields)
	}
	x.RequestBody = message.Kept(r.Body, limit)
	var notes []string
	for _, n := range r.Notes {
		notes = append(notes, reason.English(n.Reason()))
	}
	if notes != nil {
		x.Foreign = message.Foreign("command", map[string]any{"notes": notes}, nil)
	}
	message.Finish(x, false)
	return x
}

// Head is the request's head over HTTP/1.1, as curl sends it.
func (r *Request) Head() []byte {
	target := r.Target
	if target == "" {
		_, rest, _ := strings.Cut(r.URL, "://")
		target = rest[strings.IndexByte(rest, '/'):]
	}
	proto := "HTTP/1.1"
	if r.Proto == "HTTP/1.0" {
		proto = r.Proto
	}
	head := []byte(r.Method + " " + target + " " + proto + "\r\n")
	for _, f := range r.Fields {
		head = append(append(head, f.Line...), "\r\n"...)
	}
	return append(head, "\r\n"...)
}
