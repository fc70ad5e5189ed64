package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// tree makes a small directory to pack, with given times and rights.
func tree(t *testing.T, age time.Duration, mode os.FileMode) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "Top-1")
	for name, text := range map[string]string{"b/two": "22", "a": "1", "b/run.exe": "MZ"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700|mode); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600|mode&0o066); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The bytes depend on names and contents alone.
func TestArchivesAreTheSame(t *testing.T) {
	at := time.Unix(1700000000, 0).UTC()
	for _, name := range []string{"x.tar", "x.tar.gz", "x.zip"} {
		var all [2][]byte
		for i, dir := range []string{tree(t, time.Hour, 0), tree(t, 48*time.Hour, 0o055)} {
			out := filepath.Join(t.TempDir(), name)
			write := writeTar
			if name == "x.zip" {
				write = writeZip
			}
			if err := write(out, dir, at); err != nil {
				t.Fatal(err)
			}
			all[i], _ = os.ReadFile(out)
		}
		if !bytes.Equal(all[0], all[1]) || len(all[0]) == 0 {
			t.Errorf("%s: %d and %d bytes differ", name, len(all[0]), len(all[1]))
		}
	}
}

func TestTarHolds(t *testing.T) {
	out := filepath.Join(t.TempDir(), "x.tar.gz")
	if err := writeTar(out, tree(t, 0, 0), time.Unix(1700000000, 0)); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.ModTime.Unix() != 1700000000 || h.Uid != 0 {
			t.Errorf("%s: %+v", h.Name, h)
		}
		got = append(got, h.Name)
	}
	if s := strings.Join(got, " "); s != "Top-1/ Top-1/a Top-1/b/ Top-1/b/run.exe Top-1/b/two" {
		t.Errorf("it holds %s", s)
	}
}

func TestZipHolds(t *testing.T) {
	out := filepath.Join(t.TempDir(), "x.zip")
	if err := writeZip(out, tree(t, 0, 0), time.Unix(1700000000, 0).UTC()); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	if len(z.File) != 3 || z.File[1].Name != "Top-1/b/run.exe" || z.File[1].Mode() != 0o755 || z.File[0].Mode() != 0o644 {
		t.Errorf("it holds %+v", z.File)
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	dir := tree(t, 0, 0)
	if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	out := filepath.Join(t.TempDir(), "x.zip")
	if err := writeZip(out, dir, time.Now()); err == nil {
		t.Error("a symbolic link was packed")
	}
	if err := writeZip(out, filepath.Join(dir, "none"), time.Now()); err == nil {
		t.Error("what is not there was packed")
	}
}

func TestSums(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b", "a", sumsName} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeSums(dir); err != nil {
		t.Fatal(err)
	}
	const x = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
	if got, _ := os.ReadFile(filepath.Join(dir, sumsName)); string(got) != x+"  a\n"+x+"  b\n" {
		t.Errorf("%s", got)
	}
}

func TestIcon(t *testing.T) {
	for _, name := range iconNames {
		checkIcon(t, name)
	}
	if _, err := makeIcon(t.TempDir(), "app", iconSizes); err == nil {
		t.Error("an icon was made of nothing")
	}
}

func checkIcon(t *testing.T, name string) {
	ico, err := makeIcon("../../assets/png", name, iconSizes)
	if err != nil {
		t.Fatal(err)
	}
	if n := binary.LittleEndian.Uint16(ico[4:]); int(n) != len(iconSizes) {
		t.Fatalf("%d pictures", n)
	}
	for i, size := range iconSizes {
		e := ico[6+16*i:]
		length, offset := binary.LittleEndian.Uint32(e[8:]), binary.LittleEndian.Uint32(e[12:])
		if e[0] != byte(size) || !bytes.HasPrefix(ico[offset:], []byte("\x89PNG")) || int(offset+length) > len(ico) {
			t.Errorf("picture %d of %s: size %d, %d bytes at %d", i, name, e[0], length, offset)
		}
	}
}

func TestWindowsVersion(t *testing.T) {
	for text, want := range map[string][3]int{"1.2.3": {1, 2, 3}, "0.1.0~git20260101.abc": {0, 1, 0}, "2.0.1-rc1": {2, 0, 1}, "x": {}} {
		if v := windowsVersion(text); v.Major != want[0] || v.Minor != want[1] || v.Patch != want[2] {
			t.Errorf("%s is %+v", text, v)
		}
	}
}

func TestEpoch(t *testing.T) {
	for text, want := range map[string]int64{"1700000000": 1700000000, "": 315532800, "5": 315532800, "x": 315532800} {
		t.Setenv("SOURCE_DATE_EPOCH", text)
		if got := epoch().Unix(); got != want {
			t.Errorf("%q is %d", text, got)
		}
	}
}

// The version is the tag's where there is one, and a tag that FyneApp.toml contradicts is refused.
func TestVersionOfATag(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it is a shell script")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is missing")
	}
	dir := t.TempDir()
	script, err := os.ReadFile("../version")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, text []byte) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, text, 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	write(".ci/version", script)
	write("FyneApp.toml", []byte("[Details]\nVersion = \"1.2.3\"\n"))
	command := func(name string, args ...string) (string, error) {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
			"GIT_CEILING_DIRECTORIES="+filepath.Dir(dir),
			"GIT_COMMITTER_DATE=2026-01-31T13:00:00+01:00", "GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@x.test", "GIT_COMMITTER_NAME=x",
			"GIT_COMMITTER_EMAIL=x@x.test")
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	expect := func(prefix string) {
		t.Helper()
		if got, err := command(".ci/version"); err != nil || !strings.HasPrefix(got, prefix) {
			t.Errorf("%q, %v; want %s", got, err, prefix)
		}
	}
	git := func(args ...string) {
		t.Helper()
		if out, err := command("git", args...); err != nil {
			t.Fatalf("git %q: %s", args, out)
		}
	}
	expect("1.2.3")
	git("init", "-q")
	git("add", "FyneApp.toml")
	git("commit", "-q", "-m", "x")
	expect("1.2.3~git20260131120000.")
	git("tag", "v1.2.3-rc1")
	expect("1.2.3~rc1")
	git("tag", "-d", "v1.2.3-rc1")
	git("tag", "v1.2.3")
	expect("1.2.3")
	git("tag", "-d", "v1.2.3")
	git("tag", "v2.0.0")
	if got, err := command(".ci/version"); err == nil || !strings.Contains(got, "make them agree") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestDependsOfAStaticProgram(t *testing.T) {
	if err := printDepends([]string{filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a program that is not there depends on nothing")
	}
}
