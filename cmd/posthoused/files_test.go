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

// The name of a file that is missing is said once.
func TestAMissingFileIsNamedOnce(t *testing.T) {
	there := recorded(t, "a.test", "GET / 200 x")
	t.Chdir(t.TempDir())
	for _, args := range [][]string{{"show", "lacking"}, {"convert", "lacking", "out.har"}, {"compare", there, "lacking"},
		{"compare", "lacking", there}, {"rules", "check", "lacking"}, {"rules", "import", "lacking"}, {"resend", "lacking"},
		{"-config", "lacking", "-listen", "127.0.0.1:0"}, {"-rules", "lacking", "-listen", "127.0.0.1:0"}} {
		code, _, stderr := ran(t, "", args...)
		if n := strings.Count(stderr, "lacking"); code == 0 || n != 1 {
			t.Errorf("%q: %d, named %d times: %s", args, code, n, stderr)
		}
	}
}
