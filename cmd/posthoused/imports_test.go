package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The program without a window must not carry a graphics library. (Who of ours may
// import whom is held by .ci/house.)
func TestNoGraphicsLibrary(t *testing.T) {
	out, err := exec.Command("go", "list", "-tags", "ci,migrated_fynedo", "-deps", "posthouse/cmd/posthoused").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		if strings.HasPrefix(path, "fyne.io/") || strings.Contains(path, "go-gl") || strings.HasPrefix(path, "posthouse/ui") {
			t.Errorf("posthoused imports %s", path)
		}
	}
}
