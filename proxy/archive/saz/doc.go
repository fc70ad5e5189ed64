// Package saz reads Fiddler's session archives: a zip file with the bytes of each request
// (raw/1_c.txt) and answer (raw/1_s.txt), what Fiddler knows of them (raw/1_m.xml) and
// WebSocket messages (raw/1_w.txt). Heads are the bytes as Fiddler kept them, with the
// absolute URL in the request line; bodies lose their chunks and stay encoded otherwise.
//
// An archive without its directory at the end, because it was cut off, is read from its
// beginning, as far as it goes. One with a password is refused.
package saz

import (
	"archive/zip"
	"cmp"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

func init() { archive.Register(archive.SAZ, archive.Codec{Open: Open}) }

// maxDirectory bounds what is read to list an archive, in bytes: some 400,000 files.
const maxDirectory = 32 << 20

// session is the files of one exchange.
type session struct {
	number  int
	request *part
	answer  *part
	meta    *part
	socket  *part
}

// size is what the files of one exchange take in the archive, in bytes, and one for itself: it never is nothing.
func (s *session) size() float64 {
	size := 1.0
	for _, p := range []*part{s.request, s.answer, s.meta, s.socket} {
		if p != nil {
			size += p.packed
		}
	}
	return size
}

// part is a file of the archive.
type part struct {
	encrypted bool
	packed    float64 // bytes, as the archive says; a number that cannot overflow
	open      func() (io.ReadCloser, error)
}

// Reader reads sessions in the order of their numbers.
type Reader struct {
	limits   archive.Limits
	sessions []session
	cut      error   // what is said at the end of an archive without a directory
	read     int     // sessions looked at
	all      float64 // of the sizes of sessions
	passed   float64 // of these, of the sessions looked at
	listed   float64 // the share of the work that was listing the archive
	n        int     // exchanges given
	left     int64   // bytes that may still be unpacked
	err      error
}

// Open lists an archive.
func Open(r io.ReaderAt, size int64, limits archive.Limits) (archive.Reader, error) {
	s := &Reader{limits: limits.Filled()}
	s.left = s.limits.Unpacked
	budget := &budget{r: r, left: maxDirectory}
	files := map[int]*session{}
	z, err := zip.NewReader(budget, size)
	switch {
	case budget.left < 0:
		return nil, &archive.BrokenError{Offset: -1, Why: reason.ArchiveLarge.With(int64(maxDirectory)), Err: archive.ErrLimit}
	case err == nil || errors.Is(err, zip.ErrInsecurePath): // names are not used as paths
		budget.left = -1 // contents have a limit of their own
		budget.open = true
		for _, f := range z.File {
			add(files, f.Name, &part{encrypted: f.Flags&1 != 0, packed: float64(f.CompressedSize64), open: f.Open})
		}
	case budget.err != nil:
		return nil, budget.err
	default:
		s.listed = scanShare
		s.cut = scan(r, size, files)
	}
	for _, one := range files {
		if one.request != nil || one.answer != nil {
			s.sessions = append(s.sessions, *one)
			s.all += one.size()
		}
	}
	slices.SortFunc(s.sessions, func(a, b session) int { return cmp.Compare(a.number, b.number) })
	if len(s.sessions) == 0 {
		return nil, &archive.BrokenError{Offset: -1, Why: reason.ArchiveNone.With(), Err: err}
	}
	return s, nil
}

// add enters a file by its name; others than those of sessions are passed over.
func add(files map[int]*session, name string, p *part) {
	dir, base := path.Split(strings.ToLower(strings.ReplaceAll(name, `\`, "/")))
	digits, kind, _ := strings.Cut(base, "_")
	number, err := strconv.Atoi(digits)
	if err != nil || number < 0 || path.Base(dir) != "raw" {
		return
	}
	one := files[number]
	if one == nil {
		one = &session{number: number}
		files[number] = one
	}
	var place **part
	switch kind {
	case "c.txt":
		place = &one.request
	case "s.txt":
		place = &one.answer
	case "m.xml":
		place = &one.meta
	case "w.txt":
		place = &one.socket
	default:
		return
	}
	if *place == nil { // the first of a name, as it is shown
		*place = p
	}
}

// budget ends reading after a number of bytes, until it is open.
type budget struct {
	r    io.ReaderAt
	left int64
	open bool
	err  error // of the system
}

func (b *budget) ReadAt(p []byte, at int64) (int, error) {
	if !b.open {
		if b.left -= int64(len(p)); b.left < 0 {
			return 0, archive.ErrLimit
		}
	}
	n, err := b.r.ReadAt(p, at)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// Part is the part of all work that is done: an archive is not read from its beginning to its end.
func (s *Reader) Part() float64 { return s.listed + (1-s.listed)*min(1, s.passed/s.all) }

// Next is the next exchange. A session whose files are damaged is passed over; the error
// at the end says how many are, and of what kind the first damage is.
func (s *Reader) Next() (*flow.Exchange, error) {
	for s.err == nil {
		if s.read == len(s.sessions) {
			s.err = io.EOF
			if s.cut != nil {
				s.err = s.broken(s.cut)
			}
			break
		}
		if s.n >= s.limits.Entries {
			s.err = &archive.BrokenError{Offset: -1, Entries: s.n, Why: reason.ArchiveMany.With(s.limits.Entries), Err: archive.ErrLimit}
			break
		}
		one := &s.sessions[s.read]
		s.read++
		s.passed += one.size()
		x, err := s.exchange(one)
		switch {
		case errors.Is(err, errPassword), errors.Is(err, archive.ErrLimit):
			s.err = s.broken(err)
		case x == nil:
			s.cut = cmp.Or(s.cut, err)
		default:
			if err != nil {
				s.cut = cmp.Or(s.cut, err)
			}
			s.n++
			x.ID = flow.ID(s.n)
			return x, nil
		}
	}
	return nil, s.err
}

var (
	errPassword = errors.New("encrypted")
	errEnds     = errors.New("no directory at the end")
)

// broken is the error that a reader ends with.
func (s *Reader) broken(err error) error {
	e := &archive.BrokenError{Offset: -1, Entries: s.n, Err: err}
	switch {
	case errors.Is(err, errPassword):
		e.Why = reason.ArchivePassword.With()
	case errors.Is(err, errEnds), errors.Is(err, io.ErrUnexpectedEOF):
		e.Why = reason.ArchiveEnds.With()
	case errors.Is(err, archive.ErrLimit):
		e.Why = reason.ArchiveLarge.With(s.limits.Unpacked)
	default:
		e.Why = reason.ArchiveSyntax.With(reason.Of(err))
	}
	return e
}
