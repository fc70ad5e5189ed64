package har

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Reader reads a HAR.
type Reader struct {
	d       *decoder
	limits  archive.Limits
	file    io.ReaderAt // to count lines; nil where the text is not the file's own
	size    int64
	state   state
	entries int
	found   bool // there was a list of entries
	err     error

	pages    map[string][]byte // those that no entry has referred to yet, as JSON
	pageRoom int64

	e entry
}

// state is where in the file a Reader is.
type state uint8

const (
	atBegin   state = iota // before the outermost object
	inLog                  // between the members of log, or of what has entries in its place
	inEntries              // between entries
	atEnd
)

var _ archive.Reader = (*Reader)(nil)

// NewReader begins to read size bytes.
func NewReader(r io.ReaderAt, size int64, limits archive.Limits) (*Reader, error) {
	limits = limits.Filled()
	plain, packed, err := unpacked(r, size, limits)
	if err != nil {
		return nil, err
	}
	c := newClip(plain, limits)
	h := &Reader{d: newDecoder(c), limits: limits, size: size, pageRoom: maxPageBytes}
	h.d.source = c
	if !packed {
		h.file = r
	}
	return h, nil
}

func open(r io.ReaderAt, size int64, limits archive.Limits) (archive.Reader, error) {
	return NewReader(r, size, limits)
}

// unpacked is the text of a file: without gzip and zlib, which some write around it, in
// UTF-8, and without a byte order mark. packed is whether it is another than the file.
func unpacked(r io.ReaderAt, size int64, limits archive.Limits) (text io.Reader, packed bool, err error) {
	b := bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 64<<10)
	text = b
	switch head, _ := b.Peek(3); {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		text, err = gzip.NewReader(b)
		packed = true
	case len(head) > 1 && head[0] == 0x78 && (int(head[0])<<8|int(head[1]))%31 == 0:
		text, err = zlib.NewReader(b)
		packed = true
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		text = transform.NewReader(b, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
		packed = true
	}
	if err != nil {
		return nil, packed, &archive.BrokenError{Why: reason.Of(err), Err: err}
	}
	return &markless{r: limits.Unpacking(text)}, packed, nil
}

const byteOrderMark = "\xef\xbb\xbf"

// markless passes a text on with a byte order mark as white space.
type markless struct {
	r     io.Reader
	begun bool
}

func (m *markless) Read(b []byte) (int, error) {
	if m.begun || len(b) < len(byteOrderMark) {
		return m.r.Read(b)
	}
	m.begun = true
	n, err := io.ReadAtLeast(m.r, b, len(byteOrderMark))
	if bytes.HasPrefix(b[:n], []byte(byteOrderMark)) {
		copy(b, "   ")
	}
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}

// Next is the next entry.
func (h *Reader) Next() (*flow.Exchange, error) {
	for h.err == nil {
		switch h.state {
		case atBegin:
			h.begin()
		case inLog:
			h.member()
		case inEntries:
			if x := h.next(); x != nil {
				return x, nil
			}
		case atEnd:
			h.err = h.finish()
		}
		if h.d.err != nil && h.err == nil {
			h.err = h.broken(h.d.err)
		}
	}
	return nil, h.err
}

// begin finds the object with the entries: log as a rule, or the outermost one. Some
// write a list of entries alone.
func (h *Reader) begin() {
	switch h.d.kind() {
	case '{':
		h.d.token()
		h.state = inLog
	case '[':
		h.d.token()
		h.state, h.found = inEntries, true
	default:
		h.d.token()
		if h.d.err == nil || errors.Is(h.d.err, io.EOF) {
			h.err = h.brokenBy(reason.ArchiveNone.With(), h.d.err)
		}
	}
}

