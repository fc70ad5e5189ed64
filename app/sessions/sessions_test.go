package sessions

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/proxy/archive"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/redact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exchange is one with an ID, and a body of some bytes.
func exchange(id flow.ID, body int) *flow.Exchange {
	x := &flow.Exchange{Row: flow.Row{ID: id, Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "GET", Scheme: "http", Host: "a.test",
		Path: fmt.Sprintf("/%d?token=s3cret", id), Proto: "HTTP/1.1", Status: 200, Start: time.Unix(1e9+int64(id), 0)}}
	x.RequestHead = fmt.Appendf(nil, "GET /%d?token=s3cret HTTP/1.1\r\nHost: a.test\r\n\r\n", id)
	x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
	text := bytes.Repeat(fmt.Appendf(nil, "%d ", id), body/2+1)[:body]
	x.ResponseBody = flow.Body{State: flow.BodyWhole, Size: int64(body), Bytes: text}
	x.ResponseSize = int64(body)
	return x
}

// some are n exchanges with odd IDs.
func some(n, body int) iter.Seq[*flow.Exchange] {
	return func(yield func(*flow.Exchange) bool) {
		for i := range n {
			if !yield(exchange(flow.ID(2*i+1), body)) {
				return
			}
		}
	}
}

// saved is a file of n exchanges.
func saved(t *testing.T, f archive.Format, n, body int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a b"+f.Ending())
	written, err := Saving{Format: f, Exchanges: some(n, body), Count: n}.Save(t.Context(), path, nil)
	if err != nil || written != n {
		t.Fatal(written, err)
	}
	return path
}

