package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"posthouse/proxy/archive"
	_ "posthouse/proxy/archive/charles" // each enters its format
	_ "posthouse/proxy/archive/commandline"
	_ "posthouse/proxy/archive/har"
	_ "posthouse/proxy/archive/mitm"
	_ "posthouse/proxy/archive/rawhttp"
	_ "posthouse/proxy/archive/saz"
	_ "posthouse/proxy/archive/session"
)

// input is a file that is read.
type input struct {
	archive.Reader
	format archive.Format
	file   *os.File
	spool  string // a copy of what is no file, removed at the end
}

// openInput begins to read a file; "-" is standard input. What cannot be read from any
// place, such as a pipe, is copied first.
func openInput(name string, format archive.Format, limits archive.Limits) (in *input, err error) {
	opened := &input{}
	defer func() {
		if err != nil {
			opened.close()
		}
	}()
	in = opened
	if name == "-" {
		err = in.copy(os.Stdin, limits)
	} else if in.file, err = os.Open(name); err == nil {
		info, statErr := in.file.Stat()
		switch {
		case statErr != nil:
			err = statErr
		case info.IsDir():
			err = fmt.Errorf("%s is a folder", name)
		case !info.Mode().IsRegular():
			pipe := in.file
			err = in.copy(pipe, limits)
			_ = pipe.Close() // read only
		}
	}
	if err != nil {
		return nil, err
	}
	info, err := in.file.Stat()
	if err != nil {
		return nil, err
	}
	if format == archive.Unknown {
		in.Reader, in.format, err = archive.Open(in.file, info.Size(), name, limits)
	} else {
		in.format = format
		in.Reader, err = archive.OpenAs(format, in.file, info.Size(), name, limits)
	}
	return in, err
}

// maxSpool bounds what is copied of a pipe, in bytes: it fills a folder that others need.
const maxSpool = 4 << 30

// copy puts what is read into a file of the system's folder for such. Where the system lets
// it, the file has no name from here on: it goes with this process, however that ends.
func (in *input) copy(r io.Reader, limits archive.Limits) error {
	in.file = nil
	f, err := os.CreateTemp("", "posthoused-")
	if err != nil {
		return err
	}
	in.file = f
	if os.Remove(f.Name()) != nil {
		in.spool = f.Name()
	}
	most := min(limits.Filled().Unpacked, maxSpool)
	if n, err := io.Copy(f, io.LimitReader(r, most+1)); err != nil || n <= most {
		return err
	}
	return fmt.Errorf("more than %d bytes come through a pipe: put them into a file and name that", most)
}

func (in *input) close() {
	if in.file != nil {
		_ = in.file.Close() // read only
	}
	if in.spool != "" {
		_ = os.Remove(in.spool)
	}
}

// output is a file that is there whole or not at all; only this user can read it.
type output struct {
	io.Writer
	target  string
	file    *os.File // beside the target until it is whole; nil where it is written to as it is
	replace bool
	keep    bool // what was begun stays where it is when it cannot have its name
	there   bool // a file is replaced
}

// errExists says what to do.
var errExists = errors.New("is there already: name another file")

// orForce says of what is there already that -f replaces it, where a command has that.
func orForce(err error) error {
	if errors.Is(err, errExists) {
		return fmt.Errorf("%w, or say -f to replace it", err)
	}
	return err
}

// createOutput begins a file; "-" is standard output.
func createOutput(name string, replace bool, stdout io.Writer) (*output, error) {
	if name == "-" {
		return &output{Writer: stdout}, nil
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a folder", name)
	case err == nil && !info.Mode().IsRegular(): // a device or a pipe
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &output{Writer: f, file: f}, err
	case err == nil && !replace:
		return nil, fmt.Errorf("%s %w", name, errExists)
	case err == nil: // what a link leads to is replaced, not the link
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	default:
		if _, err := os.Lstat(name); err == nil {
			return nil, fmt.Errorf("%s is a link to a file that is not there", name)
		}
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".part-")
	if err != nil {
		return nil, err
	}
	_, statErr := os.Stat(name)
	return &output{Writer: f, target: name, file: f, replace: replace, there: statErr == nil}, nil
}

// commit puts the file into its place. A file that came there meanwhile stays, without -f.
func (o *output) commit() error {
	if o.file == nil {
		return nil
	}
	if o.target == "" {
		return o.file.Close()
	}
	err := errors.Join(o.file.Sync(), o.file.Close())
	if err == nil && !o.replace {
		switch err = os.Link(o.file.Name(), o.target); {
		case err == nil:
			return os.Remove(o.file.Name())
		case errors.Is(err, fs.ErrExist):
			err = fmt.Errorf("%s %w", o.target, errExists)
		default: // a file system without links
			if _, there := os.Lstat(o.target); errors.Is(there, fs.ErrNotExist) {
				err = os.Rename(o.file.Name(), o.target)
			}
		}
	} else if err == nil {
		err = os.Rename(o.file.Name(), o.target)
	}
	if err != nil && o.keep {
		return fmt.Errorf("%w; what was written is in %s", err, o.file.Name())
	}
	if err != nil {
		_ = os.Remove(o.file.Name())
	}
	return err
}

// giveUp closes what cannot be written to its end, which stays: it can be read up to there.
func (o *output) giveUp(err error) error {
	if o.target == "" {
		o.discard()
		return err
	}
	_ = o.file.Close()
	return fmt.Errorf("%w; what was written is in %s", err, o.file.Name())
}

// discard takes away what was begun.
func (o *output) discard() {
	if o.file != nil {
		_ = o.file.Close()
		if o.target != "" {
			_ = os.Remove(o.file.Name())
		}
	}
}

// formatFlag takes the name of a format.
func formatFlag(to *archive.Format) func(string) error {
	return func(text string) error {
		f, ok := archive.ParseFormat(text)
		if !ok {
			return fmt.Errorf("write one of %s", formatNames(func(archive.Format) bool { return true }))
		}
		*to = f
		return nil
	}
}

func formatNames(which func(archive.Format) bool) string {
	var names []string
	for _, f := range archive.Formats() {
		if which(f) {
			names = append(names, f.String())
		}
	}
	return strings.Join(names, ", ")
}

// writable is the format that a file is to be written in: the one named, or that of its name.
func writable(name string, format archive.Format) (archive.Format, error) {
	if format == archive.Unknown {
		format = archive.OfName(name)
	}
	if name == "-" && format == archive.Unknown {
		format = archive.HAR
	}
	if !format.Writes() {
		return format, fmt.Errorf("%s cannot be written in its format: only %s can. End its name in .har or .posthouse", name,
			formatNames(archive.Format.Writes))
	}
	return format, nil
}
