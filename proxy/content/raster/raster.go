package raster

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"time"
)

const (
	// MaxPixels bounds the pictures that are decoded, and maxMemory what a decoder
	// takes for one, in bytes.
	MaxPixels = 32 << 20
	maxMemory = 256 << 20
)

// maxTime bounds how long one is decoded, on a machine that does much else. A
// decoder that reads on is stopped then; one that does not is bounded by the pixels:
// some two seconds. It is a variable for the tests.
var maxTime = 10 * time.Second

// Why a picture cannot be shown. An error wraps one of these, or is that of the context.
var (
	ErrUnknown = errors.New("this image format is not known")
	ErrLarge   = errors.New("the image has too many pixels to show")
	ErrSlow    = errors.New("decoding the image takes too long")
	ErrDamaged = errors.New("the image is damaged")
)

// Picture is a decoded picture, or what is known of one that is not.
type Picture struct {
	Image  *image.NRGBA // upright, starting at 0, 0; nil with an error
	Format string       // "PNG"; "" where it is not known
	Size   image.Point  // of the whole in pixels, upright; zero where it is not known
}

// frame is a picture whose headers were read, but nothing else.
type frame struct {
	size   image.Point // in pixels, of what is decoded
	canvas image.Point // that it lies on
	at     image.Point // where on it
	memory int64       // that decoding it takes, in bytes
	turn   orientation // how it is to be turned
	data   []byte      // what decode reads
	decode func(io.Reader) (image.Image, error)
}

// busy is held while a picture is decoded.
var busy = make(chan struct{}, 1)

// Decode decodes a picture, of an animation the first frame, and makes it smaller
// where a side is longer than longest. With an error, what is known of the picture
// is returned too.
func Decode(ctx context.Context, body []byte, longest int) (p Picture, err error) {
	select {
	case busy <- struct{}{}:
		defer func() { <-busy }()
	case <-ctx.Done():
		return p, ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	p, err = decode(limited, body, longest)
	if err != nil && limited.Err() != nil {
		if err = ctx.Err(); err == nil {
			err = ErrSlow
		}
	}
	return p, err
}

func decode(ctx context.Context, body []byte, longest int) (p Picture, err error) {
	p.Image, err = guard(func() (*image.NRGBA, error) {
		f, name, err := open(body)
		p.Format, p.Size = name, f.turn.turned(f.canvas)
		if err == nil {
			err = f.check()
		}
		if err != nil {
			return nil, err
		}
		decoded, err := f.decode(&reader{ctx, f.data})
		if err != nil {
			return nil, damaged(err)
		}
		if f.size = decoded.Bounds().Size(); tooMany(f.size) {
			return nil, ErrLarge // the header that was read is not the one that was decoded
		}
		small, err := f.scaled(ctx, decoded, longest)
		if err != nil {
			return nil, err
		}
		return f.turn.apply(small), nil
	})
	return p, err
}

// guard makes a panic an error.
func guard(decode func() (*image.NRGBA, error)) (m *image.NRGBA, err error) {
	defer func() {
		if r := recover(); r != nil {
			m, err = nil, fmt.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	return decode()
}

// Known reports whether bytes begin as a picture does that Decode knows. What is
// text is none, whatever letters it begins with.
func Known(body []byte) bool {
	_, name := opener(body)
	return name != ""
}

// check refuses what would take too much.
func (f *frame) check() error {
	if f.size.X <= 0 || f.size.Y <= 0 {
		return fmt.Errorf("%w: it has no pixels", ErrDamaged)
	}
	if tooMany(f.size) || f.memory > maxMemory {
		return ErrLarge
	}
	return nil
}

func tooMany(size image.Point) bool { return size.X > MaxPixels/max(1, size.Y) }

// pixels is how many a size has.
func pixels(size image.Point) int64 { return int64(size.X) * int64(size.Y) }

// reader hands a decoder little at a time, and nothing once its context ended: a
// progressive JPEG of a few hundred bytes goes over all its pixels many times.
type reader struct {
	ctx  context.Context
	rest []byte
}

// maxStep is in bytes.
const maxStep = 512

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), maxStep)], r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
