package archive

import (
	"errors"
	"io"

	"posthouse/proxy/reason"
)

// Limits bound what a file may ask for. A limit of zero is the one that stands beside
// it. What is beyond a limit ends the reading with a *BrokenError; a body that is too
// long is cut instead (flow.BodyCut), and what follows it is read.
type Limits struct {
	Body     int64 // bytes that are kept of one body: 32 MiB
	Head     int64 // bytes of one head, or of any other single value: 4 MiB
	Entries  int   // exchanges: 10,000,000
	Depth    int   // levels of nesting: 200
	Unpacked int64 // bytes of all that is read, without compression: 64 GiB
}

// Filled is the limits with their defaults.
func (l Limits) Filled() Limits {
	fill(&l.Body, 32<<20)
	fill(&l.Head, 4<<20)
	fill(&l.Entries, 10_000_000)
	fill(&l.Depth, 200)
	fill(&l.Unpacked, 64<<30)
	return l
}

func fill[T int | int64](limit *T, standard T) {
	if *limit <= 0 {
		*limit = standard
	}
}

// ErrLimit is wrapped by a *BrokenError that is about a limit.
var ErrLimit = errors.New("a limit of the reader was reached")

// Unpacking reads at most Limits.Unpacked bytes of r; then the error is a *BrokenError.
func (l Limits) Unpacking(r io.Reader) io.Reader {
	most := l.Filled().Unpacked
	return &unpacking{r: r, left: most, most: most}
}

type unpacking struct {
	r          io.Reader
	left, most int64
}

func (u *unpacking) Read(b []byte) (int, error) {
	if u.left == 0 {
		if n, err := u.r.Read(make([]byte, 1)); n == 0 {
			return 0, err
		}
		return 0, &BrokenError{Offset: u.most, Why: reason.ArchiveLarge.With(u.most), Err: ErrLimit}
	}
	n, err := u.r.Read(b[:min(int64(len(b)), u.left)])
	u.left -= int64(n)
	return n, err
}
