//go:build !windows

package autostart

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/bounded"
)

// maxEntry bounds what is read of an entry, in bytes.
const maxEntry = 1 << 20

// writeEntry writes a file that differs.
func writeEntry(path, text string) error {
	if old, err := bounded.ReadFile(path, maxEntry); err == nil && string(old) == text {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(path, []byte(text))
}

func removeEntry(path string) error {
	atomicfile.RemovePieces(path)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