func opened(t *testing.T, dir, path string) *Opened {
	t.Helper()
	o, err := Open(t.Context(), dir, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// entries are the names in a folder.
func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

func count(o *Opened) (n int) {
	o.Exchanges.Each(func(*flow.Row) { n++ })
	return n
}

// What is saved is there when it is opened: IDs, heads, bodies; what is said of it stays in the file.
func TestASessionIsSavedAndOpened(t *testing.T) {
	path := saved(t, archive.Session, 1000, 3000)
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	dir := t.TempDir()
	o := opened(t, dir, path)
	if o.Name != "a b.posthouse" || o.Path != path || o.ReadOnly || o.Problem != nil || o.Format != archive.Session || count(o) != 1000 {
		t.Fatalf("%+v", o)
	}
	x, ok := o.Exchanges.Get(1999)
	if want := exchange(1999, 3000); !ok || string(x.RequestHead) != string(want.RequestHead) ||
		!bytes.Equal(x.ResponseBody.Bytes, want.ResponseBody.Bytes) {
		t.Errorf("%+v", x.Row)
	}
	said := flow.Annotation{Star: true, Note: "look"}
	if !o.Exchanges.Annotate(7, said) || o.Unkept() {
		t.Error("it is not kept")
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if row, ok := opened(t, dir, path).Exchanges.Row(7); !ok || row.Annotation != said {
		t.Errorf("%+v", row)
	}
	if left := entries(t, dir); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

// Secrets are masked where that is asked for, in both formats.
func TestWhatIsSavedIsMasked(t *testing.T) {
	for _, f := range []archive.Format{archive.Session, archive.HAR} {
		path := filepath.Join(t.TempDir(), "x")
		s := Saving{Format: f, Exchanges: some(3, 10), Count: 3, Masker: redact.New(redact.Options{})}
		if n, err := s.Save(t.Context(), path, nil); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		o := opened(t, t.TempDir(), path)
		o.Exchanges.Each(func(r *flow.Row) {
			if x, _ := o.Exchanges.Get(r.ID); strings.Contains(r.Path, "s3cret") || bytes.Contains(x.RequestHead, []byte("s3cret")) {
				t.Errorf("%v: %s, %s", f, r.Path, x.RequestHead)
			}
		})
	}
}

// What is under way goes on in no file: it has an end there, which says so.
func TestWhatIsUnderWayIsSavedAsFarAsItHasCome(t *testing.T) {
	x := exchange(1, 10)
	x.Phase, x.ResponseBody.State, x.Start = flow.PhaseResponse, flow.BodyArriving, time.Now().Add(-time.Hour)
	path := filepath.Join(t.TempDir(), "x.posthouse")
	one := func(yield func(*flow.Exchange) bool) { yield(x) }
	if _, err := (Saving{Format: archive.Session, Exchanges: one, Count: 1}).Save(t.Context(), path, nil); err != nil {
		t.Fatal(err)
	}
	got, _ := opened(t, "", path).Exchanges.Get(1)
	if !got.Phase.Final() || got.Reason.Code != reason.ArchiveUnderWay || got.Duration < time.Hour ||
		got.ResponseBody.State != flow.BodyCut || len(got.ResponseBody.Bytes) != 10 {
		t.Errorf("%+v, %+v", got.Row, got.ResponseBody.State)
	}
}

var errFull = &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}

// full is a disk with some room.
func full(room int) func(io.Writer) io.Writer {
	return func(w io.Writer) io.Writer { return &fullDisk{w, room} }
}

type fullDisk struct {
	w    io.Writer
	room int
}

func (d *fullDisk) Write(b []byte) (int, error) {
	if len(b) > d.room {
		return 0, errFull
	}
	d.room -= len(b)
	return d.w.Write(b)
}

// A save that is cancelled, or that finds the disk full, leaves what was there, and nothing beside it.
func TestASaveThatFailsLeavesWhatWasThere(t *testing.T) {
	for _, old := range []string{"", "as it was"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "x.posthouse")
		if old != "" {
			if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		s := Saving{Format: archive.Session, Exchanges: some(1000, 9000), Count: 1000}
		if _, err := s.Save(ctx, path, func(part float64) {
			if part >= 0.5 {
				cancel()
			}
		}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		s.out = full(10 << 10)
		if _, err := s.Save(t.Context(), path, nil); !errors.Is(err, syscall.ENOSPC) {
			t.Error(err)
		}
		text, _ := os.ReadFile(path)
		if left := entries(t, dir); string(text) != old || len(left) != len(old)/9 {
			t.Errorf("%q, %v", text, left)
		}
	}
}

// An exchange that is too large for a session file does not take the others with it.
func TestOneThatIsTooLargeIsLeftOut(t *testing.T) {
	huge := exchange(2, 1)
	huge.RequestHead = append(huge.RequestHead, make([]byte, 9<<20)...)
	path := filepath.Join(t.TempDir(), "x.posthouse")
	all := func(yield func(*flow.Exchange) bool) {
		_ = yield(exchange(1, 1)) && yield(huge) && yield(exchange(3, 1))
	}
	n, err := Saving{Format: archive.Session, Exchanges: all, Count: 3}.Save(t.Context(), path, nil)
	var left *LeftOutError
	if n != 2 || !errors.As(err, &left) || left.Exchanges != 1 {
		t.Fatal(n, err)
	}
	if o := opened(t, t.TempDir(), path); count(o) != 2 || o.Problem != nil {
		t.Error(o.Problem)
	}
}

// A file that cannot be written, or that another has open, can still be looked at; what is said of it
// holds until it is closed.
func TestAFileIsWrittenByOne(t *testing.T) {
	path := saved(t, archive.Session, 3, 10)
	first, second := opened(t, "", path), opened(t, "", path)
	if first.ReadOnly || !second.ReadOnly || count(second) != 3 {
		t.Errorf("%+v, %+v", first, second)
	}
	if !second.Exchanges.Annotate(1, flow.Annotation{Star: true}) || !second.Unkept() || first.Unkept() {
		t.Error("it is not known that this is not kept")
	}
	if err := errors.Join(first.Close(), second.Close()); err != nil {
		t.Fatal(err)
	}
	if row, _ := opened(t, "", path).Exchanges.Row(1); row.Star {
		t.Error("the second one wrote")
	}
	other := saved(t, archive.Session, 3, 10)
	if err := os.Chmod(other, 0o400); err != nil {
		t.Fatal(err)
	}
	if o := opened(t, "", other); os.Getuid() != 0 && !o.ReadOnly || count(o) != 3 {
		t.Errorf("%+v", o)
	}
}

// What another program changes while the file is open is never written over, and what was read of it
// is damage where it is gone.
func TestAFileThatChangesUnderneath(t *testing.T) {
	grow := func(path string) error {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString("more")
		return errors.Join(err, f.Close())
	}
	swap := func(path string) error {
		return errors.Join(os.WriteFile(path+"2", []byte("other"), 0o600), os.Rename(path+"2", path))
	}
	for name, change := range map[string]func(string) error{"grow": grow, "swap": swap, "remove": os.Remove,
		"cut": func(path string) error { return os.Truncate(path, 100) }} {
		t.Run(name, func(t *testing.T) {
			path := saved(t, archive.Session, 3, 10)
			o := opened(t, "", path)
			if err := change(path); err != nil {
				t.Skip(err) // some systems keep others from it
			}
			before, _ := os.ReadFile(path)
			o.Exchanges.Annotate(1, flow.Annotation{Star: true})
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Errorf("it is %d bytes after %d", len(after), len(before))
			}
			if row, ok := o.Exchanges.Row(1); ok && !row.Star || !o.Unkept() {
				t.Errorf("%v, %+v; unkept %v", ok, row, o.Unkept())
			}
		})
	}
}

// A file that breaks off is opened up to there, and that is said; what is none of Posthouse's is an error.
func TestADamagedSession(t *testing.T) {
	whole, err := os.ReadFile(saved(t, archive.Session, 3000, 2000))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.posthouse")
	open := func(file []byte) (*Opened, error) {
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		return Open(t.Context(), "", path, nil)
	}
	for _, size := range []int{len(whole) / 2, len(whole) - 1} {
		o, err := open(whole[:size])
		var broken *archive.BrokenError
		if err != nil || !errors.As(o.Problem, &broken) || broken.Entries != count(o) || broken.Entries < 500 {
			t.Errorf("cut at %d: %v, %+v", size, err, o)
			continue
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	for what, file := range map[string][]byte{"head alone": whole[:32], "cut in the head": whole[:9], "nothing": nil,
		"other": []byte("hello")} {
		var broken *archive.BrokenError
		if o, err := open(file); !errors.As(err, &broken) {
			t.Errorf("%s: %+v, %v", what, o, err)
		} else if none := reason.ArchiveSyntax.With(reason.HistoryHead.With()); what == "other" && !reflect.DeepEqual(broken.Why, none) {
			t.Errorf("why is in one language: %+v", broken.Why) // the window has its own words for a code
		}
	}
	later := bytes.Clone(whole)
	binary.LittleEndian.PutUint16(later[8:], 9)
	binary.LittleEndian.PutUint32(later[28:], crc32.Checksum(later[:28], crc32.MakeTable(crc32.Castagnoli)))
	var late *history.LaterError
	if _, err := open(later); !errors.As(err, &late) {
		t.Error(err)
	}
}

func TestWhatIsNoFileIsNotOpened(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(t.Context(), "", dir, nil); !errors.Is(err, syscall.EISDIR) {
		t.Error(err)
	}
	if _, err := Open(t.Context(), "", filepath.Join(dir, "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	path := filepath.Join(dir, "x.bin")
	if err := os.WriteFile(path, []byte{0, 1, 2}, 0o600); err != nil {
		t.Fatal(err)
	}
	var unknown *archive.UnknownError
	if _, err := Open(t.Context(), "", path, nil); !errors.As(err, &unknown) {
		t.Error(err)
	}
}
