//go:build unix

package desktop

import (
	"os"
	"os/user"
	"path/filepath"
	"testing"

	"github.com/adrg/xdg"
)

// Without a HOME that can be used, files lie in the account's folder; one that can be stays.
func TestFilesLieInAHome(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(xdg.Reload)
	t.Setenv("XDG_STATE_HOME", "")
	own := t.TempDir()
	for home, want := range map[string]string{"": me.HomeDir, "relative/path": me.HomeDir, own: own} {
		t.Setenv("HOME", home)
		xdg.Reload()
		EnsureHome()
		if inside, err := filepath.Rel(want, StateDir()); err != nil || !filepath.IsLocal(inside) || os.Getenv("HOME") != want {
			t.Errorf("HOME=%q: files lie in %q, HOME is %q", home, StateDir(), os.Getenv("HOME"))
		}
	}
}
