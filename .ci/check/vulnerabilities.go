package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// vulnerabilityRecord is where the last result of govulncheck is kept, with its date.
// CI hands it out, and a release has it among its files.
const vulnerabilityRecord = "dist/vulnerabilities.txt"

// vulnerabilities needs the database at vuln.go.dev. Where that cannot be
// reached the check is skipped, and says so, unless POSTHOUSE_REQUIRE_VULN is set.
func (r *runner) vulnerabilities() {
	r.check("govulncheck", func() error {
		out, err := r.goCommand(nil, "tool", "govulncheck", "-show", "version", "-tags", tagsScreenless, "./...")
		return judgeVulnerabilities(vulnerabilityRecord, out, err, os.Getenv("POSTHOUSE_REQUIRE_VULN") != "", time.Now())
	})
}

// judgeVulnerabilities says what a run of govulncheck came to, and records it. A
// run that did not reach the database has no result: the record stays as it is.
func judgeVulnerabilities(record, out string, err error, required bool, now time.Time) error {
	if err != nil && strings.Contains(out, "fetching vulnerabilities") {
		if required {
			return err
		}
		return skip("the vulnerability database cannot be reached from here (POSTHOUSE_REQUIRE_VULN=1 makes this a failure)" +
			lastRecord(record) + ": " + strings.TrimSpace(out))
	}
	result := "nothing that is called has a known vulnerability"
	if err != nil {
		result = "FAILED"
	}
	text := fmt.Sprintf("govulncheck of %s: %s\n\n%s\n", now.UTC().Format(time.RFC3339), result, strings.TrimSpace(out))
	if mkdir := os.MkdirAll(filepath.Dir(record), 0o755); mkdir != nil {
		return errors.Join(err, mkdir)
	}
	return errors.Join(err, os.WriteFile(record, []byte(text), 0o644))
}

// lastRecord is the first line of the record, for a skip to say how old the last result is.
func lastRecord(record string) string {
	text, err := os.ReadFile(record)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return "; the last result is that of " + line
}
