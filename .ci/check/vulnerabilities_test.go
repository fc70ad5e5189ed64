package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The result of a run is kept with its date; a run without the database changes nothing.
func TestVulnerabilitiesAreRecorded(t *testing.T) {
	const unreachable = "govulncheck: fetching vulnerabilities: Get \"https://vuln.go.dev/index/modules.json.gz\": " +
		"dial tcp: lookup vuln.go.dev"
	record := filepath.Join(t.TempDir(), "dist", "vulnerabilities.txt")
	read := func() string {
		text, _ := os.ReadFile(record)
		return string(text)
	}
	failed := errors.New("exit status 1")
	first := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)

	var why skip
	if err := judgeVulnerabilities(record, unreachable, failed, false, first); !errors.As(err, &why) || read() != "" {
		t.Errorf("without the database: %v, %q", err, read())
	}
	if err := judgeVulnerabilities(record, unreachable, failed, true, first); !errors.Is(err, failed) || errors.As(err, &why) ||
		read() != "" {
		t.Errorf("where it is required: %v, %q", err, read())
	}
	if err := judgeVulnerabilities(record, "No vulnerabilities found.", nil, true, first); err != nil ||
		!strings.HasPrefix(read(), "govulncheck of 2026-11-28T09:00:00Z: nothing") {
		t.Errorf("a good run: %v, %q", err, read())
	}
	before := read()
	if err := judgeVulnerabilities(record, unreachable, failed, false, first.AddDate(0, 1, 0)); !errors.As(err, &why) || read() != before ||
		!strings.Contains(err.Error(), "2026-11-28T09:00:00Z") {
		t.Errorf("without the database again: %v, %q", err, read())
	}
	found := errors.New("exit status 3")
	if err := judgeVulnerabilities(record, "Vulnerability #1: GO-2026-0001", found, false, first); !errors.Is(err, found) ||
		errors.As(err, &why) || !strings.Contains(read(), "FAILED") || !strings.Contains(read(), "GO-2026-0001") {
		t.Errorf("a vulnerability: %v, %q", err, read())
	}
}
