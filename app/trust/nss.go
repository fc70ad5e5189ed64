//go:build linux || darwin

package trust

import (
	"crypto/x509"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/smallstep/truststore"
)

// nssStore is all databases of Firefox's profiles, and on Linux of Chrome.
type nssStore struct{}

// nssFolders are where databases can be, below the home folder: truststore
// knows the first of each system, and takes the others for it.
func nssFolders() []string {
	home := os.Getenv("HOME") // as truststore asks for it
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
	library.Lock()
	defer library.Unlock()
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
		line := pick(a, []string{"certutil -d " + quote(db) + " -A -t C,, -n " + nameOf(cert) + " -i "}, []string{"certutil -d " + quote(db) + " -D -n " + nameOf(cert)})[0]
		if a == Install {
			s.Commands, s.ByHand = append(s.Commands, line+"FILE"), append(s.ByHand, line+"posthouse-ca.pem")
		} else {
			s.Commands, s.ByHand = append(s.Commands, line), append(s.ByHand, line)
		}
		switch has := holds(certutil, db, cert); {
		case a == Install && !has:
			s.State = Absent // in one at least
		case a == Remove && has:
			s.State = Present // in one at least
		}
	}
	return s
}

// findCertutil is for a process that has found truststore's certutil: on macOS
// it may lie in Homebrew's folder.
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

func (nssStore) Apply(a Action, cert *x509.Certificate) error {
	library.Lock()
	defer library.Unlock()
	certutil, err := findCertutil()
	if err != nil {
		return err
	}
	trust, err := truststore.NewNSSTrust()
	if err != nil {
		return err
	}
	before := truststore.NSSProfile
	defer func() { truststore.NSSProfile = before }()
	var errs []error
	for _, pattern := range nssFolders() {
		if len(databases(pattern)) == 0 {
			continue
		}
		truststore.NSSProfile = pattern
		errs = append(errs, applyOther(a, cert, trust))
	}
	if a == Remove {
		errs = append(errs, clearOut(certutil, cert))
	}
	return errors.Join(errs...)
}

// clearOut removes what truststore leaves: it takes a certificate that is past
// its time for one that is not there.
func clearOut(certutil string, cert *x509.Certificate) error {
	var errs []error
	for _, db := range databases(nssFolders()...) {
		if !holds(certutil, db, cert) {
			continue
		}
		cmd := exec.Command(certutil, "-D", "-d", db, "-n", nameOf(cert))
		if out, err := cmd.CombinedOutput(); err != nil {
			errs = append(errs, truststore.NewCmdError(err, cmd, out))
		}
	}
	return errors.Join(errs...)
}
