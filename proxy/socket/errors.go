package socket

import (
	"errors"
	"os"
)

// ErrWrite marks the errors of Splice and Copy that came from the writing side.
var ErrWrite = errors.New("socket: write failed")

type writeError struct{ err error }

func (e *writeError) Error() string        { return "write: " + e.err.Error() }
func (e *writeError) Unwrap() error        { return e.err }
func (e *writeError) Is(target error) bool { return target == ErrWrite }

// IsInterrupt reports whether err came from Interrupt (or a deadline).
func IsInterrupt(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
