//go:build unix

package settings_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"posthouse/app/settings"
)

// A pipe in the place of the settings is told, and its other end is not waited for, neither at the start nor later.
func TestASettingsFileThatIsAPipe(t *testing.T) {
	for _, later := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "settings.toml")
		pipe := func() {
			if err := errors.Join(os.RemoveAll(path), syscall.Mkfifo(path, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		if !later {
			pipe()
		}
		done := make(chan error, 1)
		go func() {
			f, _ := settings.Open(settings.FileOptions{Path: path}, settings.Default())
			if later {
				if err := save(f, nil); err != nil {
					t.Error(err)
				}
				pipe()
				follow(f, func(settings.Settings) error { return nil })
			}
			done <- f.Problem()
		}()
		select {
		case err := <-done:
			var bad *settings.FileError
			if !errors.As(err, &bad) || bad.Problem != settings.FileUnreadable {
				t.Errorf("later %v: %v", later, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("later %v: the pipe is waited for", later)
			other, err := os.OpenFile(path, os.O_RDWR, 0) // so that it ends
			if err == nil {
				_ = other.Close()
			}
		}
	}
}
