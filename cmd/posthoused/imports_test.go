package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// dependencies lists what a package imports, directly or through others, with
// one line for each package: its path and what it imports itself.
func dependencies(t *testing.T, format, pattern string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-tags", "ci,migrated_fynedo", "-deps", "-f", format, pattern).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pattern, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// The program without a window must not carry a graphics library.
func TestNoGraphicsLibrary(t *testing.T) {
	for _, path := range dependencies(t, "{{.ImportPath}}", "posthouse/cmd/posthoused") {
		if strings.HasPrefix(path, "fyne.io/") || strings.Contains(path, "go-gl") || strings.HasPrefix(path, "posthouse/ui") {
			t.Errorf("posthoused imports %s", path)
		}
	}
}

// rooms are the parts of the house, each with those that it may import.
var rooms = []struct {
	room string
	may  []string
}{
	{"posthouse/proxy/flow", nil},
	{"posthouse/proxy/http1", []string{"posthouse/proxy/flow"}},
	{"posthouse/proxy/clienthello", nil},
	{"posthouse/proxy/signal", nil},
	{"posthouse/proxy/ca", nil},
	{"posthouse/proxy/shellquote", nil},
	{"posthouse/proxy/localpage", []string{"posthouse/proxy/ca", "posthouse/proxy/http1", "posthouse/proxy/shellquote"}},
	{"posthouse/proxy/socket", nil},
	{"posthouse/proxy/content", nil},
	{"posthouse/proxy/devices", []string{"posthouse/proxy/flow"}},
	{"posthouse/proxy/decrypt", []string{"posthouse/proxy/flow", "posthouse/proxy/http1"}},
	{"posthouse/proxy/upstream", []string{"posthouse/proxy/flow", "posthouse/proxy/socket", "posthouse/proxy/http1"}},
	{"posthouse/proxy/capture/query", []string{"posthouse/proxy/flow"}},
	{"posthouse/proxy/capture", []string{"posthouse/proxy/flow", "posthouse/proxy/signal"}},
	{"posthouse/proxy/process", []string{"posthouse/proxy/flow", "posthouse/proxy/socket", "posthouse/proxy/capture"}},
	{"posthouse/proxy/export", []string{"posthouse/proxy/flow", "posthouse/proxy/shellquote"}},
	{"posthouse/proxy/proxytest", []string{"posthouse/proxy"}},
	{"posthouse/proxy", []string{"posthouse/proxy/flow", "posthouse/proxy/http1", "posthouse/proxy/clienthello", "posthouse/proxy/socket", "posthouse/proxy/upstream", "posthouse/proxy/decrypt", "posthouse/proxy/devices", "posthouse/proxy/capture", "posthouse/proxy/signal"}},
	{"posthouse/app", []string{"posthouse/proxy"}},
	{"posthouse/assets", nil},
	{"posthouse/ui/i18n", nil},
	// The window sees values and the controller, never the engine itself.
	{"posthouse/ui", []string{"posthouse/app", "posthouse/assets", "posthouse/ui/i18n", "posthouse/proxy/flow", "posthouse/proxy/capture", "posthouse/proxy/content", "posthouse/proxy/export"}},
	{"posthouse/cmd/posthoused", []string{"posthouse/app", "posthouse/proxy/ca", "posthouse/proxy/capture", "posthouse/proxy/flow", "posthouse/proxy/localpage"}},
	{"posthouse/cmd/posthouse", []string{"posthouse/app", "posthouse/ui"}},
}

// in reports whether a package lies in a room: the room itself or below it.
func in(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }

// Imports run one way.
func TestImportsRunOneWay(t *testing.T) {
	seen := 0
	for _, line := range dependencies(t, `{{.ImportPath}} {{join .Imports " "}}`, "posthouse/...") {
		words := strings.Fields(line)
		path := words[0]
		i := slices.IndexFunc(rooms, func(r struct {
			room string
			may  []string
		}) bool {
			return in(path, r.room)
		})
		if !strings.HasPrefix(path, "posthouse/") {
			continue
		}
		if i < 0 {
			t.Errorf("%s lies in no room: add it to rooms", path)
			continue
		}
		seen++
		for _, imported := range words[1:] {
			if strings.HasPrefix(imported, "posthouse/") && !in(imported, rooms[i].room) && !slices.ContainsFunc(rooms[i].may, func(may string) bool { return in(imported, may) }) {
				t.Errorf("%s imports %s", path, imported)
			}
		}
	}
	if seen < len(rooms)-4 {
		t.Errorf("only %d packages were looked at", seen)
	}
}
