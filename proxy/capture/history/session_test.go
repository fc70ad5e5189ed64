package history

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"posthouse/proxy/flow"
)

func writeSession(t testing.TB, all []flow.Exchange) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewSessionWriter(&b)
	for i := range all {
		if err := w.Write(&all[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func exchanges(tr *traffic, n int) (all []flow.Exchange) {
	for i := range n {
		all = append(all, tr.exchange(flow.ID(i+1)))
	}
	return all
}

func openBytes(t *testing.T, b []byte) *Session {
	t.Helper()
	s, err := OpenSession(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func expectSession(t *testing.T, s *Session, all []flow.Exchange) {
	t.Helper()
	n := 0
	s.Each(func(row *flow.Row) {
		if n >= len(all) || !reflect.DeepEqual(*row, all[n].Row) {
			t.Fatalf("row %d is %+v", n, *row)
		}
		n++
	})
	if rows := s.Rows(1, len(all)+1); n != len(all) || len(rows) != len(all) {
		t.Fatalf("%d and %d rows, not %d", n, len(rows), len(all))
	}
	for i := range all {
		if i%100 != 0 && i < len(all)-3 {
			continue
		}
		id := all[i].ID
		if x, err := s.Get(id); err != nil || !reflect.DeepEqual(x, all[i]) {
			t.Fatalf("%d: %v\n%+v\nnot\n%+v", id, err, x, all[i])
		}
		if row, ok := s.Row(id); !ok || !reflect.DeepEqual(row, all[i].Row) {
			t.Fatalf("%d: %+v", id, row)
		}
	}
	if d := s.Damaged(); len(d) > 0 {
		t.Errorf("damaged at %d", d)
	}
}

func TestASessionIsReadBack(t *testing.T) {
	for _, n := range []int{0, 1, 3000} {
		all := exchanges(newTraffic(true), n)
		if n > 0 {
			all[n-1].Note, all[n-1].Foreign = "mine", []byte(`{"a":1}`)
		}
		s := openBytes(t, writeSession(t, all))
		expectSession(t, s, all)
		if _, err := s.Get(99999); !errors.Is(err, ErrNotHere) {
			t.Error(err)
		}
		if err := s.Annotate(1, flow.Annotation{}); err == nil {
			t.Error("a note was kept where nothing can be written")
		}
	}
}

// A file that breaks off is read up to there, one that is damaged but for what is damaged.
func TestABrokenSession(t *testing.T) {
	all := exchanges(newTraffic(false), 3000)
	whole := writeSession(t, all)
	for cut := 100; cut < len(whole); cut += len(whole) / 17 {
		s := openBytes(t, whole[:cut])
		n := 0
		s.Each(func(row *flow.Row) {
			if !reflect.DeepEqual(*row, all[n].Row) {
				t.Fatalf("cut at %d: row %d is %+v", cut, n, row)
			}
			n++
		})
		if most := len(all) * cut / len(whole); n > most+1000 || n < most-1500 {
			t.Errorf("cut at %d of %d: %d rows", cut, len(whole), n)
		}
		if n > 0 {
			if _, err := s.Get(flow.ID(n)); err != nil {
				t.Errorf("cut at %d: %v", cut, err)
			}
		}
	}
	for at := 40; at < len(whole); at += len(whole) / 23 {
		b := bytes.Clone(whole)
		b[at] ^= 1
		s, n := openBytes(t, b), 0
		rows, asked := s.Rows(1, 5000), 0
		for i := 0; i < len(rows); i += 10 { // each reads a block, of hundreds of exchanges
			asked++
			if x, err := s.Get(rows[i].ID); err == nil && x.ID == rows[i].ID {
				n++
			}
		}
		if most := len(all) / 10; n < most-120 || n < most && len(s.Damaged()) == 0 && n == asked {
			t.Errorf("byte %d: %d exchanges of %d, damage %d", at, n, most, s.Damaged())
		}
	}
}

func TestMarksOfASessionAreKept(t *testing.T) {
	all := exchanges(newTraffic(false), 50)
	path := filepath.Join(t.TempDir(), "a.posthouse")
	if err := os.WriteFile(path, writeSession(t, all), 0o600); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		info, _ := f.Stat()
		s, err := OpenSession(f, info.Size())
		if err != nil {
			t.Fatal(err)
		}
		expectSession(t, s, all)
		all[round].Annotation = flow.Annotation{Note: strings.Repeat("x", round), Mark: flow.MarkRed}
		if err := s.Annotate(flow.ID(round+1), all[round].Annotation); err != nil {
			t.Fatal(err)
		}
		expectSession(t, s, all)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A note that was not written to its end loses itself alone.
	s := openBytes(t, whole[:len(whole)-30])
	if row, ok := s.Row(2); !ok || row.Note != "x" {
		t.Errorf("%+v", row)
	}
}

func TestALaterSession(t *testing.T) {
	b := writeSession(t, nil)
	b[8] = formatVersion + 1
	fixSum(b[:fileHeadSize])
	var later *LaterError
	if _, err := OpenSession(bytes.NewReader(b), int64(len(b))); !errors.As(err, &later) {
		t.Error(err)
	}
	var damaged *DamagedError
	if _, err := OpenSession(strings.NewReader("PK\x03\x04 something else that is long enough"), 42); !errors.As(err, &damaged) {
		t.Error(err)
	}
}

type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestASessionThatCannotBeWrittenSaysSo(t *testing.T) {
	w := NewSessionWriter(&failing{100})
	x := newTraffic(false).exchange(1)
	_ = w.Write(&x)
	if err := w.Close(); err == nil {
		t.Error("nothing is said")
	}
}

// A scan visits what holds the word and passes over most else; what has no filter is visited.
func TestAScanFindsWhatIsThere(t *testing.T) {
	all := exchanges(newTraffic(false), 6000)
	for _, i := range []int{5, 1600, 5999} {
		all[i].ResponseBody.Bytes = []byte(`{"Word":"ZebraQuux"}`)
	}
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	for i := range all {
		x := all[i]
		h.add(&x, ShedNothing)
	}
	if err := h.Delete(1601); err != nil {
		t.Fatal(err)
	}
	makeLate(t, h, 100) // they came in haste
	s := openBytes(t, writeSession(t, all))
	for name, scan := range map[string]func(context.Context, [][]string, func(*flow.Exchange) bool) (Scanned, error){
		"history": h.ScanBlocks, "session": s.ScanBlocks} {
		var mu sync.Mutex
		found := map[flow.ID]bool{}
		scanned, err := scan(context.Background(), [][]string{{"zebraquux"}}, func(x *flow.Exchange) bool {
			if bytes.Contains(x.ResponseBody.Bytes, []byte("ZebraQuux")) {
				mu.Lock()
				found[x.ID] = true
				mu.Unlock()
			}
			return true
		})
		whole := found[6] && found[6000] && found[1601] == (name == "session")
		if err != nil || !whole || !scanned.Done || scanned.Skipped < scanned.Blocks/2 || scanned.Unreadable > 0 {
			t.Errorf("%s: %v %+v, found %v", name, err, scanned, found)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if scanned, err := scan(ctx, nil, func(*flow.Exchange) bool { return true }); err == nil || scanned.Done {
			t.Errorf("%s: cancelled: %v %+v", name, err, scanned)
		}
		if scanned, err := scan(context.Background(), nil, func(*flow.Exchange) bool { return false }); err != nil || scanned.Done {
			t.Errorf("%s: stopped: %v %+v", name, err, scanned)
		}
	}
}

func FuzzSession(f *testing.F) {
	all := exchanges(newTraffic(false), 3)
	whole := writeSession(f, all)
	f.Add(whole)
	f.Add(whole[:len(whole)-40])
	f.Add(whole[:fileHeadSize])
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := OpenSession(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, row := range s.Rows(0, 1000) {
			_, _ = s.Get(row.ID)
		}
		s.Each(func(*flow.Row) {})
		_, _ = s.ScanBlocks(context.Background(), [][]string{{"abc"}}, func(*flow.Exchange) bool { return true })
	})
}
