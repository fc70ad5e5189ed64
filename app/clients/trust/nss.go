//go:build linux || darwin

package trust

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"posthouse/app/clients/internal/host"
)

// nssStore is all databases of Firefox's profiles, and on Linux of Chrome.
type nssStore struct{ desk *desk } // nil: there is a terminal

// databases are those of this user, as certutil names them.
func databases() (out []string) {
	c := thisComputer()
	var folders []string
	for _, p := range c.FirefoxProfiles() {
		all, _ := filepath.Glob(filepath.Join(p.Dir, "*")) // its only error is a bad pattern
		folders = append(folders, all...)
	}
	shared, sealed := c.ChromeStores()
	for _, folder := range append(append(folders, sealed...), shared) {
		if host.IsNSSStore(folder) {
			out = append(out, "sql:"+folder)
		}
	}
	return out
}

func (nssStore) Plan(a Action, cert *x509.Certificate) Step {
	s := Step{Kind: NSS, Targets: databases()}
	if len(s.Targets) == 0 {
		s.Skip = ErrNoStore
		return s
	}
	certutil := thisComputer().Certutil()
	if certutil == "" {
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
		line := pick(a, []string{"certutil -d " + Quote(db) + " -A -t C,, -n " + nameOf(cert) + " -i "},
			[]string{"certutil -d " + Quote(db) + " -D -n " + nameOf(cert)})[0]
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

// look has certutil say what a database holds.
func look(certutil, db string, more ...string) host.Ran {
	command := host.Command{Path: certutil, Args: append([]string{"-L", "-d", db}, more...)}
	return host.Run(context.Background(), command, toolTimeout, nil)
}

func holds(certutil, db string, cert *x509.Certificate) bool {
	return look(certutil, db, "-n", nameOf(cert)).Err == nil
}

// trusts reports whether a database has the certificate as an authority for
// servers. One that is there without that is of no use: it is what is left when
// a database with a password refused the trust.
func trusts(certutil, db string, cert *x509.Certificate) bool {
	for line := range strings.Lines(string(look(certutil, db).Stdout)) {
		if words := strings.Fields(line); len(words) == 2 && words[0] == nameOf(cert) {
			servers, _, _ := strings.Cut(words[1], ",")
			return strings.Contains(servers, "C")
		}
	}
	return false
}

// Apply changes each database, and goes on where one fails.
func (st nssStore) Apply(ctx context.Context, a Action, cert *x509.Certificate) error {
	certutil := thisComputer().Certutil()
	if certutil == "" {
		return ErrNoTool
	}
	run := runOnTerminal
	if st.desk != nil {
		run = runAlone
	}
	name := nameOf(cert)
	var errs []error
	for _, db := range databases() {
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
