//go:build unix

package ca

import (
	"errors"
	"os"
	"testing"
)

// Whoever owns the folder or the file can read and replace the key, whatever their modes are.
func TestAnotherOwnerIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const nobody = 65534
	for _, what := range []string{"folder", "file"} {
		dir := t.TempDir()
		if _, err := Open(dir, Options{}); err != nil {
			t.Fatal(err)
		}
		path := dir
		if what == "file" {
			path = File(dir)
		}
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
		for name, open := range map[string]func() error{
			"Open": func() error { _, err := Open(dir, Options{}); return err },
			"Load": func() error { _, err := Load(dir); return err },
		} {
			if err := open(); !errors.Is(err, ErrExposed) {
				t.Errorf("%s with the %s of another user: %v", name, what, err)
			}
		}
		if what == "folder" {
			if _, err := Replace(dir, Options{}); !errors.Is(err, ErrExposed) {
				t.Errorf("Replace in the folder of another user: %v", err)
			}
		}
	}
	if _, err := Open(t.TempDir(), Options{}); err != nil {
		t.Errorf("with the right owner: %v", err)
	}
}
