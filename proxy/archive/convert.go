package archive

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// Progress is how far a conversion has come.
type Progress struct {
	Entries int     // exchanges written
	Part    float64 // of the file that was read, from 0 to 1; 0 where nobody knows
}

// Parted is a Reader that knows which part of its file it has read, from 0 to 1: one that does not
// read from the beginning of the file to its end.
type Parted interface{ Part() float64 }

// Counter is a file that knows how far it has been read. Reading it fails once its context has ended,
// so that what takes long before the first exchange can be called off too.
type Counter struct {
	ctx  context.Context
	r    io.ReaderAt
	size int64
	far  atomic.Int64
	tell func(part float64)
}

// NewCounter watches the reading of size bytes. It is safe for concurrent use. tell, which may be nil,
// is told the part that is done by a format that reads the file before its first exchange.
func NewCounter(ctx context.Context, r io.ReaderAt, size int64, tell func(part float64)) *Counter {
	return &Counter{ctx: ctx, r: r, size: size, tell: tell}
}

// Tell tells which part of all the work is done.
func (c *Counter) Tell(part float64) {
	if c.tell != nil {
		c.tell(part)
	}
}

// ReadAt reads. The error is the context's where that has ended.
func (c *Counter) ReadAt(b []byte, at int64) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.ReadAt(b, at)
	for end := at + int64(n); ; {
		far := c.far.Load()
		if end <= far || c.far.CompareAndSwap(far, end) {
			return n, err
		}
	}
}

// Part is the part of the file up to the farthest byte that was read.
func (c *Counter) Part() float64 {
	if c == nil || c.size <= 0 {
		return 0
	}
	return min(1, float64(c.far.Load())/float64(c.size))
}

// progressEvery is how often progress is told, at most.
const progressEvery = 100 * time.Millisecond

// Convert writes what a reader gives, an exchange at a time, and closes the writer.
// progress, which may be nil, is told now and then how far it is, and at the end; the part is
// told by the reader, if it is Parted, else by file, which may be nil. Where the file is broken, what was read is written
// and closed, and the error is the *BrokenError. After ctx ends, the error is the
// context's, and what was written is incomplete.
func Convert(ctx context.Context, to Writer, from Reader, file *Counter, progress func(Progress)) (done Progress, err error) {
	part := file.Part
	if parted, ok := from.(Parted); ok {
		part = parted.Part
	}
	tell := func() {
		done.Part = part()
		if progress != nil {
			progress(done)
		}
	}
	told := time.Now()
	for {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		x, err := from.Next()
		var broken *BrokenError
		switch {
		case err == nil:
		case ctx.Err() != nil: // which may be why it looks broken
			return done, ctx.Err()
		case err == io.EOF:
			tell()
			return done, to.Close()
		case errors.As(err, &broken):
			tell()
			return done, errors.Join(err, to.Close())
		default:
			return done, err
		}
		if err := to.Write(x); err != nil {
			return done, err
		}
		done.Entries++
		if time.Since(told) >= progressEvery {
			tell()
			told = time.Now()
		}
	}
}
