package history

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"posthouse/proxy/flow"
)

func sessionOnDisk(t *testing.T, n int) (f *os.File, s *Session) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.posthouse")
	if err := os.WriteFile(path, writeSession(t, exchanges(newTraffic(false), n)), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	s, err = OpenSession(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return f, s
}

// A session is listed as the history is: all of it on the disk, and nothing of it can be removed.
func TestASessionIsAListOnDisk(t *testing.T) {
	_, s := sessionOnDisk(t, 3000)
	tiers := SessionTiers(s)
	n, below := 0, ^flow.ID(0)
	for below > 0 {
		var rows []flow.Row
		rows, below = tiers.Older(below)
		for i := range rows {
			if i > 0 && rows[i].ID <= rows[i-1].ID {
				t.Fatalf("%d comes after %d", rows[i].ID, rows[i-1].ID)
			}
		}
		n += len(rows)
	}
	if n != 3000 || s.FirstID() != 1 || s.LastID() != 3000 || !tiers.OnDisk(7) || tiers.OnDisk(3001) {
		t.Errorf("%d rows from %d to %d", n, s.FirstID(), s.LastID())
	}
	x, ok := tiers.Get(2999)
	if !ok || x.ID != 2999 || len(x.RequestHead) == 0 {
		t.Errorf("2999 is there: %v, %+v", ok, x.Row)
	}
	if tiers.Clear(0); !tiers.OnDisk(1) {
		t.Error("a session was cleared")
	}
	if tiers.Delete(1); !tiers.OnDisk(1) {
		t.Error("a request was deleted")
	}
	d := sessionDisk{s}
	if !errors.Is(d.Delete(1), ErrSession) || !errors.Is(d.Discard(), ErrSession) {
		t.Error("deleting is not refused")
	}
}

// What the file takes is in the file; what it does not take holds, and is told, until Close.
func TestWhatIsSaidOfASession(t *testing.T) {
	f, s := sessionOnDisk(t, 10)
	tiers := SessionTiers(s)
	watch := s.changed.Watch()
	defer watch.Close()
	<-watch.C
	said := flow.Annotation{Star: true, Note: "look"}
	if !tiers.Annotate(4, said) || s.Unkept() != nil {
		t.Fatal(s.Unkept())
	}
	<-watch.C
	if ids, _ := tiers.TakeTouched(); len(ids) != 1 || ids[0] != 4 {
		t.Errorf("touched are %v", ids)
	}
	info, _ := f.Stat()
	again, err := OpenSession(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	if row, _ := again.Row(4); row.Annotation != said {
		t.Errorf("the file has %+v", row.Annotation)
	}

	_ = f.Close() // nothing can be written from now on
	if !tiers.Annotate(5, said) {
		t.Fatal("it does not hold")
	}
	if s.Unkept() == nil {
		t.Error("that the file does not have it is not told")
	}
	if tiers.Annotate(99, said) {
		t.Error("something was said of a row that is not there")
	}
}

// What holds beside a file is bounded.
func TestWhatAFileDoesNotKeepIsBounded(t *testing.T) {
	b := writeSession(t, exchanges(newTraffic(false), 5000))
	s := openBytes(t, b)
	tiers := SessionTiers(s)
	note := flow.NoteOf(string(bytes.Repeat([]byte("n"), flow.MaxNote)))
	held := 0
	for id := flow.ID(1); id <= 5000; id++ {
		if tiers.Annotate(id, flow.Annotation{Note: note}) {
			held++
		}
	}
	if most := maxUnkept / (64 + len(note)); held > most || held < min(most, 5000) {
		t.Errorf("%d of at most %d are held", held, most)
	}
	if !tiers.Annotate(1, flow.Annotation{Note: note}) {
		t.Error("what is held cannot be said anew")
	}
}

// Close calls off what reads the session and waits for it; after that it has no rows.
func TestCloseWaitsForTheReadersOfASession(t *testing.T) {
	f, s := sessionOnDisk(t, 3000)
	tiers := SessionTiers(s)
	inside, proceed := make(chan struct{}), make(chan struct{})
	scanned := make(chan error, 1)
	var first sync.Once
	go func() {
		_, err := tiers.ScanBlocks(context.Background(), nil, func(*flow.Exchange) bool {
			first.Do(func() {
				close(inside)
				<-proceed
			})
			return true
		})
		scanned <- err
	}()
	<-inside
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	<-s.readers.ctx.Done()
	select {
	case <-closed:
		t.Fatal("it did not wait")
	default:
	}
	if _, ok := tiers.Row(1); ok {
		t.Error("a reader was let in meanwhile")
	}
	close(proceed)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := <-scanned; !errors.Is(err, context.Canceled) {
		t.Errorf("the scan ended with %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	rows, below := tiers.Older(^flow.ID(0))
	if _, ok := tiers.Get(1); ok || len(rows) > 0 || below != 0 || tiers.OnDisk(1) || tiers.Annotate(1, flow.Annotation{Star: true}) {
		t.Error("it is still read")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// What is said of a file that breaks off is kept behind the break.
func TestABrokenSessionIsMarked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.posthouse")
	b := writeSession(t, exchanges(newTraffic(false), 3000))
	for cut := len(b) / 2; cut < len(b); cut += len(b)/7 + 1 {
		if err := os.WriteFile(path, b[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		for _, star := range []bool{false, true} {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			info, _ := f.Stat()
			s, err := OpenSession(f, info.Size())
			if err != nil {
				t.Fatal(err)
			}
			tiers := SessionTiers(s)
			if row, ok := tiers.Row(5); !ok || row.Star != star {
				t.Errorf("cut at %d of %d: row 5 is there: %v, with a star: %v", cut, len(b), ok, row.Star)
			}
			if !tiers.Annotate(5, flow.Annotation{Star: true}) || s.Unkept() != nil {
				t.Errorf("cut at %d: %v", cut, s.Unkept())
			}
			if err := errors.Join(s.Close(), f.Close()); err != nil {
				t.Error(err)
			}
		}
	}
}
