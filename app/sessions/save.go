package sessions

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/archive"
	"posthouse/proxy/archive/har"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/redact"
)

// LeftOutError: exchanges are missing, because their heads are larger than session files take.
type LeftOutError struct{ Exchanges int }

func (e *LeftOutError) Error() string { return reason.English(e.Reason()) }

// Reason is what flow.Explained asks for.
func (e *LeftOutError) Reason() flow.Reason { return reason.ArchiveLeftOut.With(e.Exchanges) }

// Saving is what is to be saved.
type Saving struct {
	Format    archive.Format            // one that is written
	Exchanges iter.Seq[*flow.Exchange]  // with IDs that differ; it ends soon after the context of Save
	Count     int                       // of them, as far as is known; for the progress
	Masker    *redact.Masker            // of their secrets; nil: they go out as they passed
	out       func(io.Writer) io.Writer // what is written goes through it; nil: as it is
}

// maskedComment stands in files that can have a comment.
const maskedComment = "Secrets were masked before this was written. It may still hold some."

// Save writes exchanges into a file, for this user alone, that has its name when it is whole and on the
// disk. Where that fails or ctx ends, what was there before is still there. It returns how many were
// written; with a *LeftOutError the file is there, without those that are too large for it. progress,
// which may be nil, is told which part is done, from 0 to 1.
func (s Saving) Save(ctx context.Context, path string, progress func(float64)) (written int, err error) {
	left := 0
	err = atomicfile.Options{Direct: true, Ready: ctx.Err}.Stream(path, func(w io.Writer) (err error) {
		if s.out != nil {
			w = s.out(w)
		}
		buffer := bufio.NewWriterSize(w, bufferSize)
		if written, left, err = s.write(ctx, buffer, progress); err != nil {
			return err
		}
		return buffer.Flush()
	})
	if err == nil && left > 0 {
		err = &LeftOutError{left}
	}
	return written, err
}

func (s Saving) write(ctx context.Context, w io.Writer, progress func(float64)) (written, left int, err error) {
	to, err := archive.Create(s.Format, w)
	if err != nil {
		return 0, 0, err
	}
	for x := range s.Exchanges {
		if ctx.Err() != nil {
			break
		}
		settle(x)
		if s.Masker != nil {
			masked, _ := s.Masker.Exchange(x)
			x = &masked
		}
		switch err := to.Write(x); {
		case errors.Is(err, history.ErrTooLarge):
			left++
			continue
		case err != nil:
			return written, left, err
		}
		if written++; progress != nil {
			progress(min(1, float64(written)/float64(max(s.Count, 1))))
		}
	}
	if err := ctx.Err(); err != nil {
		return written, left, err
	}
	if out, ok := to.(*har.Writer); ok && s.Masker != nil {
		out.Comment = maskedComment
	}
	return written, left, to.Close()
}

// settle ends what is still under way as far as it has come: it goes on in no file.
func settle(x *flow.Exchange) {
	if x.Phase.Final() {
		return
	}
	x.Phase, x.Reason = flow.PhaseDone, reason.ArchiveUnderWay.With()
	x.Duration = max(0, time.Since(x.Start))
	x.Timing.End = x.Duration
	for _, b := range x.Bodies() {
		if b.State == flow.BodyArriving {
			b.State = flow.BodyCut
		}
	}
}
