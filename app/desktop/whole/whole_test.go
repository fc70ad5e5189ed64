package whole

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWriteAndPieces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, text := range []string{"one", "two"} {
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != text || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	for _, name := range []string{"file1", "file123456", "file.1", "file1a", "other1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	RemovePieces(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{"file", "file.1", "file1a", "other1"}; !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
}
