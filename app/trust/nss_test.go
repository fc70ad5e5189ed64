//go:build linux

package trust

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/ca"
)

const inHome = "POSTHOUSE_TEST_NSS_HOME"

// truststore asks for HOME when the program starts, so the test runs itself
// again with a home folder that has databases of its own.
func TestNSSInTemporaryHome(t *testing.T) {
	if os.Getenv(inHome) != "" && os.Getenv(inHome) == os.Getenv("HOME") {
		t.Run("life", func(t *testing.T) { throughItsLife(t, nssStore{}, NSS) })
		t.Run("expired", expired)
		return
	}
	certutil, err := exec.LookPath("certutil")
	if err != nil {
		t.Skip("there is no certutil (libnss3-tools)")
	}
	home := t.TempDir()
	for _, place := range []string{".pki/nssdb", ".mozilla/firefox/a b.default", "snap/firefox/common/.mozilla/firefox/x.default", ".mozilla/firefox/Crash Reports"} {
		folder := filepath.Join(home, place)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(place, "Reports") {
			continue // a folder that is no profile
		}
		if out, err := exec.Command(certutil, "-N", "--empty-password", "-d", "sql:"+folder).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	again := exec.Command(os.Args[0], "-test.run=^TestNSSInTemporaryHome$", "-test.v", "-test.timeout=2m")
	again.Env = append(os.Environ(), "HOME="+home, inHome+"="+home)
	out, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestNSSInTemporaryHome/expired") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// A certificate that is past its time is removed all the same, from every database.
func expired(t *testing.T) {
	folders := databases(nssFolders()...)
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
		if out, err := exec.Command(certutil, "-A", "-d", db, "-t", "C,,", "-n", nameOf(a.Certificate()), "-i", file).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	outcome := Apply([]Store{nssStore{}}, Remove, a.Certificate())[0]
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