// member goes on to the next member of the outermost object or of log.
func (h *Reader) member() {
	switch h.d.kind() {
	case '}':
		h.d.token()
		if h.d.StackDepth() == 0 {
			h.state = atEnd
		}
		return
	case '"':
	default:
		h.d.token()
		return
	}
	switch n := string(h.d.text()); n {
	case "log":
		if h.d.kind() == '{' && h.d.StackDepth() == 1 {
			h.d.token()
			return
		}
		h.d.skip()
	case "entries":
		if h.d.kind() == '[' {
			h.d.token()
			h.state, h.found = inEntries, true
			return
		}
		h.d.skip()
	case "pages":
		h.d.array(h.page)
	default:
		h.d.skip()
	}
}

// page keeps a page until an entry refers to it.
func (h *Reader) page() {
	if h.d.kind() != '{' {
		h.d.skip()
		return
	}
	v := jsontext.Value(bytes.Clone(h.d.raw()))
	if h.d.err != nil || int64(len(v)) > h.pageRoom || len(h.pages) >= maxPages || v.Compact(lenient...) != nil {
		return
	}
	id := ""
	in := newDecoder(bytes.NewReader(v))
	in.object(func(n string) {
		if n == "id" {
			id = string(in.text())
		} else {
			in.skip()
		}
	})
	if h.pages == nil {
		h.pages = map[string][]byte{}
	}
	if _, twice := h.pages[id]; !twice {
		h.pages[id] = v
		h.pageRoom -= int64(len(v))
	}
}

// next reads the next entry; nil at the end of the list, and of what is no entry.
func (h *Reader) next() *flow.Exchange {
	switch h.d.kind() {
	case '{':
	case ']':
		h.d.token()
		h.state = inLog
		if h.d.StackDepth() == 0 {
			h.state = atEnd
		}
		return nil
	default:
		h.d.skip()
		return nil
	}
	if h.entries >= h.limits.Entries {
		h.err = h.brokenBy(reason.ArchiveMany.With(h.limits.Entries), archive.ErrLimit)
		return nil
	}
	h.e.reset(h.limits)
	h.e.read(h.d)
	if h.d.err != nil {
		return nil
	}
	h.entries++
	return h.e.exchange(h)
}

// finish looks at what follows the outermost value.
func (h *Reader) finish() error {
	if h.d.PeekKind() != 0 {
		return h.brokenBy(reason.ArchiveSyntax.With(reason.ArchiveAfter.With()), nil)
	}
	if _, err := h.d.ReadToken(); err != io.EOF && err != nil {
		return h.broken(err)
	}
	if !h.found {
		return h.brokenBy(reason.ArchiveNone.With(), nil)
	}
	return io.EOF
}

// broken is what is said where the text cannot be read on.
func (h *Reader) broken(err error) error {
	var broken *archive.BrokenError
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &broken):
		broken.Entries = h.entries
		h.countLines(broken)
		return broken
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return h.brokenBy(reason.ArchiveEnds.With(), err)
	case errors.As(err, &syntax):
		e := &archive.BrokenError{Offset: h.d.source.place(syntax.ByteOffset), Entries: h.entries, Err: err}
		e.Why = reason.ArchiveSyntax.With(reason.Of(syntax.Err))
		h.countLines(e)
		return e
	}
	return h.brokenBy(reason.Of(err), err)
}

// brokenBy is broken where the place is that of the next value.
func (h *Reader) brokenBy(why flow.Reason, err error) error {
	ahead := h.d.UnreadBuffer()
	at := h.d.InputOffset() + int64(len(ahead)-len(bytes.TrimLeft(ahead, " \t\r\n")))
	e := &archive.BrokenError{Offset: h.d.source.place(at), Entries: h.entries, Why: why, Err: err}
	if why.Code == reason.ArchiveEnds {
		e.Offset = h.d.source.taken
	}
	h.countLines(e)
	return e
}

// countLines finds the line of an offset, by reading the file again up to it.
func (h *Reader) countLines(e *archive.BrokenError) {
	if h.file == nil || e.Offset < 0 {
		return
	}
	line := int64(1)
	r := io.NewSectionReader(h.file, 0, min(e.Offset, h.size))
	b := make([]byte, 64<<10)
	for {
		n, err := r.Read(b)
		line += int64(bytes.Count(b[:n], []byte{'\n'}))
		if err != nil {
			break
		}
	}
	e.Line = line
}
