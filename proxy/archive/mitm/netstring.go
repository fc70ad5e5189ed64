package mitm

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"

	"posthouse/proxy/archive"
	"posthouse/proxy/reason"
)

// A typed netstring is LENGTH ":" BYTES TYPE. A list or a dictionary has others in its
// bytes, so the length of all stands first, and what is inside is looked at only where it
// is asked for: nothing is in memory but the values that are used.

// value is a typed netstring in a file, not yet read.
type value struct {
	kind byte  // ',' bytes, ';' text, '#' integer, '^' float, '!' boolean, '~' null, ']' list, '}' dictionary; 0 none
	at   int64 // of its bytes
	size int64
}

const (
	maxDigits  = 15      // of a length
	maxMembers = 1 << 12 // of a dictionary; flows have some 20
	maxScalar  = 64      // bytes of a number
)

var (
	errEnds   = errors.New("it ends before its end")
	errSyntax = reason.New(reason.ArchiveNoNetstring)
)

// file is read in pages. After an error of the system it gives nothing more.
type file struct {
	r      io.ReaderAt
	size   int64
	page   [32 << 10]byte
	at     int64 // of the page
	filled int
	err    error // of reading
}

// window is up to n bytes (at most a page) at an offset.
func (f *file) window(at int64, n int) []byte {
	if at < 0 || at >= f.size {
		return nil
	}
	if at < f.at || at+int64(n) > f.at+int64(f.filled) {
		got, err := f.r.ReadAt(f.page[:], at)
		if err != nil && err != io.EOF && f.err == nil {
			f.err = err
		}
		f.at, f.filled = at, got
	}
	b := f.page[at-f.at : f.filled]
	return b[:min(len(b), n)]
}

// next is the value at an offset of a section that ends at end, and where the next begins.
func (f *file) next(at, end int64) (v value, after int64, err error) {
	b := f.window(at, int(min(int64(maxDigits+1), end-at)))
	colon := bytes.IndexByte(b, ':')
	switch {
	case f.err != nil:
		return v, at, f.err
	case colon < 0 && len(b) <= maxDigits && digits(b):
		return v, at, errEnds
	case colon <= 0 || !digits(b[:colon]):
		return v, at, errSyntax
	}
	size, err := strconv.ParseInt(string(b[:colon]), 10, 64)
	if err != nil {
		return v, at, errSyntax
	}
	v.at, v.size = at+int64(colon)+1, size
	if size > end-v.at-1 {
		return v, at, errEnds
	}
	kind := f.window(v.at+size, 1)
	switch {
	case f.err != nil:
		return v, at, f.err
	case len(kind) == 0:
		return v, at, errEnds
	case bytes.IndexByte([]byte(",;#^!~]}"), kind[0]) < 0:
		return v, at, errSyntax
	}
	v.kind = kind[0]
	return v, v.at + size + 1, nil
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// dict reads one level of a dictionary. What cannot be read ends it.
func (f *file) dict(v value) map[string]value {
	all := map[string]value{}
	if v.kind != '}' {
		return all
	}
	for at, end := v.at, v.at+v.size; at < end && len(all) < maxMembers; {
		key, after, err := f.next(at, end)
		if err != nil || key.kind != ',' && key.kind != ';' {
			break
		}
		member, after, err := f.next(after, end)
		if err != nil {
			break
		}
		if key.size <= maxScalar {
			all[string(f.bytes(key, maxScalar))] = member
		}
		at = after
	}
	return all
}

// list gives the values of a list one by one, until yield is false or one cannot be read.
func (f *file) list(v value, yield func(value) bool) {
	if v.kind != ']' {
		return
	}
	for at, end := v.at, v.at+v.size; at < end; {
		one, after, err := f.next(at, end)
		if err != nil || !yield(one) {
			return
		}
		at = after
	}
}

// items are the first n values of a list.
func (f *file) items(v value, n int) []value {
	var all []value
	f.list(v, func(one value) bool {
		all = append(all, one)
		return len(all) < n
	})
	return all
}

// bytes reads the first limit bytes of a value.
func (f *file) bytes(v value, limit int64) []byte {
	n := min(v.size, limit)
	if n <= 0 {
		return nil
	}
	if n <= int64(len(f.page)) {
		return bytes.Clone(f.window(v.at, int(n)))
	}
	b := make([]byte, n)
	got, err := f.r.ReadAt(b, v.at)
	if err != nil && err != io.EOF && f.err == nil {
		f.err = err
	}
	return b[:got]
}

// text is bytes or text; anything else is "".
func (f *file) text(v value, limit int64) string {
	if v.kind != ',' && v.kind != ';' {
		return ""
	}
	return string(f.bytes(v, limit))
}

// number is an integer, a float, or 0.
func (f *file) number(v value) float64 {
	if v.kind != '#' && v.kind != '^' {
		return 0
	}
	n, err := strconv.ParseFloat(string(f.bytes(v, maxScalar)), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0
	}
	return n
}

// integer is a number without its fraction, 0 where it is beyond an int32.
func (f *file) integer(v value) int {
	n := f.number(v)
	if math.Abs(n) > math.MaxInt32 {
		return 0
	}
	return int(n)
}

func (f *file) boolean(v value) bool {
	return v.kind == '!' && string(f.bytes(v, maxScalar)) == "true"
}

// broken is the error of a place where no flow could be read.
func broken(err error, at int64, entries int) error {
	e := &archive.BrokenError{Offset: at, Entries: entries, Err: err}
	switch {
	case errors.Is(err, errEnds):
		e.Why = reason.ArchiveEnds.With()
	case errors.Is(err, errSyntax):
		e.Why = reason.ArchiveSyntax.With(reason.Of(err))
	default:
		return err // of the system, not of the file
	}
	return e
}
