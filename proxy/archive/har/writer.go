package har

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// maxPages bounds the pages of imported files that are written back, in number and in
// bytes together.
const (
	maxPages     = 10_000
	maxPageBytes = 4 << 20
)

// Writer writes a HAR.
type Writer struct {
	w       *bufio.Writer
	entry   []byte // the one that is written
	scratch []byte
	decoder *decoder // of what an imported exchange brought
	pages   []byte
	written int
	paged   int
	err     error

	// Comment is what is said of the whole file, in log.comment; it may be set until Close.
	Comment string
}

var _ archive.Writer = (*Writer)(nil)

// NewWriter begins a HAR. Of what it writes it keeps an entry, no more.
func NewWriter(w io.Writer) *Writer {
	h := &Writer{w: bufio.NewWriterSize(w, 64<<10), decoder: newDecoder(bytes.NewReader(nil))}
	b := text(append(name([]byte{'{'}, "log"), '{'), "version", "1.2")
	b = text(text(append(name(b, "creator"), '{'), "name", "Posthouse"), "version", Version)
	b = append(name(end(b, '}'), "entries"), '[')
	_, h.err = h.w.Write(b)
	return h
}

func create(w io.Writer) (archive.Writer, error) { return NewWriter(w), nil }

// Version is that of the program, for the creator of a HAR. The program sets it before it writes any.
var Version = "0"

// Write adds an exchange.
func (h *Writer) Write(x *flow.Exchange) error {
	if h.err != nil {
		return h.err
	}
	b := h.entry[:0]
	if h.written > 0 {
		b = append(b, ',')
	}
	b = append(b, '\n')
	b = h.append(b, x)
	h.entry = b
	h.written++
	_, h.err = h.w.Write(b[:len(b)-1])
	if cap(h.entry) > keptBuffer {
		h.entry, h.scratch = nil, nil
	}
	return h.err
}

// keptBuffer is how much of a buffer stays for the next entry, in bytes.
const keptBuffer = 4 << 20

// Close writes the end. What is below stays open.
func (h *Writer) Close() error {
	if h.err != nil {
		return h.err
	}
	b := []byte("\n],")
	if h.Comment != "" {
		b = text(b, "comment", h.Comment)
	}
	if len(h.pages) > 0 {
		b = end(append(append(name(b, "pages"), '['), h.pages...), ']')
	}
	b = end(end(b, '}'), '}')
	b[len(b)-1] = '\n'
	if _, h.err = h.w.Write(b); h.err == nil {
		h.err = h.w.Flush()
	}
	err := h.err
	if h.err == nil {
		h.err = errClosed
	}
	return err
}

// errClosed is what Write gives after Close.
var errClosed = io.ErrClosedPipe

// Entry is one exchange as an entry of a HAR, for the clipboard.
func Entry(x *flow.Exchange) []byte {
	h := NewWriter(io.Discard)
	b := h.append(nil, x)
	return b[:len(b)-1]
}

// append writes an entry, with a comma behind it.
func (h *Writer) append(b []byte, x *flow.Exchange) []byte {
	e := extra{version: ownVersion}
	x = e.came.given(x)
	e.x = x
	var f foreign
	if len(x.Foreign) > 0 {
		if f, e.imported = parseForeign(x.Foreign, h.decoder); !e.imported {
			f, e.foreign = foreign{}, x.Foreign
		}
	}
	if e.page = f.members[partPage]; len(e.page) > 0 && h.paged < maxPages && len(h.pages)+len(e.page) < maxPageBytes {
		h.pages = append(append(h.pages, e.page...), ',')
		h.paged++
	}
	s := stepsOf(&x.Timing, max(x.Timing.End, x.Duration))
	took := s.sum()
	s.withoutBlocked(f.blocked)
	b = append(b, '{')
	if writable(x.Start) {
		b = text(b, "startedDateTime", x.Start.UTC().Format("2006-01-02T15:04:05.000Z"))
	} else {
		b = text(b, "startedDateTime", "1970-01-01T00:00:00.000Z")
	}
	b = millis(b, "time", took)
	b = h.request(b, x, &e, &f)
	b = h.response(b, x, &e, &f)
	if !f.cache {
		b = append(name(b, "cache"), "{},"...)
	}
	b = append(name(b, "timings"), '{')
	b = end(append(s.put(b, e.imported), f.members[partTimings]...), '}')
	if x.Remote.Addr().IsValid() {
		b = text(b, "serverIPAddress", x.Remote.Addr().WithZone("").Unmap().String())
	}
	if x.Note != "" {
		b = text(b, "comment", x.Note)
	}
	b = append(b, f.members[partEntry]...)
	b = append(name(b, "_posthouse"), '{')
	for i := range ownMembers {
		b = ownMembers[i].put(b, &e)
	}
	return end(end(b, '}'), '}')
}

// writable reports whether a time has a year of four digits.
func writable(t time.Time) bool { y := t.UTC().Year(); return y >= 0 && y <= 9999 }

