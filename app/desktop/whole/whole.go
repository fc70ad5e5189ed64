// Package whole writes files that are whole or not there, and removes what a
// writer left that was killed half-way.
package whole

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"github.com/natefinch/atomic"
)

// Write puts text into a file, synced: at any moment the old or the new is there.
// A new file has mode 0600.
func Write(path string, text []byte) error { return atomic.WriteFile(path, bytes.NewReader(text)) }

// RemovePieces removes what Writes of path left that were killed: files beside it
// with its name and digits after it. The caller sees to it that none is under way.
func RemovePieces(path string) {
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), base)
		if ok && rest != "" && strings.Trim(rest, "0123456789") == "" && e.Type().IsRegular() {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
