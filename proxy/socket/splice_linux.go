package socket

import (
	"errors"
	"io"
	"sync"

	"golang.org/x/sys/unix"
)

// ErrNoSplice says that nothing was moved and that the caller should copy.
var ErrNoSplice = errors.New("socket: splice is not possible here")

const (
	spliceChunk = 1 << 20 // bytes asked for at once; the size wanted of a pipe. With a quarter of it a bulk tunnel costs a third more CPU
	idlePipes   = 16      // pipes kept for later use, two descriptors each
)

type pipe struct{ r, w int }

var pipes struct {
	sync.Mutex
	free []pipe
}

func getPipe() (pipe, error) {
	pipes.Lock()
	if n := len(pipes.free); n > 0 {
		p := pipes.free[n-1]
		pipes.free = pipes.free[:n-1]
		pipes.Unlock()
		return p, nil
	}
	pipes.Unlock()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return pipe{}, err
	}
	// A smaller pipe works too, when the user's share of pipe memory is used up:
	// 64 MiB where the system has not been told otherwise.
	for size := spliceChunk; size > 64<<10; size /= 4 {
		if _, err := unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, size); err == nil {
			break
		}
	}
	return pipe{fds[0], fds[1]}, nil
}

// givePipe takes an empty pipe back.
func givePipe(p pipe) {
	pipes.Lock()
	if len(pipes.free) < idlePipes {
		pipes.free = append(pipes.free, p)
		pipes.Unlock()
		return
	}
	pipes.Unlock()
	closePipe(p)
}

func closePipe(p pipe) {
	_ = unix.Close(p.r)
	_ = unix.Close(p.w)
}

// splicer is one transfer. A pipe is held only from bytes taken in to bytes
// given out, so that a connection that waits holds no descriptors for it.
type splicer struct {
	src, dst *Conn
	left     int64 // still to move; negative: all there is
	held     bool
	p        pipe
	n        int // bytes in the pipe
	err      error
}

// Splice moves up to n bytes (all if n is negative) from c to dst inside the
// kernel, reporting each piece to moved. It returns nil after n bytes or at c's
// end; then a look at the total tells which. Buffered bytes must be sent first.
// A failed write wraps ErrWrite.
func (c *Conn) Splice(dst *Conn, n int64, moved func(int64)) (total int64, err error) {
	if c.raw == nil || dst.raw == nil || c.layer != nil || dst.layer != nil || dst.paced.Load() != nil {
		return 0, ErrNoSplice
	}
	c.poller.acknowledge(c.raw)
	s := &splicer{src: c, dst: dst, left: n}
	in, out := s.fill, s.giveOut
	defer s.drop()
	for s.left != 0 {
		if err := first(c.raw.Read(in), &s.err); err != nil {
			switch {
			case !unable(err):
				return total, err
			case total == 0:
				return 0, ErrNoSplice
			}
			more, err := s.copyOn(moved)
			return total + more, err
		}
		if s.n == 0 {
			return total, nil
		}
		for s.n > 0 {
			before := s.n
			if err := first(dst.raw.Write(out), &s.err); err != nil {
				return total, &writeError{err}
			}
			step := int64(before - s.n)
			total += step
			if s.left > 0 {
				s.left -= step
			}
			moved(step)
		}
		givePipe(s.p)
		s.held = false
	}
	return total, nil
}

// unable reports whether bytes can be moved all the same, through a buffer.
func unable(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) ||
		errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE)
}

// copyOn moves what is left through a buffer: between two pieces of a transfer
// another one may have taken the last descriptors for a pipe.
func (s *splicer) copyOn(moved func(int64)) (total int64, err error) {
	c := s.src
	c.SetBulk(true)
	for s.left != 0 {
		if err := c.Fill(); err == io.EOF {
			return total, nil
		} else if err != nil {
			return total, err
		}
		b := c.Buffered()
		if s.left > 0 {
			b = b[:min(int64(len(b)), s.left)]
			s.left -= int64(len(b))
		}
		n, err := s.dst.Conn.Write(b)
		total += int64(n)
		moved(int64(n))
		if err != nil {
			return total, &writeError{err}
		}
		c.Discard(len(b))
	}
	return total, nil
}

func first(waitErr error, own *error) error {
	if waitErr != nil {
		return waitErr
	}
	err := *own
	*own = nil
	return err
}

func (s *splicer) drop() {
	if s.held {
		if s.n > 0 {
			closePipe(s.p) // bytes are stuck in it
		} else {
			givePipe(s.p)
		}
	}
}

func (s *splicer) fill(fd uintptr) bool {
	if !s.held {
		if s.p, s.err = getPipe(); s.err != nil {
			return true
		}
		s.held = true
	}
	want := int64(spliceChunk)
	if s.left > 0 && s.left < want {
		want = s.left
	}
	for {
		n, err := unix.Splice(int(fd), nil, s.p.w, nil, int(want), unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		switch err {
		case nil:
			s.n = int(n)
			return true
		case unix.EINTR:
		case unix.EAGAIN:
			givePipe(s.p)
			s.held = false
			return false
		default:
			s.err = &sysError{"splice", err.(unix.Errno)}
			return true
		}
	}
}

func (s *splicer) giveOut(fd uintptr) bool {
	for {
		n, err := unix.Splice(s.p.r, nil, int(fd), nil, s.n, unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		switch err {
		case nil:
			if n == 0 {
				s.err = io.ErrShortWrite
			}
			s.n -= int(n)
			return true
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			s.err = &sysError{"splice", err.(unix.Errno)}
			return true
		}
	}
}
