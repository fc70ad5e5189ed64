//go:build unix

package app

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"posthouse/proxy/rules"
)

// A pipe in the place of the rules ends neither the start nor the stop of the proxy: the log
// and the window say what it is.
func TestRulesThatAreAPipe(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "rules.toml")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	c := New(Options{Path: filepath.Join(dir, "settings.toml"), Addrs: []string{"127.0.0.1:0"}})
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	c.Start()
	s, err := c.Wait(t.Context(), func(s Status) bool { return s.State == Running || s.State == Failed })
	if err != nil || s.State != Running {
		t.Fatal(err, s.Err)
	}
	var bad *rules.FileError
	if !errors.As(c.Rules().Problem(), &bad) {
		t.Error(c.Rules().Problem())
	}
	if info, err := os.Stat(path); err != nil || info.Mode().IsRegular() {
		t.Error("the pipe was replaced", err)
	}
}
