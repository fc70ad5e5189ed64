// Package archive reads and writes what keeps exchanges outside of Posthouse: HAR,
// session files, and the files of other programs. The root has what all formats share:
// the streams of exchanges, the table of formats, how a file is told to be of one, the
// limits that every reader keeps to, and what is said of a file that is broken. Reading
// and writing is done by the packages below, which enter themselves into the table; a
// program imports those that it wants.
//
// A Reader and a Writer hold one exchange at a time, whatever the size of the file, and
// belong to one goroutine. They start none. A file is hostile: it can make a reader
// refuse, never grow past its Limits.
package archive

import (
	"bytes"
	"fmt"
	"io"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Reader gives the exchanges of a file one by one, in the file's order.
type Reader interface {
	// Next is the next exchange, which belongs to the caller. The error is io.EOF at the
	// end, and a *BrokenError where the file cannot be read on: what was given before
	// stands. After an error, Next gives the same error again.
	Next() (*flow.Exchange, error)
}

// Writer writes exchanges one by one. It keeps none.
type Writer interface {
	// Write adds an exchange. After an error the file is of no use.
	Write(*flow.Exchange) error
	// Close writes what the format has at its end, and does not close what is below.
	// A file without it is incomplete.
	Close() error
}

// BrokenError says where and why a file could not be read on. The exchanges before are
// whole.
type BrokenError struct {
	Offset  int64       // byte in the file, from 0, or of what it unpacks to; -1 where that is not known
	Line    int64       // from 1; 0 where that is not known or means nothing
	Entries int         // exchanges that were read before
	Why     flow.Reason // what is wrong there
	Err     error       // for programs; may be nil
}

func (e *BrokenError) Error() string { return reason.English(e.Reason()) }
func (e *BrokenError) Unwrap() error { return e.Err }

// Reason is the whole sentence: where, why, and how much was read.
func (e *BrokenError) Reason() flow.Reason {
	where := flow.Reason{}
	switch {
	case e.Line > 0:
		where = reason.ArchiveLine.With(e.Line)
	case e.Offset >= 0:
		where = reason.ArchiveByte.With(e.Offset)
	default:
		where = reason.ArchiveEntry.With(e.Entries + 1)
	}
	return reason.ArchiveBroken.With(where, e.Why, e.Entries)
}

// UnknownError says that a file is in no format that can be read.
type UnknownError struct {
	Name   string // of the file
	Format Format // that it is in, and that nothing reads; Unknown where it is in none
	Empty  bool   // there is nothing in it to read
}

func (e *UnknownError) Error() string { return reason.English(e.Reason()) }

// Reason is what flow.Explained asks for.
func (e *UnknownError) Reason() flow.Reason {
	if e.Empty {
		return reason.ArchiveEmpty.With(e.Name)
	}
	if e.Format != Unknown {
		return reason.ArchiveUnread.With(e.Format.String())
	}
	return reason.ArchiveUnknown.With(e.Name)
}

// Codec is what a package below does for one format.
type Codec struct {
	// Open begins to read size bytes. It may read the beginning and the end; an error
	// that is about the contents is a *BrokenError.
	Open func(r io.ReaderAt, size int64, limits Limits) (Reader, error)
	// Create begins to write; nil where the format is only read.
	Create func(w io.Writer) (Writer, error)
}

// codecs has the formats that are at hand. It is filled when packages are loaded and
// constant afterwards.
var codecs [formats]Codec

// Register enters what does a format, once. It is for packages that are being loaded.
func Register(f Format, c Codec) {
	if codecs[f].Open != nil || codecs[f].Create != nil {
		panic(fmt.Sprintf("the format %s is entered twice", f))
	}
	codecs[f] = c
}

// headSize is how much of a file is looked at to tell its format, in bytes.
const headSize = 4096

// Open tells the format of a file by its first bytes and its name, and begins to read
// it. The error is an *UnknownError where there is no reader for it.
func Open(r io.ReaderAt, size int64, name string, limits Limits) (Reader, Format, error) {
	f, err := FormatOf(r, size, name)
	if err != nil {
		return nil, Unknown, err
	}
	reader, err := OpenAs(f, r, size, name, limits)
	return reader, f, err
}

// FormatOf is Detect for a file. The error is that of reading it.
func FormatOf(r io.ReaderAt, size int64, name string) (Format, error) {
	head := make([]byte, min(size, headSize))
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return Unknown, err
	}
	return Detect(head[:n], name), nil
}

// OpenAs begins to read a file of a format that is known.
func OpenAs(f Format, r io.ReaderAt, size int64, name string, limits Limits) (Reader, error) {
	if empty(r, size) {
		return nil, &UnknownError{Name: name, Empty: true}
	}
	if f >= formats || codecs[f].Open == nil {
		return nil, &UnknownError{Name: name, Format: f}
	}
	return codecs[f].Open(r, size, limits)
}

// empty reports whether a file has nothing but space, or is smaller than that.
func empty(r io.ReaderAt, size int64) bool {
	if size > headSize {
		return false
	}
	text := make([]byte, size)
	n, err := r.ReadAt(text, 0)
	return (err == nil || err == io.EOF) && len(bytes.TrimSpace(bytes.TrimPrefix(text[:n], []byte("\ufeff")))) == 0
}

// Create begins to write a file of a format. The error is an *UnknownError where it is
// only read.
func Create(f Format, w io.Writer) (Writer, error) {
	if f >= formats || codecs[f].Create == nil {
		return nil, &UnknownError{Format: f}
	}
	return codecs[f].Create(w)
}
