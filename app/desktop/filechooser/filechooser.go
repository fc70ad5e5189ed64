// Package filechooser asks a person for files with the dialog of the desktop: the portal's on
// Linux (org.freedesktop.portal.FileChooser), IFileDialog on Windows, NSOpenPanel and NSSavePanel
// on macOS. It makes no file and touches none: what is chosen are names.
//
// Choose waits for the person, on any goroutine but the toolkit's own, and ends soon after its
// context does; the dialog is closed then. What it answers is checked: each path is absolute, clean,
// on this computer and without NUL. It need not be UTF-8, as names of files need not be.
package filechooser

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
)

// What Choose ends with instead of an answer, beside the error of its context.
var (
	// ErrNone: there is no such dialog here, or it went away before there was an answer.
	ErrNone = errors.New("this desktop has no file dialog that answers")
	// ErrLeft: the person closed the dialog without choosing.
	ErrLeft = errors.New("no file was chosen")
	// ErrElsewhere: what was chosen is no file on this computer.
	ErrElsewhere = errors.New("what was chosen is no file on this computer")
)

// A Kind is a kind of files that the dialog offers to show alone.
type Kind struct {
	Name       string   // for people
	Extensions []string // in lower case, without the dot; none: all files
}

// A Request is what is asked for. The zero value asks for one file of any kind to open.
type Request struct {
	Window  uintptr      // the window that the dialog is for: of X11, an HWND, an NSWindow; 0: none
	Main    func(func()) // runs a function on the goroutine of the window; macOS needs it
	Title   string
	Save    bool   // a name to write to; else files that are there
	Several bool   // to open: more than one may be chosen
	Name    string // to save: what is proposed, a name without a folder
	Folder  string // where to begin; "" leaves that to the system
	Kinds   []Kind // the first is shown at first
}

// Choose asks the person. It answers with at least one path, with one where one was asked for.
func Choose(ctx context.Context, r Request) ([]string, error) { return choosing(ctx, r, choose) }

func choosing(ctx context.Context, r Request, choose func(context.Context, *Request) ([]string, error)) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.Name != "" {
		r.Name = filepath.Base(r.Name)
	}
	paths, err := choose(ctx, &r)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	return checked(paths, &r)
}

// Bounds of what is taken as an answer.
const (
	maxPaths = 10_000
	maxPath  = 32 << 10 // bytes; Windows knows paths of 32,767 characters
)

// checked are the paths of an answer, if they can be what was asked for.
func checked(paths []string, r *Request) ([]string, error) {
	if len(paths) == 0 || len(paths) > maxPaths || len(paths) > 1 && (r.Save || !r.Several) {
		return nil, ErrNone // a dialog that answers this cannot be used
	}
	clean := make([]string, len(paths))
	for i, path := range paths {
		if len(path) > maxPath || strings.ContainsRune(path, 0) || !filepath.IsAbs(path) {
			return nil, ErrElsewhere
		}
		clean[i] = filepath.Clean(path)
	}
	return clean, nil
}