// request writes the request.
func (h *Writer) request(b []byte, x *flow.Exchange, e *extra, f *foreign) []byte {
	start, lines, plain := cutHead(x.RequestHead)
	b = text(append(name(b, "request"), '{'), "method", x.Method)
	if !utf8.ValidString(x.Method) {
		e.method = x.Method
	}
	url := urlOf(&x.Row)
	if scheme, host, path := cutURL(url); x.Kind == flow.KindTunnel || !utf8.ValidString(url) ||
		scheme != x.Scheme || host != x.Host || path != x.Path {
		e.target = &place{x.Scheme, x.Host, x.Path}
	}
	b = text(text(b, "url", url), "httpVersion", httpVersion(x.Proto))
	b = cookies(b, lines, "cookie")
	b = headers(b, "headers", lines)
	b = queryString(b, x.Path)

	h.scratch = h.scratch[:0]
	if len(x.RequestHead) > 0 && x.RequestHead[0] != ':' {
		h.scratch = requestLine(h.scratch, x.Method, target(&x.Row), x.Proto)
	}
	h.headExtra(&e.request, x.RequestHead, start, lines, plain)
	b = h.trailer(b, &e.request, x.RequestTrailer)

	b = h.postData(b, x, lines, e, f)
	b = number(b, "headersSize", headSize(x.RequestHead))
	b = number(b, "bodySize", x.RequestBody.Size)
	return end(append(b, f.members[partRequest]...), '}')
}

// headExtra adds what of a head the fields do not say. scratch has its start-line as it
// would be made of them.
func (h *Writer) headExtra(e *headExtra, head, start []byte, lines []line, plain bool) {
	switch {
	case len(head) == 0:
		e.bare = true
	case !plain:
		e.head = head
	case len(start) > 0 && !bytes.Equal(start, bytes.TrimSuffix(h.scratch, []byte("\r\n"))):
		e.line = start
	}
}

// headSize is that of a head as it passed; HPACK's is not kept.
func headSize(head []byte) int64 {
	if len(head) == 0 || head[0] == ':' {
		return -1
	}
	return int64(len(head))
}

// trailer writes a trailer section.
func (h *Writer) trailer(b []byte, e *headExtra, section []byte) []byte {
	if len(section) == 0 {
		return b
	}
	lines, plain := cutLines(nil, bytes.TrimSuffix(section, []byte("\r\n")))
	if !plain || !bytes.Equal(appendLines(nil, lines), section) {
		e.trailer = section
	}
	return headers(b, "_trailers", lines)
}

// response writes the response. One that never came has the status 0.
func (h *Writer) response(b []byte, x *flow.Exchange, e *extra, f *foreign) []byte {
	start, lines, plain := cutHead(x.ResponseHead)
	proto, status, reasonPhrase := cutStatus(start)
	if len(start) == 0 {
		proto, status = x.Proto, x.Status
	}
	b = number(append(name(b, "response"), '{'), "status", int64(x.Status))
	b = text(text(b, "statusText", readable(reasonPhrase)), "httpVersion", httpVersion(proto))
	b = cookies(b, lines, "set-cookie")
	b = headers(b, "headers", lines)

	h.scratch = h.scratch[:0]
	if len(start) > 0 {
		h.scratch = statusLine(h.scratch, proto, x.Status, reasonPhrase)
		if !utf8.Valid(start) || status != x.Status || unread(httpVersion(proto)) != proto {
			h.scratch = h.scratch[:0]
		}
	}
	h.headExtra(&e.response, x.ResponseHead, start, lines, plain)
	b = h.trailer(b, &e.response, x.ResponseTrailer)

	b = h.content(b, x, lines, e, f)
	b = text(b, "redirectURL", readable([]byte(value(lines, "location"))))
	b = number(b, "headersSize", headSize(x.ResponseHead))
	b = number(b, "bodySize", x.ResponseBody.Size)
	if x.Failure != flow.FailureNone || x.Phase == flow.PhaseFailed {
		said := x.Failure.String()
		if words := reason.English(x.Reason); words != "" {
			said += ": " + words
		}
		b = text(b, "_error", strings.TrimPrefix(said, ": "))
	}
	return end(append(b, f.members[partResponse]...), '}')
}

// httpVersion is a version as Chrome writes it.
func httpVersion(proto string) string {
	if proto == "HTTP/2.0" {
		return "http/2.0"
	}
	return proto
}

// mediaType is the type of a body for HAR, where there has to be one.
func mediaType(lines []line, other string) string {
	if t := value(lines, "content-type"); t != "" {
		return string(readable([]byte(t)))
	}
	return other
}

// codingOf is the coding that a body is in.
func codingOf(lines []line) string { return joined(lines, "content-encoding") }

// readableText is a body as text, if it is one: UTF-8 without NUL.
func readableText(body []byte) bool {
	return bytes.IndexByte(body, 0) < 0 && utf8.Valid(body)
}
