//go:build linux || darwin

package trust

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// nssStore is all databases of Firefox's profiles, and on Linux of Chrome.
type nssStore struct{ desk *desk } // nil: there is a terminal

// nssFolders are where databases can be, below the home folder, beside the one
// that Chrome shares with others.
func nssFolders() []string {
	home := os.Getenv("HOME")
	if runtime.GOOS == "darwin" {
		return []string{filepath.Join(home, "Library/Application Support/Firefox/Profiles/*")}
	}
	var out []string
	for _, place := range []string{
		".mozilla/firefox/*",
		".config/mozilla/firefox/*", // since Firefox 147
		"snap/firefox/common/.mozilla/firefox/*",
		".var/app/org.mozilla.firefox/.mozilla/firefox/*",
		"snap/chromium/current/.pki/nssdb",
		".var/app/org.chromium.Chromium/.pki/nssdb",
	} {
		out = append(out, filepath.Join(home, place))
	}
	return out
}

// databases are those that a pattern leads to, as certutil names them, and
// the one that Chrome shares with others.
func databases(patterns ...string) []string {
	var out []string
	for _, pattern := range append(patterns, filepath.Join(os.Getenv("HOME"), ".pki/nssdb")) {
		folders, _ := filepath.Glob(pattern) // its only error is a bad pattern
		for _, folder := range folders {
			if _, err := os.Stat(filepath.Join(folder, "cert9.db")); err == nil {
				out = append(out, "sql:"+folder)
			}
		}
	}
	return out
}

func (nssStore) Plan(a Action, cert *x509.Certificate) Step {
	s := Step{Kind: NSS, Targets: databases(nssFolders()...)}
	if len(s.Targets) == 0 {
		s.Skip = ErrNoStore
		return s
	}
	certutil, err := findCertutil()
	if err != nil {
		s.Skip, s.ByHand = ErrNoTool, []string{"sudo apt install libnss3-tools", "sudo dnf install nss-tools"}
		if runtime.GOOS == "darwin" {
			s.ByHand = []string{"brew install nss"}
		}
		return s
	}
	if a == Install {
		s.ByHand = []string{exportLine}
	}
	s.State = Present
	if a == Remove {
		s.State = Absent
	}
	for _, db := range s.Targets {
		line := pick(a, []string{"certutil -d " + Quote(db) + " -A -t C,, -n " + nameOf(cert) + " -i "}, []string{"certutil -d " + Quote(db) + " -D -n " + nameOf(cert)})[0]
		if a == Install {
			s.Commands, s.ByHand = append(s.Commands, line+"FILE"), append(s.ByHand, line+"posthouse-ca.pem")
		} else {
			s.Commands, s.ByHand = append(s.Commands, line), append(s.ByHand, line)
		}
		switch {
		case a == Install && !trusts(certutil, db, cert):
			s.State = Absent // in one at least
		case a == Remove && holds(certutil, db, cert):
			s.State = Present // in one at least
		}
	}
	return s
}

// findCertutil finds NSS's certutil: on macOS it may lie in Homebrew's folder.
func findCertutil() (string, error) {
	if path, err := exec.LookPath("certutil"); err == nil {
		return path, nil
	}
	if runtime.GOOS == "darwin" {
		for _, path := range []string{"/opt/homebrew/opt/nss/bin/certutil", "/usr/local/opt/nss/bin/certutil"} {
			if _, err := os.Stat(path); err == nil {
				return path, nil
			}
		}
	}
	return "", ErrNoTool
}

func holds(certutil, db string, cert *x509.Certificate) bool {
	return exec.Command(certutil, "-L", "-d", db, "-n", nameOf(cert)).Run() == nil
}

// trusts reports whether a database has the certificate as an authority for
// servers. One that is there without that is of no use: it is what is left when
// a database with a password refused the trust.
func trusts(certutil, db string, cert *x509.Certificate) bool {
	out, err := exec.Command(certutil, "-L", "-d", db).Output()
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) == 2 && words[0] == nameOf(cert) {
			servers, _, _ := strings.Cut(words[1], ",")
			return strings.Contains(servers, "C")
		}
	}
	return false
}

// Apply changes each database, and goes on where one fails.
func (st nssStore) Apply(ctx context.Context, a Action, cert *x509.Certificate) error {
	certutil, err := findCertutil()
	if err != nil {
		return err
	}
	run := runOnTerminal
	if st.desk != nil {
		run = runAlone
	}
	name := nameOf(cert)
	var errs []error
	for _, db := range databases(nssFolders()...) {
		var err error
		switch {
		case a == Remove && holds(certutil, db, cert):
			err = run(ctx, nil, certutil, "-D", "-d", db, "-n", name)
		case a == Install && !trusts(certutil, db, cert):
			// From standard input, as DER.
			if err = run(ctx, cert.Raw, certutil, "-A", "-d", db, "-t", "C,,", "-n", name); err != nil && holds(certutil, db, cert) {
				_ = run(ctx, nil, certutil, "-D", "-d", db, "-n", name) // what it left is not trusted
			}
		}
		var tool *toolError
		if errors.As(err, &tool) && bytes.Contains(tool.out, []byte("SEC_ERROR_BAD_PASSWORD")) {
			err = fmt.Errorf("%w: %w", ErrPassword, err)
		}
		if err != nil {
			errs = append(errs, &placeError{strings.TrimPrefix(db, "sql:"), err})
		}
	}
	return errors.Join(errs...)
}

// runOnTerminal runs a program that may ask on the terminal.
func runOnTerminal(ctx context.Context, input []byte, args ...string) error {
	return run(ctx, exec.CommandContext(ctx, args[0], args[1:]...), input)
}
