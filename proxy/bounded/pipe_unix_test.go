//go:build unix

package bounded_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"posthouse/proxy/bounded"
)

// A pipe is not opened: that would wait for its other end.
func TestPipesAreNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bounded.ReadFile(path, 9); err != bounded.ErrNotRegular {
		t.Error(err)
	}
	if _, err := bounded.ReadFileHead(path, 9); err != bounded.ErrNotRegular {
		t.Error(err)
	}
}
