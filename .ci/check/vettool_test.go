package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestVetInstead has a package of another module tell no facts without a vet, and all else pass.
func TestVetInstead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the vet of this test is a shell script")
	}
	vet := filepath.Join(t.TempDir(), "vet")
	if err := os.WriteFile(vet, []byte("#!/bin/sh\necho asked >\"$(dirname \"$0\")/asked\"\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, module string
		only, asked  bool
		code         int
	}{
		{"facts of another module", "example.org/other", true, false, 0},
		{"facts of the standard library", "", true, false, 0},
		{"facts of this module", "posthouse", true, true, 3},
		{"all of this module", "posthouse", false, true, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			config, out := filepath.Join(folder, "vet.cfg"), filepath.Join(folder, "vet.out")
			content, err := json.Marshal(map[string]any{"ModulePath": c.module, "VetxOnly": c.only, "VetxOutput": out})
			if err == nil {
				err = os.WriteFile(config, content, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if code := vetInstead(vet, []string{config}); code != c.code {
				t.Errorf("it ended with %d, want %d", code, c.code)
			}
			mark := filepath.Join(filepath.Dir(vet), "asked")
			if asked := os.Remove(mark) == nil; asked != c.asked {
				t.Errorf("vet asked: %v, want %v", asked, c.asked)
			}
			if facts, err := os.ReadFile(out); !c.asked && (err != nil || len(facts) > 0) {
				t.Errorf("the facts are %q, %v; want a file without any", facts, err)
			}
		})
	}
}
