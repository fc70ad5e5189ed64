package autostart

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// An UnfitError says that a program lies where it will not be at the next login.
type UnfitError struct {
	Program string
}

func (e *UnfitError) Error() string {
	return fmt.Sprintf("%s lies in a place that does not last: move it to where programs stay, and start it there", e.Program)
}

// Unfit returns an *UnfitError where the program lies in a folder for temporary
// files, as with go run, or on a medium that may be gone; nil where it stays.
func (e Entry) Unfit() error {
	program, err := e.program()
	if err != nil {
		return err
	}
	if resolved, err := filepath.EvalSymlinks(program); err == nil {
		program = resolved
	}
	if within(program, os.TempDir()) || strings.Contains(program, "go-build") || passing(program) {
		return &UnfitError{program}
	}
	return nil
}

// within reports whether a path lies below a folder.
func within(path, dir string) bool {
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	rest, err := filepath.Rel(dir, path)
	return err == nil && rest != ".." && !strings.HasPrefix(rest, ".."+string(filepath.Separator))
}
