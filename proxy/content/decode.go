package content

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// MaxDecoded bounds what Decode returns, in bytes: a small body may claim to
	// become a very large one.
	MaxDecoded = 64 << 20
	// maxCodings bounds how many codings lie one in the other.
	maxCodings = 4
	// maxWindow bounds the memory that a zstd frame may ask for, in bytes.
	maxWindow = 32 << 20
)

// Why a body could not be decoded, or not all of it. Others are those of the decoders.
var (
	// ErrLimit says that there was more than MaxDecoded bytes.
	ErrLimit = errors.New("the decoded body is larger than 64 MiB; the rest is left out")
	// ErrCut says that the body ends before its coding does.
	ErrCut = errors.New("it ends before its end")
	// ErrCoding says that a coding is not known.
	ErrCoding = errors.New("this content coding is not known")
)

// Decoded is a body without its content codings.
type Decoded struct {
	Body    []byte
	Codings string // that the body had, as "gzip, br"; "" for none
	After   bool   // other bytes follow the end of what was compressed
}

// noCodings are words that stand where a coding should and mean that there is none.
var noCodings = map[string]bool{"": true, "identity": true, "none": true, "binary": true, "7bit": true, "8bit": true, "utf-8": true,
	"utf8": true}

// Decode undoes the content codings that a Content-Encoding field lists (RFC
// 9110 section 8.4). It returns what could be decoded, also with an error:
// a body that was cut short while it was recorded decodes up to the cut.
func Decode(codings string, body []byte) (d Decoded, err error) { return DecodeIn(nil, codings, body) }

// DecodeIn is Decode that may write into a buffer, where that is large enough. The body must not lie in it.
func DecodeIn(buf []byte, codings string, body []byte) (d Decoded, err error) {
	var names []string
	for name := range strings.SplitSeq(codings, ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); !noCodings[name] {
			names = append(names, name)
		}
	}
	d = Decoded{Body: body, Codings: strings.Join(names, ", ")}
	if len(names) > maxCodings {
		return d, fmt.Errorf("%d content codings lie one in the other; at most %d are undone", len(names), maxCodings)
	}
	for i := len(names) - 1; i >= 0; i-- {
		into := buf
		if i > 0 { // what is decoded next lies there
			into = nil
		}
		decoded, after, err := decodeOne(into, names[i], d.Body)
		d.After = d.After || after
		if err == nil || len(decoded) > 0 || err == ErrLimit {
			d.Body = decoded
		}
		if err != nil {
			return d, fmt.Errorf("%s: %w", names[i], err)
		}
	}
	return d, nil
}

// decodeOne undoes one coding, perhaps into buf; after is whether there is more behind its end, which
// browsers pass over.
func decodeOne(buf []byte, name string, body []byte) (decoded []byte, after bool, err error) {
	if len(body) == 0 {
		return nil, false, nil
	}
	defer func() {
		if r := recover(); r != nil { // the libraries are written well, the bytes are not
			err = fmt.Errorf("the decoder failed: %v", r)
		}
	}()
	in := bytes.NewReader(body)
	switch name {
	case "gzip", "x-gzip":
		if decoded, ok := gunzipSmall(buf, body); ok {
			return decoded, false, nil
		}
		return gunzip(in)
	case "deflate":
		// Meant is zlib (RFC 9110 section 8.4.1.2); some send it bare.
		if z, err := zlib.NewReader(in); err == nil {
			if decoded, err = readBounded(z); err == nil || len(decoded) > 0 {
				return decoded, in.Len() > 0 && err == nil, err
			}
		}
		in.Reset(body)
		decoded, err = readBounded(flate.NewReader(in))
		return decoded, in.Len() > 0 && err == nil, err
	case "br":
		decoded, err = unbrotli(in)
		if err != nil && err.Error() == "brotli: excessive input" { // the library has no value for it
			return decoded, true, nil
		}
		return decoded, false, err
	case "zstd":
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, false, err
		}
		defer z.Close()
		decoded, err = readBounded(z)
		if errors.Is(err, zstd.ErrMagicMismatch) && len(decoded) > 0 {
			return decoded, true, nil
		}
		return decoded, false, err
	}
	return nil, false, ErrCoding
}

// gunzip undoes gzip, member by member (RFC 1952 section 2.2).
func gunzip(in *bytes.Reader) (decoded []byte, after bool, err error) {
	z := gzipReaders.Get().(*gzip.Reader)
	if err := z.Reset(in); err != nil {
		return nil, false, err
	}
	var b bytes.Buffer
	b.Grow(min(4*in.Len(), firstDecoded))
	for {
		z.Multistream(false)
		if err = copyBounded(&b, z); err != nil || in.Len() == 0 {
			break
		}
		if z.Reset(in) != nil {
			after = true
			break
		}
	}
	gzipReaders.Put(z) // not where it has failed by a panic
	return b.Bytes(), after, err
}

// gzipReaders and brotliReaders are those that are not in use: a search decodes many small bodies,
// for which making one costs more than all else. What one keeps is its window, of at most 32 KiB and
// 16 MiB (RFC 7932 section 9.1), until the collector has come twice.
var (
	gzipReaders   = sync.Pool{New: func() any { return new(gzip.Reader) }}
	brotliReaders = sync.Pool{New: func() any { return new(brotli.Reader) }}
)

// firstDecoded is for how many bytes there is room at first.
const firstDecoded = 64 << 10

func unbrotli(in *bytes.Reader) ([]byte, error) {
	z := brotliReaders.Get().(*brotli.Reader)
	if err := z.Reset(in); err != nil {
		return nil, err
	}
	decoded, err := readBounded(z)
	brotliReaders.Put(z)
	return decoded, err
}

func readBounded(r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	err := copyBounded(&b, r)
	return b.Bytes(), err
}

// copyBounded adds what r has to b, up to MaxDecoded bytes of all.
func copyBounded(b *bytes.Buffer, r io.Reader) error {
	_, err := io.Copy(b, io.LimitReader(r, int64(MaxDecoded-b.Len()+1)))
	if b.Len() > MaxDecoded {
		b.Truncate(MaxDecoded)
		return ErrLimit
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = ErrCut
	}
	return err
}
