package content

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// encoder is a coding that is being written. Without Close its end is missing, as of a body that was cut.
type encoder interface {
	io.WriteCloser
	Flush() error
}

// Encode puts a body into the content codings that Decode undid, as Decoded.Codings names them.
// Without whole the end of the codings is left out: it decodes to the same, and then to ErrCut.
// It is quick rather than small.
func Encode(codings string, body []byte, whole bool) ([]byte, error) {
	for name := range strings.SplitSeq(codings, ",") {
		if name = strings.TrimSpace(name); noCodings[name] {
			continue
		}
		var b bytes.Buffer
		e, err := newEncoder(name, &b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		_, err = e.Write(body) // none of them fails to write to memory
		if flushed := e.Flush(); err == nil {
			err = flushed
		}
		if whole && err == nil {
			err = e.Close()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		body = b.Bytes()
	}
	return body, nil
}

func newEncoder(name string, to io.Writer) (encoder, error) {
	switch name {
	case "gzip", "x-gzip":
		return gzip.NewWriterLevel(to, gzip.BestSpeed)
	case "deflate":
		return zlib.NewWriterLevel(to, zlib.BestSpeed)
	case "br":
		return brotli.NewWriterLevel(to, brotli.BestSpeed), nil
	case "zstd":
		return zstd.NewWriter(to, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithLowerEncoderMem(true),
			zstd.WithWindowSize(1<<20))
	}
	return nil, ErrCoding
}
