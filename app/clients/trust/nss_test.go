//go:build linux

package trust

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/ca"
)

// nssHome makes a home folder with databases in the places given,
// and takes it for the user's.
func nssHome(t *testing.T, places ...string) (home, certutil string) {
	t.Helper()
	certutil, err := exec.LookPath("certutil")
	if err != nil {
		t.Skip("there is no certutil (libnss3-tools)")
	}
	home = t.TempDir()
	for _, place := range places {
		newDatabase(t, certutil, filepath.Join(home, place), "--empty-password")
	}
	t.Setenv("HOME", home)
	return home, certutil
}

func newDatabase(t *testing.T, certutil, folder string, args ...string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(certutil, append([]string{"-N", "-d", "sql:" + folder}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestNSSInTemporaryHome(t *testing.T) {
	for name, store := range map[string]Store{"terminal": nssStore{}, "desktop": nssStore{&desk{}}} {
		t.Run(name, func(t *testing.T) {
			home, _ := nssHome(t, ".pki/nssdb", ".mozilla/firefox/a b.default", "snap/firefox/common/.mozilla/firefox/x.default")
			if err := os.MkdirAll(filepath.Join(home, ".mozilla/firefox/Crash Reports"), 0o700); err != nil { // no profile
				t.Fatal(err)
			}
			throughItsLife(t, store, NSS)
			expired(t)
		})
	}
}

// A database with a password says so, is left as it was, and keeps no other one
// from being changed.
func TestNSSWithAPassword(t *testing.T) {
	home, certutil := nssHome(t, ".pki/nssdb")
	word := filepath.Join(home, "word")
	if err := os.WriteFile(word, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(home, ".mozilla/firefox/locked.default")
	newDatabase(t, certutil, locked, "-f", word)
	cert := certificate(t)
	store := nssStore{&desk{}}
	outcome := Apply(t.Context(), []Store{store}, Install, cert)[0]
	if outcome.Done || outcome.Err == nil || !errors.Is(outcome.Err, ErrPassword) || !strings.Contains(outcome.Err.Error(), locked) {
		t.Errorf("%+v", outcome)
	}
	if by := strings.Join(outcome.Err.ByHand, "\n"); len(outcome.Err.ByHand) != 2 || !strings.Contains(by, locked) ||
		len(outcome.Err.Places) != 1 {
		t.Errorf("by hand, in %q:\n%s", outcome.Err.Places, by)
	}
	if holds(certutil, "sql:"+locked, cert) {
		t.Error("a certificate without trust is left in the database")
	}
	if !trusts(certutil, "sql:"+filepath.Join(home, ".pki/nssdb"), cert) {
		t.Error("the other database does not trust it")
	}
	if got := store.Plan(Install, cert).State; got != Absent {
		t.Errorf("state %v", got)
	}
}

// A certificate that is past its time is removed all the same, from every database.
func expired(t *testing.T) {
	folders := databases()
	if len(folders) != 3 {
		t.Fatalf("databases %q", folders)
	}
	a, err := ca.Open(t.TempDir(), ca.Options{Life: time.Hour, Now: func() time.Time { return time.Now().Add(-72 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.pem")
	if err := os.WriteFile(file, a.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	certutil, err := exec.LookPath("certutil")
	if err != nil {
		t.Fatal(err)
	}
	for _, db := range folders {
		if out, err := exec.Command(certutil, "-A", "-d", db, "-t", "C,,", "-n", nameOf(a.Certificate()), "-i",
			file).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	outcome := Apply(t.Context(), []Store{nssStore{}}, Remove, a.Certificate())[0]
	if !outcome.Done || outcome.Err != nil {
		t.Fatalf("%+v", outcome)
	}
	for _, db := range folders {
		if holds(certutil, db, a.Certificate()) {
			t.Errorf("it is still in %s", db)
		}
	}
}

func TestNSSThatIsNotThere(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	if step := (nssStore{}).Plan(Install, certificate(t)); step.Skip != ErrNoStore {
		t.Errorf("%+v", step)
	}
	folder := filepath.Join(os.Getenv("HOME"), ".pki/nssdb")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "cert9.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "")
	if step := (nssStore{}).Plan(Install, certificate(t)); step.Skip != ErrNoTool || len(step.ByHand) == 0 {
		t.Errorf("%+v", step)
	}
}
