// Package hosttest fakes a computer below a folder of a test.
package hosttest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"posthouse/app/clients/internal/host"
)

// Computer is a computer of a test: its root is a temporary folder, its user's home
// is /home/u, and its programs lie in /usr/local/bin and /usr/bin.
type Computer struct {
	*host.Computer
	t testing.TB
}

// New makes one. On Windows the test is skipped: what can be run there has an ending.
func New(t testing.TB) *Computer {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the faked computer is one of Unix")
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &Computer{host.New(nil, filepath.Join(root, "home", "u")), t}
	c.Root = root
	c.Dirs = []string{c.At("/usr/local/bin"), c.At("/usr/bin")}
	c.Env = []string{"PATH=" + c.Dirs[0] + string(filepath.ListSeparator) + c.Dirs[1], "HOME=" + c.Home}
	for _, dir := range append(c.Dirs, c.Home) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// Write writes a file and returns its path.
func (c *Computer) Write(path, text string) string { return c.write(path, text, 0o600) }

// Program writes a file that can be run and returns its path.
func (c *Computer) Program(path, text string) string { return c.write(path, text, 0o700) }

func (c *Computer) write(path, text string, mode os.FileMode) string {
	c.t.Helper()
	path = c.At(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// Link makes a symbolic link that says to; the test is skipped where none can be made.
func (c *Computer) Link(path, to string) string {
	c.t.Helper()
	path = c.At(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		c.t.Skip(err)
	}
	return path
}
