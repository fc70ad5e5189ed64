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
	Part    float64 // of the file that was read, from 0 to 1; 0 where there is no Counter
}

// Counter is a file that knows how far it has been read.
type Counter struct {
	r    io.ReaderAt
	size int64
	far  atomic.Int64
}

// NewCounter watches the reading of size bytes. It is safe for concurrent use.
func NewCounter(r io.ReaderAt, size int64) *Counter { return &Counter{r: r, size: size} }

// ReadAt reads.
func (c *Counter) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.r.ReadAt(b, at)
	for end := at + int64(n); ; {
		far := c.far.Load()
		if end <= far || c.far.CompareAndSwap(far, end) {
			return n, err
		}
	}
}

// Part is the part of the file up to the farthest byte that was read. A format that is
// read from its end, as a zip file is, is at 1 from the start.
func (c *Counter) Part() float64 {
	if c == nil || c.size <= 0 {
		return 0
	}
	return min(1, float64(c.far.Load())/float64(c.size))
}

// progressEvery is how often progress is told, at most.
const progressEvery = 100 * time.Millisecond

// Convert writes what a reader gives, an exchange at a time, and closes the writer.
// progress, which may be nil, is told now and then how far it is, and at the end; file,
// which may be nil, tells the part. Where the file is broken, what was read is written
// and closed, and the error is the *BrokenError. After ctx ends, the error is the
// context's, and what was written is incomplete.
func Convert(ctx context.Context, to Writer, from Reader, file *Counter, progress func(Progress)) (done Progress, err error) {
	tell := func() {
		done.Part = file.Part()
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
