package content

import (
	"bytes"
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

const (
	// MaxDecoded bounds what Decode returns, in bytes: a small body may claim to
	// become a very large one.
	MaxDecoded = 64 << 20
	// maxCodings bounds how many codings lie one in the other.
	maxCodings = 4
	// maxWindow bounds the memory that a zstd frame may ask for, in bytes.
	maxWindow = 32 << 20
)

// ErrLimit says that there was more than MaxDecoded bytes.
var ErrLimit = errors.New("the decoded body is larger than 64 MiB; the rest is left out")

// Decode undoes the content codings that a Content-Encoding field lists (RFC
// 9110 section 8.4). It returns what could be decoded, also with an error:
// a body that was cut short while it was recorded decodes up to the cut.
func Decode(codings string, body []byte) ([]byte, error) {
	var names []string
	for name := range strings.SplitSeq(codings, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if name != "" && name != "identity" {
			names = append(names, name)
		}
	}
	if len(names) > maxCodings {
		return body, fmt.Errorf("%d content codings lie one in the other; at most %d are undone", len(names), maxCodings)
	}
	for i := len(names) - 1; i >= 0; i-- {
		decoded, err := decodeOne(names[i], body)
		if err != nil {
			if len(decoded) == 0 && err != ErrLimit {
				return body, fmt.Errorf("%s: %w", names[i], err)
			}
			return decoded, fmt.Errorf("%s: %w", names[i], err)
		}
		body = decoded
	}
	return body, nil
}

func decodeOne(name string, body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, nil
	}
	var r io.Reader
	switch name {
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r = z
	case "deflate":
		// Meant is zlib (RFC 9110 section 8.4.1.2); some send it bare.
		z, err := zlib.NewReader(bytes.NewReader(body))
		if err != nil {
			r = flate.NewReader(bytes.NewReader(body))
		} else {
			r = z
		}
	case "br":
		r = brotli.NewReader(bytes.NewReader(body))
	case "zstd":
		z, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		r = z
	default:
		return nil, errors.New("this content coding is not known")
	}
	return readBounded(r)
}

func readBounded(r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	_, err := io.Copy(&b, io.LimitReader(r, MaxDecoded+1))
	if b.Len() > MaxDecoded {
		return b.Bytes()[:MaxDecoded], ErrLimit
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends before its end")
	}
	return b.Bytes(), err
}
