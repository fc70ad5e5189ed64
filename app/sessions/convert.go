package sessions

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"posthouse/proxy/archive"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/filelock"
	"posthouse/proxy/flow"
)

// Files in the private folder are locked as long as they are used: what is not is of a run that was killed.
const (
	privatePattern = "opened-*.posthouse"
	bufferSize     = 256 << 10
)

// convert opens what another program wrote, by way of a session file that goes with it.
func (o *opening) convert(ctx context.Context, in *os.File, path string, format archive.Format, progress func(float64)) (*Opened, error) {
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	counter := archive.NewCounter(ctx, in, info.Size(), progress)
	from, err := archive.OpenAs(format, counter, info.Size(), filepath.Base(path), o.limits)
	if ctx.Err() != nil { // which may be why it looks broken
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	f, err := createPrivate(o.dir)
	if err != nil {
		return nil, err
	}
	session, problem, err := o.fill(ctx, f, from, counter, progress)
	if err != nil {
		return nil, errors.Join(err, f.discard())
	}
	opened := New(filepath.Base(path), path, session, f.discard)
	opened.Format, opened.Problem, opened.said = format, problem, f.appended.Load
	return opened, nil
}

// fill writes what a reader gives into a file and opens that.
func (o *opening) fill(ctx context.Context, f *file, from archive.Reader, counter *archive.Counter, progress func(float64)) (
	s *history.Session, problem, err error) {
	var out io.Writer = f.File
	if o.out != nil {
		out = o.out(out)
	}
	to := newNumbering(out)
	tell := func(p archive.Progress) {
		if progress != nil {
			progress(p.Part)
		}
	}
	done, err := archive.Convert(ctx, to, from, counter, tell)
	var broken *archive.BrokenError
	switch {
	case to.err != nil:
		return nil, nil, to.err
	case errors.As(err, &broken) && done.Entries > 0:
	case err != nil:
		return nil, nil, err
	}
	info, err := f.Stat()
	if err = errors.Join(ctx.Err(), err); err != nil {
		return nil, nil, err
	}
	f.size = info.Size()
	s, problem, err = list(f)
	switch {
	case err != nil || problem != nil:
	case broken != nil:
		problem = broken
	case to.left > 0:
		problem = &LeftOutError{to.left}
	}
	return s, problem, err
}

// numbering writes a session file whose exchanges are numbered from 1 on, in the order in which they
// come. Those that are too large for it are left out. What one says of the number of another that it was
// made from follows, where that came before, and goes where it is not known: it would lead to any other.
type numbering struct {
	buffer *bufio.Writer
	w      *history.SessionWriter
	last   flow.ID
	was    archive.Numbers
	left   int   // out, because their heads are too large
	err    error // of writing
}

func newNumbering(w io.Writer) *numbering {
	n := &numbering{buffer: bufio.NewWriterSize(w, bufferSize)}
	n.w = history.NewSessionWriter(n.buffer)
	return n
}

func (n *numbering) Write(x *flow.Exchange) error {
	was := x.ID
	x.ID, x.From = n.last+1, n.was.Now(x.From)
	err := n.w.Write(x)
	switch {
	case errors.Is(err, history.ErrTooLarge):
		n.left++
		return nil
	case err != nil:
		n.err = err
		return err
	}
	n.last = x.ID
	n.was.Add(was, x.ID)
	return nil
}

func (n *numbering) Close() error {
	n.err = errors.Join(n.w.Close(), n.buffer.Flush())
	return n.err
}

// createPrivate makes a file that only this user can read, and holds it.
func createPrivate(dir string) (*file, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for {
		f, err := os.CreateTemp(dir, privatePattern)
		if err != nil {
			return nil, err
		}
		if err := filelock.Hold(f); !errors.Is(err, filelock.ErrHeld) {
			return &file{File: f}, nil // also where nothing can be locked
		}
		_ = f.Close() // a start that sweeps has it, and removes it
	}
}

// Sweep removes what killed runs left in a folder that was given to Open. It may be called while
// another Posthouse uses it.
func Sweep(dir string) {
	entries, _ := os.ReadDir(dir) // none where there is no folder
	for _, e := range entries {
		if isPrivate, _ := filepath.Match(privatePattern, e.Name()); !isPrivate || !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		err = filelock.Hold(f)
		_ = f.Close()
		if err == nil {
			_ = os.Remove(path) // such a name is given once
		}
	}
}
