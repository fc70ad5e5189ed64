package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
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

func TestModeOfWhatIsReplacedStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := (Options{Mode: 0o644}).Write(path, []byte("one")); err != nil {
		t.Fatal(err)
	}
	mode := func() os.FileMode {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	first := mode()
	if runtime.GOOS != "windows" && first != 0o644 {
		t.Errorf("a new file has mode %o", first)
	}
	if err := Write(path, []byte("two")); err != nil || mode() != first {
		t.Errorf("then %o, %v", mode(), err)
	}
}

// Whoever keeps files under version control has links in their places.
func TestLinksAreFollowedToTheFile(t *testing.T) {
	dir := t.TempDir()
	kept, link := filepath.Join(dir, "kept", "file"), filepath.Join(dir, "link")
	if err := os.Mkdir(filepath.Dir(kept), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("kept", "file"), link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	for _, text := range []string{"where the link led nowhere", "where it led to a file"} {
		if err := Write(link, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(kept); string(got) != text || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
	if err := (Options{Secret: true}).Write(link, []byte("secret")); !errors.Is(err, ErrLink) {
		t.Errorf("a secret through a link: %v", err)
	}
	if err := os.Symlink("circle", filepath.Join(dir, "circle")); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "circle"), nil); err == nil {
		t.Error("a link to itself was written to")
	}
}

func TestFoldersAreRefused(t *testing.T) {
	dir := t.TempDir()
	for _, o := range []Options{{}, {Direct: true}, {Secret: true}} {
		if err := o.Write(dir, []byte("x")); !errors.Is(err, syscall.EISDIR) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// What changed while the new file was written stays.
func TestReadyKeepsWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := Write(path, []byte("one")); err != nil {
		t.Fatal(err)
	}
	no := errors.New("no")
	if err := (Options{Ready: func() error { return no }}).Write(path, []byte("two")); !errors.Is(err, no) {
		t.Errorf("%v", err)
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	if got, _ := os.ReadFile(path); string(got) != "one" || len(entries) != 1 {
		t.Errorf("%q, %d files", got, len(entries))
	}
	// A link that came meanwhile is not renamed over.
	other := filepath.Join(t.TempDir(), "other")
	swap := func() error {
		return errors.Join(os.Remove(path), os.Symlink(other, path))
	}
	if err := (Options{Ready: swap}).Write(path, []byte("two")); err == nil {
		t.Error("a link was replaced")
	}
}

// What fails is told of the file that was asked for, or of the folder that is not there.
func TestFailuresNameWhatWasAskedFor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	path := filepath.Join(dir, "file")
	of := &fs.PathError{}
	if err := Write(path, nil); !errors.As(err, &of) || of.Path != dir || !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	err := Options{}.Stream(path, func(io.Writer) error { return os.RemoveAll(dir) })
	if runtime.GOOS != "windows" && (!errors.As(err, &of) || of.Path != path) { // there the folder cannot go
		t.Error(err)
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := (piece{f, path}).Write([]byte("x")); !errors.As(err, &of) || of.Path != path || !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}
