package sessions

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
)

// written writes a file and returns its path.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sazFile is an archive as Fiddler writes it.
func sazFile(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{"raw/1_c.txt": "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"raw/1_s.txt": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What other programs write is opened by way of a file that this user alone can read, and that goes
// when it is closed.
func TestOtherFormats(t *testing.T) {
	flows, err := os.ReadFile("../../proxy/archive/mitm/testdata/mitmdump-8.1.1.mitm")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		format     archive.Format
	}{
		{"a.har", `{"log":{"entries":[{"request":{"method":"GET","url":"http://a.test/"},"response":{"status":200}}]}}`, archive.HAR},
		{"no ending", `{"log":{"entries":[{"request":{"method":"GET","url":"http://a.test/"},"response":{"status":200}}]}}`, archive.HAR},
		{"a.saz", sazFile(t), archive.SAZ},
		{"a.mitm", string(flows), archive.Mitmproxy},
		{"a.chlsj", `[{"status":"COMPLETE","method":"GET","protocolVersion":"HTTP/1.1","scheme":"http","host":"a.test","path":"/",` +
			`"request":{"header":{"firstLine":"GET / HTTP/1.1","headers":[]}},"response":{"status":200,"header":{"headers":[]}}}]`,
			archive.Charles},
		{"a.http", "GET http://a.test/ HTTP/1.1\r\n\r\n", archive.Raw},
		{"a.txt", "curl 'http://a.test/' -H 'a: b'", archive.CommandLine},
	} {
		dir := filepath.Join(t.TempDir(), "opened")
		path := written(t, c.name, c.text)
		o := opened(t, dir, path)
		if o.Format != c.format || o.Name != c.name || o.Path != path || o.Problem != nil || count(o) == 0 {
			t.Errorf("%s: %+v", c.name, o)
		}
		names := entries(t, dir)
		info, err := os.Stat(filepath.Join(dir, names[0]))
		folder, err2 := os.Stat(dir)
		if err := errors.Join(err, err2); err != nil || len(names) != 1 || runtime.GOOS != "windows" &&
			(info.Mode().Perm() != 0o600 || folder.Mode().Perm() != 0o700) {
			t.Error(info, folder, err)
		}
		if o.Unkept() || !o.Exchanges.Annotate(1, flow.Annotation{Star: true}) || !o.Unkept() {
			t.Error("it is not known that marks go with it")
		}
		if row, _ := o.Exchanges.Row(1); !row.Star {
			t.Error("the mark does not hold")
		}
		if err := errors.Join(o.Close(), o.Close()); err != nil || len(entries(t, dir)) > 0 {
			t.Error(err, entries(t, dir))
		}
	}
}

const harEntry = `{"request":{"method":"GET","url":"http://a.test/"},"response":{"status":200}}`

// A file that breaks off shows what came before; one that gives nothing is an error, and leaves nothing.
func TestAFileThatBreaksOff(t *testing.T) {
	dir := t.TempDir()
	o := opened(t, dir, written(t, "a.har", `{"log":{"entries":[`+harEntry+","+harEntry+`,{"requ`))
	var broken *archive.BrokenError
	if !errors.As(o.Problem, &broken) || broken.Entries != 2 || count(o) != 2 {
		t.Errorf("%d, %v", count(o), o.Problem)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, written(t, "a.har", `{"log":{"entries":[{"requ`), nil); !errors.As(err, &broken) {
		t.Error(err)
	}
	if left := entries(t, dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	empty := opened(t, dir, written(t, "a.har", `{"log":{"entries":[]}}`))
	if empty.Problem != nil || count(empty) != 0 {
		t.Errorf("an empty one: %v", empty.Problem)
	}
}

// cancelling is cancelled by what is written.
type cancelling struct {
	io.Writer
	cancel func()
}

func (c cancelling) Write(b []byte) (int, error) {
	c.cancel()
	return c.Writer.Write(b)
}

// A disk that fills, or a person who cancels, leaves nothing behind.
func TestAConversionThatEndsLeavesNothing(t *testing.T) {
	path := written(t, "a.har", `{"log":{"entries":[`+strings.Repeat(harEntry+",", 20000)+harEntry+`]}}`)
	dir := t.TempDir()
	o := opening{dir: dir, out: full(10 << 10)}
	if _, err := o.open(t.Context(), path, nil); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o.out = func(w io.Writer) io.Writer { return cancelling{w, cancel} } // half-way
	if _, err := o.open(ctx, path, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left := entries(t, dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	var parts []float64
	opened, err := Open(t.Context(), dir, path, func(part float64) { parts = append(parts, part) })
	if err != nil || len(parts) == 0 || parts[len(parts)-1] != 1 || !slices.IsSorted(parts) {
		t.Fatal(parts, err)
	}
	if err := opened.Close(); err != nil {
		t.Error(err)
	}
}

// A person can cancel while an archive that was cut off is looked through for its files, which is before
// its first exchange, and while one is read.
func TestCancellingAnArchive(t *testing.T) {
	whole := sazFile(t)
	for name, file := range map[string]string{"whole": whole, "cut": whole[:len(whole)-30]} {
		dir := t.TempDir()
		path := written(t, "a.saz", file)
		ctx, cancel := context.WithCancel(t.Context())
		o := opening{dir: dir, out: func(w io.Writer) io.Writer { return cancelling{w, cancel} }}
		tell := func(float64) { cancel() }
		if opened, err := o.open(ctx, path, tell); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, %v", name, opened, err)
		}
		if left := entries(t, dir); len(left) > 0 {
			t.Errorf("%s: %v is left", name, left)
		}
		cancel()
	}
}

// A bomb is stopped by the limits, and what came before is shown.
func TestLimitsHold(t *testing.T) {
	o := opening{dir: t.TempDir(), limits: archive.Limits{Entries: 5}}
	opened, err := o.open(t.Context(), written(t, "a.har", `{"log":{"entries":[`+strings.Repeat(harEntry+",", 20)+harEntry+`]}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(opened.Problem, archive.ErrLimit) || count(opened) != 5 {
		t.Errorf("%d, %v", count(opened), opened.Problem)
	}
	if err := opened.Close(); err != nil {
		t.Error(err)
	}
}

// What a killed run left is removed, and nothing else: not what is open, not what is no file of ours.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	o := opened(t, dir, written(t, "a.http", "GET http://a.test/ HTTP/1.1\r\n\r\n"))
	using := entries(t, dir)[0]
	for _, name := range []string{"opened-1.posthouse", "mine.posthouse", "opened-2.har"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "opened-3.posthouse"), 0o700); err != nil {
		t.Fatal(err)
	}
	Sweep(dir)
	want := []string{"mine.posthouse", "opened-2.har", "opened-3.posthouse", using}
	slices.Sort(want)
	if left := entries(t, dir); !slices.Equal(left, want) {
		t.Errorf("left are %v, not %v", left, want)
	}
	if count(o) != 1 {
		t.Error("what is open was taken away")
	}
	Sweep(filepath.Join(dir, "none"))
}
