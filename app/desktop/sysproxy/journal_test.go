package sysproxy

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"posthouse/app/desktop/sysproxy/backend"
)

var sample = &journal{Owner: "a", PID: 7, Addr: "127.0.0.1:1", Sections: []backend.Section{{
	Backend: "kde", Before: backend.Values{"ProxyType": {Text: "2", Set: true}, "x": {}},
	Wrote: []backend.Change{{Key: "ProxyType", To: backend.Value{Text: "1", Set: true}}},
	File:  &backend.File{Was: true, Text: []byte("\x00<&>\xff")},
}}}

func TestJournalComesBack(t *testing.T) {
	dir := t.TempDir()
	if _, err := readJournal(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := writeJournal(dir, sample); err != nil {
		t.Fatal(err)
	}
	for _, name := range journalNames {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil || filepath.Separator == '/' && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
		// Either of the two is enough.
		text, _ := os.ReadFile(path)
		if err := os.WriteFile(path, text[:len(text)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		if j, err := readJournal(dir); err != nil || !reflect.DeepEqual(j, sample) {
			t.Errorf("without %s: %+v, %v", name, j, err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := removeJournal(dir); err != nil || hasJournal(dir) {
		t.Errorf("it is still there: %v", err)
	}
}

// Whatever is missing or turned over is noticed.
func TestAPieceOfAJournalIsDamaged(t *testing.T) {
	dir := t.TempDir()
	if err := writeJournal(dir, sample); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, journalNames[0]))
	if err != nil {
		t.Fatal(err)
	}
	for n := range text {
		if _, err := unseal(text[:n]); !errors.Is(err, errDamaged) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(text), err)
		}
		broken := append([]byte(nil), text...)
		broken[n] ^= 1
		if j, err := unseal(broken); err == nil && !reflect.DeepEqual(j, sample) {
			t.Fatalf("byte %d turned over: %+v", n, j)
		}
	}
	large := filepath.Join(dir, "large")
	for n, want := range map[int]error{maxJournal: nil, maxJournal + 1: errDamaged} { // white space is no damage
		padded := append(bytes.Clone(text), bytes.Repeat([]byte(" "), n-len(text))...)
		if err := os.WriteFile(large, padded, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readOne(large); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func FuzzUnseal(f *testing.F) {
	f.Add([]byte(`{"version":1,"sha256":"","body":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if j, err := unseal(text); (j == nil) == (err == nil) {
			t.Errorf("%v, %v", j, err)
		}
	})
}
