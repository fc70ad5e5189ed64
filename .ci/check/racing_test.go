package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A package is raced as soon as it starts or guards anything.
func TestWhatIsRaced(t *testing.T) {
	for source, want := range map[string]bool{
		"func f() {}":                                        true,
		"func f() { go f() }":                                false,
		"func f() { func() { go f() }() }":                   false,
		"func f() { group.Go(f) }":                           false,
		"func f() { time.AfterFunc(0, f) }":                  false,
		"import _ \"sync\"":                                  false,
		"import _ \"sync/atomic\"":                           false,
		"import _ \"strings\"\nvar _ = \"go f()\" // go f()": true,
	} {
		p := &listed{Dir: t.TempDir(), GoFiles: []string{"a.go"}}
		if err := os.WriteFile(filepath.Join(p.Dir, "a.go"), []byte("package a\n\n"+source+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := p.sequential(); got != want || err != nil {
			t.Errorf("%s: %v, %v", source, got, err)
		}
	}
}

// Tests that bring in what runs beside others are raced.
func TestWhatTestsBringIn(t *testing.T) {
	all := world(t, `
		plain: a.go other
		other: b.go
		tests: c.go test:racing
		uses: d.go racing test:racing
		racing: e.go`)
	all["racing"].GoFiles = []string{"go.go"}
	if err := os.WriteFile(filepath.Join(all["racing"].Dir, "go.go"), []byte("package p\n\nimport _ \"sync\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	racing, sequential, err := raced(all)
	if want := []string{"racing", "tests"}; !slices.Equal(racing, want) || err != nil {
		t.Error(racing, err)
	}
	if want := []string{"other", "plain", "uses"}; !slices.Equal(sequential, want) {
		t.Error(sequential)
	}
}
