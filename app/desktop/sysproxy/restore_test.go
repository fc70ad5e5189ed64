//go:build unix && !darwin

package sysproxy

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"posthouse/app/desktop/sysproxy/backend"
)

// To list a folder may take seconds: under Wine it waits until the search for the
// program behind a connection is over. The settings come first.
func TestSettingsAreRestoredBeforeAFolderIsListed(t *testing.T) {
	for name, restore := range map[string]func(dir string) error{
		"the watchdog": func(dir string) error { return putBack(dir, func(*journal) bool { return true }) },
		"a start":      func(dir string) error { _, err := repair(context.Background(), dir); return err },
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := home(t, "")
			j := &journal{Owner: "gone", Sections: []backend.Section{{Backend: "gnome"}}}
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := writeJournal(dir, j); err != nil {
				t.Fatal(err)
			}
			piece, seen := filepath.Join(dir, journalNames[0]+"123"), filepath.Join(dir, "seen")
			tool := "#!/bin/sh\n[ -e '" + piece + "' ] && echo yes >'" + seen + "'\nexit 1\n"
			for path, file := range map[string]struct {
				text string
				mode os.FileMode
			}{piece: {"{", 0o600}, filepath.Join(os.Getenv("HOME"), "gsettings"): {tool, 0o700}} {
				if err := os.WriteFile(path, []byte(file.text), file.mode); err != nil {
					t.Fatal(err)
				}
			}
			if err := restore(dir); err == nil {
				t.Fatal("the desktop's tool failed, and nothing is said")
			}
			if contents(t, seen) != "yes\n" {
				t.Error("the piece of a journal was removed before the settings were looked at")
			}
			if _, err := os.Stat(piece); err == nil {
				t.Error("the piece of a journal is left")
			}
		})
	}
}
