package main

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"posthouse/proxy/archive"
)

// What comes through a pipe is bounded, and leaves no file behind where the system lets it.
func TestPipesAreBounded(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var in input
	err := in.copy(strings.NewReader(strings.Repeat("x", 101)), archive.Limits{Unpacked: 100})
	if err == nil || !strings.Contains(err.Error(), "more than 100 bytes") {
		t.Error(err)
	}
	in.close()
	if err := in.copy(strings.NewReader(strings.Repeat("x", 100)), archive.Limits{Unpacked: 100}); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(os.TempDir())
	if runtime.GOOS != "windows" && len(left) > 0 || err != nil {
		t.Error(left, err)
	}
	in.close()
}
