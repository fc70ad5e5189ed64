// Package statetable reads the tables of states that the switches' tests walk.
package statetable

import (
	"os"
	"strings"
	"testing"
)

// A Row is a state, with what each event makes of it.
type Row struct {
	State string
	After []string // for each event; "-" where it cannot happen
}

// Read reads the first table of a Markdown file: events in its head, a state a row.
func Read(t *testing.T, path string) (events []string, rows []Row) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|-") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if events == nil {
			events = cells[1:]
			continue
		}
		if len(cells) != len(events)+1 {
			t.Fatalf("%s: %q has %d cells", path, cells[0], len(cells))
		}
		rows = append(rows, Row{cells[0], cells[1:]})
	}
	return events, rows
}
