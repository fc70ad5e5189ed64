package bounded_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"posthouse/proxy/bounded"
)

func TestReadsAreBounded(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := bounded.Read(strings.NewReader("12345"), 5); string(b) != "12345" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := bounded.Read(strings.NewReader("12345"), 4); b != nil || !errors.Is(err, bounded.ErrTooLarge) {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := bounded.ReadHead(io.MultiReader(strings.NewReader("123"), iotest.ErrReader(io.ErrClosedPipe)), 4); string(b) != "123" ||
		err != io.ErrClosedPipe {
		t.Errorf("what came before an error: %q, %v", b, err)
	}
	if b, err := bounded.ReadFile(path, 5); string(b) != "12345" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := bounded.ReadFile(path, 4); b != nil || !errors.Is(err, bounded.ErrTooLarge) {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := bounded.ReadFileHead(path, 4); string(b) != "1234" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	copied := filepath.Join(dir, "copy")
	if err := bounded.CopyFile(path, copied, 4); !errors.Is(err, bounded.ErrTooLarge) {
		t.Error(err)
	}
	if err := bounded.CopyFile(path, copied, 5); err != nil {
		t.Error(err)
	}
	if b, err := bounded.ReadFile(copied, 5); string(b) != "12345" {
		t.Errorf("%q, %v", b, err)
	}
	for _, bad := range []string{dir, filepath.Join(dir, "none")} {
		for name, read := range map[string]func() error{
			"ReadFile":     func() error { _, err := bounded.ReadFile(bad, 9); return err },
			"ReadFileHead": func() error { _, err := bounded.ReadFileHead(bad, 9); return err },
			"CopyFile":     func() error { return bounded.CopyFile(bad, copied, 9) },
		} {
			if read() == nil {
				t.Errorf("%s reads %s", name, bad)
			}
		}
	}
}

func TestOutputIsBounded(t *testing.T) {
	head, tail := &bounded.Head{Max: 10}, &bounded.Tail{Max: 10}
	for range 100 {
		for _, w := range []interface{ Write([]byte) (int, error) }{head, tail} {
			if n, err := w.Write([]byte("abc\nlast \n\n")); n != 11 || err != nil {
				t.Fatal(n, err)
			}
		}
	}
	if got := string(head.Bytes()); got != "abc\nlast \n" {
		t.Errorf("the head is %q", got)
	}
	if got := string(tail.Bytes()); got != "bc\nlast \n\n" || tail.LastLine() != "last" {
		t.Errorf("the tail is %q, its last line %q", got, tail.LastLine())
	}
	if _, _ = tail.Write([]byte(strings.Repeat("x", 100))); tail.LastLine() != "xxxxxxxxxx" {
		t.Errorf("%q", tail.LastLine())
	}
}
