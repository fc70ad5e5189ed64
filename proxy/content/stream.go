package content

import (
	"bufio"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Codings are the content codings that Content-Encoding fields list, in their order; an error
// says which is not known.
func Codings(fields ...string) (names []string, err error) {
	for _, field := range fields {
		for name := range strings.SplitSeq(field, ",") {
			switch name = strings.ToLower(strings.TrimSpace(name)); {
			case noCodings[name]:
			case name == "gzip", name == "x-gzip", name == "deflate", name == "br", name == "zstd":
				names = append(names, name)
			default:
				return names, fmt.Errorf("%s: %w", name, ErrCoding)
			}
		}
	}
	if len(names) > maxCodings {
		return names, fmt.Errorf("%d content codings lie one in the other; at most %d are undone", len(names), maxCodings)
	}
	return names, nil
}

// Decoder undoes codings of a body that arrives. It holds the windows of its codings, of at
// most 32 MiB each, and returns what it has as it comes. What is not as its coding says, or
// ends before its end, is an error, and so is what has more behind it. At its end all has been read.
type Decoder struct {
	r    io.Reader
	ends []func()
}

// NewDecoder undoes codings that Codings has returned. It reads nothing yet.
func NewDecoder(codings []string, from io.Reader) *Decoder {
	d := &Decoder{r: from}
	for i := len(codings) - 1; i >= 0; i-- {
		d.r = &lazyReader{from: d.r, coding: codings[i], d: d}
	}
	return d
}

// Read returns a bad body as an error whatever the libraries make of it.
func (d *Decoder) Read(p []byte) (n int, err error) {
	defer func() {
		if r := recover(); r != nil { // the libraries are written well, the bytes are not
			n, err = 0, fmt.Errorf("the decoder failed: %v", r)
		}
	}()
	n, err = d.r.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = ErrCut
	}
	return n, err
}

// Close gives back what the decoder holds.
func (d *Decoder) Close() {
	for _, end := range d.ends {
		end()
	}
	d.ends = nil
}

// lazyReader makes its decoder with the first byte that is asked for: some read as they are made.
type lazyReader struct {
	from   io.Reader
	coding string
	d      *Decoder
	made   io.Reader
	ended  bool          // what was made has no more
	in     *bufio.Reader // that it reads; nil before
}

// errBehind says that the end of a coding is not that of the body.
var errBehind = errors.New("other bytes follow its end")

func (l *lazyReader) Read(p []byte) (int, error) {
	if l.made == nil {
		made, err := l.make()
		if err != nil {
			return 0, err
		}
		l.made = made
	}
	if l.ended {
		return 0, l.end()
	}
	n, err := l.made.Read(p)
	if l.ended = err == io.EOF; !l.ended {
		return n, err
	}
	if n > 0 { // it is not to wait for what may follow
		return n, nil
	}
	return 0, l.end()
}

// end reads on where a coding has ended, since not all look for the end of what they read: who sends the body may
// send its end later, or more.
func (l *lazyReader) end() error {
	if _, err := l.in.Peek(1); err != nil {
		return err
	}
	return errBehind
}

func (l *lazyReader) make() (io.Reader, error) {
	from := bufio.NewReader(l.from)
	l.in = from
	switch l.coding {
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(from)
		if err == io.EOF {
			return nil, io.EOF // an empty body
		}
		return z, err
	case "deflate":
		// Meant is zlib (RFC 9110 section 8.4.1.2); some send it bare.
		head, err := from.Peek(2)
		switch {
		case len(head) == 0:
			return nil, err
		case len(head) == 2 && head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0:
			return zlib.NewReader(from)
		}
		return flate.NewReader(from), nil
	case "br":
		if _, err := from.Peek(1); err != nil {
			return nil, err
		}
		return brotli.NewReader(from), nil
	case "zstd":
		z, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		l.d.ends = append(l.d.ends, z.Close)
		return z, nil
	}
	return nil, ErrCoding
}

// Encoder puts a body into codings while it passes.
type Encoder struct {
	to     io.Writer
	layers []encoder // the last is written to first
}

// NewEncoder puts codings that Codings has returned around what is written. It is quick rather
// than small, and writes nothing yet.
func NewEncoder(codings []string, to io.Writer) (*Encoder, error) {
	e := &Encoder{to: to}
	for i := len(codings) - 1; i >= 0; i-- {
		layer, err := newEncoder(codings[i], e.to)
		if err != nil {
			return nil, err
		}
		e.layers, e.to = append(e.layers, layer), layer
	}
	return e, nil
}

func (e *Encoder) Write(p []byte) (int, error) { return e.to.Write(p) }

// Flush writes all that can be decoded of what was written.
func (e *Encoder) Flush() error { return e.each(encoder.Flush) }

// Close writes the end of the codings.
func (e *Encoder) Close() error { return e.each(encoder.Close) }

func (e *Encoder) each(do func(encoder) error) error {
	for i := len(e.layers) - 1; i >= 0; i-- {
		if err := do(e.layers[i]); err != nil {
			return err
		}
	}
	return nil
}
