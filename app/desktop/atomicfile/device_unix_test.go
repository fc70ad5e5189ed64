//go:build unix

package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// A device and a pipe stay what they are.
func TestDevices(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0) // so that a writer need not wait for one
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	for _, path := range []string{pipe, "/dev/null"} {
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{}, {Secret: true}} {
			if err := o.Write(path, []byte("x")); !errors.Is(err, ErrDevice) {
				t.Errorf("%s, %+v: %v", path, o, err)
			}
		}
		if err := (Options{Direct: true}).Write(path, []byte("text")); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
			t.Errorf("%s was replaced: %v", path, err)
		}
	}
	got := make([]byte, 9)
	if n, err := reader.Read(got); string(got[:n]) != "text" {
		t.Errorf("the pipe holds %q, %v", got[:n], err)
	}
}

// What a process has open by a number is written to, also where it is a file:
// whoever opened that goes on writing to it.
func TestDescriptorsAreWrittenTo(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	defer func() { _ = w.Close() }()
	path := filepath.Join("/dev/fd", strconv.Itoa(int(w.Fd())))
	if _, err := os.Stat(path); err != nil {
		t.Skip(err)
	}
	if err := (Options{Direct: true}).Write(path, []byte("text")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 9)
	if n, err := r.Read(got); string(got[:n]) != "text" {
		t.Errorf("%q, %v", got[:n], err)
	}
}
