//go:build linux

package filetypes

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/app/desktop/winetest"
)

// The tests for Windows, in a Windows of their own.
func TestUnderWine(t *testing.T) {
	if why := winetest.Missing(); why != "" {
		t.Skip(why)
	}
	home := t.TempDir()
	w := winetest.New(t, home, append(os.Environ(), "DISPLAY=", "POSTHOUSE_TEST_REGISTRY=1")...)
	dir := filepath.Join(home, "Program Files 100%")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "posthouse.exe")
	build := exec.Command("go", "test", "-c", "-vet=off", "-o", exe, ".")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.Run("wine", "reg", "add", `HKCU\Software\Wine\Drivers`, "/v", "Graphics", "/d", "null", "/f")
	w.Settle()
	out := w.Run("wine", exe, "-test.run=^TestInTheRegistry$", "-test.v")
	if !strings.Contains(out, "--- PASS: TestInTheRegistry") {
		t.Errorf("%s", out)
	}
}
