package compose

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
)

// FromMessage is the draft of a message; its bytes are those of the message.
func FromMessage(m *outgoing.Message) *Draft {
	d := New()
	d.Scheme, d.Host = m.Scheme, m.Authority()
	d.Rules, d.Upstream, d.OwnTLS = m.Rules, !m.Direct, m.Hello == outgoing.HelloOwn
	d.From, d.Stream, d.JA4, d.Trailer, d.Server = m.From, m.Stream, m.JA4, m.Trailer, m.ServerName
	raw := m.Head
	if m.Protocol == outgoing.HTTP2 {
		raw = outgoing.FieldsText(m.Fields)
	}
	d.Head = ParseHead(raw, nil)
	if m.Protocol == outgoing.HTTP2 && len(d.Head.Lines) == len(m.Fields) {
		for i := range m.Fields {
			d.Head.Lines[i].Never = m.Fields[i].NeverIndexed
		}
	}
	d.Body.Bytes = m.Body.Bytes
	switch d.GuessMode() { // what follows changes no byte
	case Form:
		d.Body.Mode, d.Body.Pairs = Form, ParseForm(d.Body.Bytes, nil)
	case InParts:
		d.Body.Mode = InParts
		d.Body.Parts, _ = ParseMultipart(d.Head.Value("Content-Type"), d.Body.Bytes)
	case Hex:
		d.Body.Mode = Hex
	}
	return d
}

// Message is what is sent. It opens files, which are to be closed when all was sent.
func (d *Draft) Message() (m outgoing.Message, files io.Closer, err error) {
	host, port := d.hostPort()
	m = outgoing.Message{Scheme: d.Scheme, Host: host, Port: port, Stream: d.Stream, JA4: d.JA4, Trailer: d.Trailer,
		From: d.From, ServerName: d.Server, FixLength: d.FixLength, Rules: d.Rules, Direct: !d.Upstream, Timeout: d.Timeout}
	if d.OwnTLS || !d.Mirrors() {
		m.Hello = outgoing.HelloOwn
	}
	if d.Follow {
		m.Follow = outgoing.MaxRedirects
	}
	m.KeepOpen = d.WebSocket()
	if d.Head.Multiplexed() {
		m.Protocol = outgoing.HTTP2
		for _, l := range d.Head.Lines {
			if !l.Off && l.Raw() != "" {
				m.Fields = append(m.Fields, outgoing.Field{Name: l.Name, Value: l.Value, NeverIndexed: l.Never})
			}
		}
	} else {
		m.Head = d.Head.Raw()
	}
	var open opened
	if m.Body, err = d.body(&open); err != nil {
		_ = open.Close() // they were but read
		return m, nil, err
	}
	switch {
	case m.KeepOpen: // a WebSocket goes over HTTP/1.1
	case d.Proto == HTTP1:
		m = m.AsHTTP1()
	case d.Proto == HTTP2:
		m = m.AsHTTP2()
	}
	if err := m.Check(); err != nil {
		_ = open.Close()
		return m, nil, err
	}
	return m, &open, nil
}

// Mirrors reports whether the TLS of a program is known that can be spoken as that program did.
func (d *Draft) Mirrors() bool { return d.JA4.String() != "" }

// hostPort takes Host apart.
func (d *Draft) hostPort() (host string, port uint16) {
	host = d.Host
	if at := strings.LastIndexByte(host, ':'); at > strings.LastIndexByte(host, ']') {
		n := 0
		for _, c := range host[at+1:] {
			if c < '0' || c > '9' || n > 65535 {
				return d.Host, 0 // Check refuses it
			}
			n = 10*n + int(c-'0')
		}
		if n > 65535 || n == 0 {
			return d.Host, 0
		}
		host, port = host[:at], uint16(n)
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), port
}

func (d *Draft) body(open *opened) (b outgoing.Body, err error) {
	switch d.Body.Mode {
	case File:
		if d.Body.Path == "" {
			return b, nil
		}
		b.Reader, b.Size, err = open.file(d.Body.Path)
		return b, err
	case InParts:
		if bytes, whole := d.Body.Parts.Bytes(); whole {
			b.Bytes = bytes
			return b, nil
		}
		all := &joined{}
		d.Body.Parts.each(func(text []byte, path string) {
			if path == "" {
				all.add(strings.NewReader(string(text)), int64(len(text)))
			} else if err == nil {
				var r io.ReaderAt
				var size int64
				if r, size, err = open.file(path); err == nil {
					all.add(r, size)
				}
			}
		})
		b.Reader, b.Size = all, all.size
		return b, err
	}
	b.Bytes = d.Body.Bytes
	return b, nil
}

// opened are the files that a message reads.
type opened struct{ files []*os.File }

// file opens one; what is no file, such as a pipe, is refused and not waited for.
func (o *opened) file(path string) (io.ReaderAt, int64, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("it is no file")}
	}
	if err != nil {
		return nil, 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	o.files = append(o.files, f)
	if info, err = f.Stat(); err != nil {
		return nil, 0, err
	}
	return f, info.Size(), nil
}

func (o *opened) Close() (err error) {
	for _, f := range o.files {
		err = errors.Join(err, f.Close())
	}
	return err
}

// joined reads pieces one behind the other.
type joined struct {
	pieces []piece
	size   int64
}

type piece struct {
	r        io.ReaderAt
	at, size int64
}

func (j *joined) add(r io.ReaderAt, size int64) {
	j.pieces = append(j.pieces, piece{r, j.size, size})
	j.size += size
}

// ReadAt reads across pieces; it may be called from several goroutines.
func (j *joined) ReadAt(p []byte, off int64) (n int, err error) {
	for i := range j.pieces {
		one := &j.pieces[i]
		if at := off + int64(n) - one.at; at >= 0 && at < one.size && n < len(p) {
			read, err := one.r.ReadAt(p[n:n+int(min(int64(len(p)-n), one.size-at))], at)
			n += read
			if err != nil && !errors.Is(err, io.EOF) {
				return n, err
			}
			if int64(read) < min(int64(len(p)-n+read), one.size-at) {
				return n, io.ErrUnexpectedEOF // the file became shorter
			}
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Exchange is the draft as a row would have it, to be copied in a form. Files are not read.
func (d *Draft) Exchange() *flow.Exchange {
	x := &flow.Exchange{Row: flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Scheme: d.Scheme, Host: withoutPort(d.Scheme, d.Host),
		Method: d.Head.Method(), Path: d.Head.Target(), Proto: "HTTP/1.1"}, RequestHead: d.Head.Raw()}
	if d.Head.Multiplexed() {
		x.Proto = "HTTP/2.0"
	}
	if _, _, rest, err := cutURL(x.Path); err == nil {
		x.Path = rest
	}
	body, whole := d.Body.Bytes, true
	switch d.Body.Mode {
	case InParts:
		body, whole = d.Body.Parts.Bytes()
	case File:
		body, whole = nil, d.Body.Path == ""
	}
	x.RequestSize = int64(len(body))
	switch {
	case !whole:
		x.RequestBody = flow.Body{State: flow.BodyNotRecorded, Size: max(1, x.RequestSize)}
	case len(body) > 0:
		x.RequestBody = flow.Body{State: flow.BodyWhole, Size: x.RequestSize, Bytes: body}
	}
	return x
}
