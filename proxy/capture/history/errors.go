package history

import (
	"errors"
	"fmt"
)

// ErrNotHere: the exchange is not in this history or session.
var ErrNotHere = errors.New("this exchange is not here")

// LockedError: another process has the history.
type LockedError struct{ Folder string }

func (e *LockedError) Error() string {
	return fmt.Sprintf("%s: another process keeps its history here", e.Folder)
}

// LaterError: a later version of Posthouse wrote the file. It is not written to.
type LaterError struct {
	File    string
	Version int
}

func (e *LaterError) Error() string {
	return fmt.Sprintf("%s: a later version of Posthouse wrote this (format %d; this one reads up to %d)", e.File, e.Version, formatVersion)
}

// UnusableError: the folder cannot be read or written.
type UnusableError struct {
	Folder string
	Err    error
}

func (e *UnusableError) Error() string {
	return fmt.Sprintf("the history in %s cannot be used: %v", e.Folder, e.Err)
}
func (e *UnusableError) Unwrap() error { return e.Err }

// DamagedError: a part of a file is not what was written.
type DamagedError struct {
	File string
	At   int64 // offset in bytes
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d: %v", e.File, e.At, e.Err)
}
func (e *DamagedError) Unwrap() error { return e.Err }

// formatVersion is that of all files here. A reader takes no later one.
const formatVersion = 1

var errCut = errors.New("its end is missing")

// ErrTooLarge: the heads of an exchange have more than 8 MiB. What writes a file can go on without it.
var ErrTooLarge = errors.New("its heads are too large to be kept")
