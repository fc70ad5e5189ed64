package sessions

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"posthouse/proxy/archive"
	_ "posthouse/proxy/archive/charles" // each enters its format
	_ "posthouse/proxy/archive/commandline"
	_ "posthouse/proxy/archive/har"
	_ "posthouse/proxy/archive/mitm"
	_ "posthouse/proxy/archive/rawhttp"
	_ "posthouse/proxy/archive/saz"
	_ "posthouse/proxy/archive/session"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/reason"
)

// ErrNoFile: what has the name is a device or a pipe.
var ErrNoFile = errors.New("it is a device or a pipe, not a file")

// opening is how a file is opened. Its zero value but for dir is what Open does.
type opening struct {
	dir    string
	limits archive.Limits
	out    func(io.Writer) io.Writer // what is written goes through it; nil: as it is
}

// Open opens a file of any format that package archive tells. What is made of one that another program
// wrote lies in dir, which is made where it is missing. progress, which may be nil, is told now and then
// which part is done, from 0 to 1. Where a file breaks off, what comes before is opened, and Problem
// says so; one of which nothing can be read is an error: an *archive.BrokenError, an
// *archive.UnknownError, a *history.LaterError, or the system's.
func Open(ctx context.Context, dir, path string, progress func(float64)) (*Opened, error) {
	o := opening{dir: dir, limits: archive.Limits{Body: maxBody}}
	return o.open(ctx, path, progress)
}

// maxBody is how much is kept of a body, in bytes: as much as session files do.
const maxBody = 64 << 20

func (o *opening) open(ctx context.Context, path string, progress func(float64)) (*Opened, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path) // before it is opened: opening a pipe waits for its other end
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNoFile}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	format, err := archive.FormatOf(f, info.Size(), path)
	switch {
	case err != nil:
		return nil, err
	case format == archive.Session:
		return own(ctx, path)
	}
	return o.convert(ctx, f, path, format, progress)
}

// own opens one of Posthouse's own files.
func own(ctx context.Context, path string) (*Opened, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	s, problem, err := list(f)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	opened := New(filepath.Base(path), path, s, f.Close)
	opened.Format, opened.Problem = archive.Session, problem
	return opened, nil
}

// list reads what is in a session file, and says what of it cannot be read.
func list(f *file) (s *history.Session, problem, err error) {
	s, err = history.OpenSession(f.reader(), f.size)
	var damaged *history.DamagedError
	switch {
	case errors.As(err, &damaged):
		return nil, nil, &archive.BrokenError{Offset: damaged.At, Why: reason.ArchiveSyntax.With(reason.Of(damaged.Err)), Err: err}
	case err != nil:
		return nil, nil, err
	}
	n := s.Len() // lists all rows, so that damage is known
	if places := s.Damaged(); len(places) > 0 {
		problem = &archive.BrokenError{Offset: places[0], Entries: n, Why: reason.ArchiveSyntax.With(reason.ArchiveDamaged.With())}
	} else if !s.Ended() {
		problem = &archive.BrokenError{Offset: f.size, Entries: n, Why: reason.ArchiveEnds.With()}
	}
	if n == 0 && problem != nil {
		return nil, nil, problem
	}
	return s, problem, nil
}
