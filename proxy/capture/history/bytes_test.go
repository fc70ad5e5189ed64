package history

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/flow"
)

// stride is 1 where POSTHOUSE_TEST_BYTES asks for each byte, else what is quick.
func stride(quick int) int {
	if os.Getenv("POSTHOUSE_TEST_BYTES") != "" {
		return 1
	}
	if raceDetector {
		return 5 * quick
	}
	return quick
}

// tiny is an exchange of few bytes.
func tiny(id flow.ID) flow.Exchange {
	body := fmt.Appendf(nil, "body of %d", id)
	return flow.Exchange{Row: flow.Row{ID: id, Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "GET", Host: "a.test", Path: "/",
		Status: 200, ResponseSize: int64(len(body))}, RequestHead: fmt.Appendf(nil, "GET /%d HTTP/1.1\r\n\r\n", id),
		ResponseBody: flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: body}}
}

// smallHistory is a folder with something in each kind of file: 1 to 3 lie in the kept segment,
// 4 to 9 in three blocks, 10 and 11 in the tail. 5 is deleted, 2 and 6 are marked since.
func smallHistory(t testing.TB) map[string]string {
	t.Helper()
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	add := func(ids ...flow.ID) {
		for _, id := range ids {
			x := tiny(id)
			x.Star = id <= 3
			h.add(&x, ShedNothing)
		}
	}
	add(1, 2, 3)
	flush(t, h)
	if err := h.do(func() error { return h.writer.drop(h.segments[0]) }); err != nil {
		t.Fatal(err)
	}
	for _, id := range []flow.ID{4, 6, 8} {
		add(id, id+1)
		flush(t, h)
	}
	add(10, 11)
	tailed(t, h)
	note := flow.Annotation{Star: true, Note: "n"}
	if err := errors.Join(h.Annotate(2, note), h.Annotate(6, note), h.Delete(5)); err != nil {
		t.Fatal(err)
	}
	files := snapshot(t, dir)
	_ = h.Close()
	for _, suffix := range indexSuffixes {
		delete(files, indexFile+suffix)
	}
	return files
}

// Whatever byte of whatever file is wrong, and wherever a file breaks off: it opens, what is
// not in the damaged frame is read, what is lost is said, and no file is written over.
// POSTHOUSE_TEST_BYTES tries each byte, else each seventh is.
func TestEachByteOfEachFile(t *testing.T) {
	files := smallHistory(t)
	if len(files) != 5 { // the lock
		t.Fatalf("%d files", len(files))
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		t.Run(strings.TrimSuffix(name, fileSuffix), func(t *testing.T) {
			t.Parallel()
			whole := files[name]
			for at := 0; at < len(whole); at += stride(7) {
				b := []byte(whole)
				b[at] ^= 1 << (at % 8)
				openDamaged(t, files, name, string(b), fmt.Sprintf("%s, byte %d", name, at), false)
				openDamaged(t, files, name, whole[:at], fmt.Sprintf("%s, cut to %d", name, at), true)
			}
		})
	}
}

// openDamaged opens a folder one of whose files is another.
func openDamaged(t *testing.T, files map[string]string, name, b, what string, cut bool) {
	t.Helper()
	dir, err := os.MkdirTemp(shm(), "history")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for other, text := range files {
		if other == name {
			text = b
		}
		if err := os.WriteFile(filepath.Join(dir, other), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h, err := Open(Options{Folder: dir})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	wait(t, h, what, func(s Stats) bool { return !s.Indexing })
	lost := lostOf(h)
	s := h.Stats()
	_, back := h.Row(5)
	if row, _ := h.Row(6); name == notesFile && !cut && (back || !row.Star) && s.Damaged == 0 {
		t.Fatalf("%s: the notes say something else; %+v", what, s)
	}
	if back && name != notesFile {
		t.Fatalf("%s: 5 is back", what)
	}
	if err := h.Close(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	most := map[string]int{"segment-00000003.posthouse": 2, "kept-00000002.posthouse": 3, tailFile: 2, notesFile: 0}[name]
	if cut { // all behind it is gone, too
		most = map[string]int{"segment-00000003.posthouse": 5, "kept-00000002.posthouse": 3, tailFile: 2, notesFile: 0}[name]
	}
	if len(lost) > most || len(lost) > 0 && !cut && (s.Damaged == 0 || s.Problem.IsZero()) {
		t.Fatalf("%s: %d are lost; %+v", what, lost, s)
	}
	after, err := os.ReadFile(filepath.Join(dir, name))
	segment := strings.HasPrefix(name, segmentPrefix) || strings.HasPrefix(name, keptPrefix)
	if same := bytes.HasPrefix(after, []byte(b)); err != nil || segment && !cut && !same {
		t.Fatalf("%s: the file was changed, %v", what, err)
	}
	if !segment || !cut {
		return
	}
	// What a kill would have left unfinished may be cut off, and what was whole is as it was.
	end, err := framesOf(strings.NewReader(b), fileHeadSize, int64(len(b)), func(place) bool { return true }, func(int64) {})
	if err != nil ||
		len(b) >= fileHeadSize && !strings.HasPrefix(string(after), b[:end]) {
		t.Fatalf("%s: what was whole was changed, %v", what, err)
	}
}

// lostOf lists what of the small history cannot be read.
func lostOf(h *History) (lost []flow.ID) {
	for id := flow.ID(1); id <= 11; id++ {
		x, err := h.Get(id)
		if id != 5 && (err != nil || x.ID != id || string(x.ResponseBody.Bytes) != fmt.Sprintf("body of %d", id)) {
			lost = append(lost, id)
		}
	}
	return lost
}

// So it is with a session, whose rows, trailer and appended marks are made up for by its blocks.
func TestEachByteOfASession(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.posthouse")
	if err := os.WriteFile(path, smallSession(t), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenSession(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Annotate(2, flow.Annotation{Star: true}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		b := bytes.Clone(whole)
		b[at] ^= 1 << (at % 8)
		sessionDamaged(t, b, at, 3, false)
		sessionDamaged(t, whole[:at], at, 9, true)
	}
}

// smallSession has nine exchanges in three blocks.
func smallSession(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewSessionWriter(&b)
	for id := flow.ID(1); id <= 9; id++ {
		x := tiny(id)
		if err := w.Write(&x); err != nil {
			t.Fatal(err)
		}
		if id%3 == 0 {
			w.flush()
			w.flushRows()
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sessionDamaged(t *testing.T, b []byte, at, most int, cut bool) {
	t.Helper()
	s, err := OpenSession(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		var damaged *DamagedError
		if at >= fileHeadSize || !errors.As(err, &damaged) {
			t.Fatalf("byte %d, cut %v: %v", at, cut, err)
		}
		return // it does not begin as a session does
	}
	lost, starred := 0, false
	for id := flow.ID(1); id <= 9; id++ {
		x, err := s.Get(id)
		if err != nil || string(x.ResponseBody.Bytes) != fmt.Sprintf("body of %d", id) {
			lost++
		}
		starred = starred || x.ID == 2 && x.Star
	}
	s.Each(func(*flow.Row) {})
	said := len(s.Damaged()) > 0
	switch {
	case lost > most:
		t.Fatalf("byte %d, cut %v: %d are lost", at, cut, lost)
	case !cut && (lost > 0 || !starred) && !said:
		t.Fatalf("byte %d: %d are lost, the star is there: %v, and nothing is said", at, lost, starred)
	}
}
