package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/app/clients/trust"
	"posthouse/proxy/ca"
)

// memoryStore stands in for a store of the system.
type memoryStore struct {
	kind trust.Kind
	has  map[string]bool
	skip error
	fail error
}

func (m *memoryStore) Plan(_ trust.Action, cert *x509.Certificate) trust.Step {
	s := trust.Step{Kind: m.kind, Skip: m.skip, Commands: []string{"change " + string(m.kind)},
		ByHand: []string{"by hand " + string(m.kind)}, State: trust.Absent, Admin: true}
	if m.has[string(cert.Raw)] {
		s.State = trust.Present
	}
	return s
}

func (m *memoryStore) Apply(_ context.Context, a trust.Action, cert *x509.Certificate) error {
	if m.fail == nil {
		m.has[string(cert.Raw)] = a == trust.Install
	}
	return m.fail
}

func memory(kind trust.Kind) *memoryStore {
	return &memoryStore{kind: kind, has: map[string]bool{}}
}

// caRun runs "posthoused ca" and gives what it said and how it ended.
func caRun(stores []trust.Store, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = runCA(args, stores, &out, &errs)
	return out.String(), errs.String(), code
}

func TestCAExport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	out, said, code := caRun(nil, "export", "-ca", dir)
	if code != 0 || !strings.Contains(said, "made a new certificate authority") {
		t.Fatal(code, said)
	}
	a, err := ca.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if out != string(a.PEM()) {
		t.Errorf("the certificate is %q", out)
	}
	for format, want := range map[string][]byte{"pem": a.PEM(), "der": a.DER(), "mobileconfig": a.MobileConfig()} {
		file := filepath.Join(t.TempDir(), "out")
		if out, said, code := caRun(nil, "export", "-format", format, "-o", file, "-ca", dir); code != 0 || out+said != "" {
			t.Errorf("%s: %d %s%s", format, code, out, said)
		}
		got, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, want) || bytes.Contains(got, []byte("PRIVATE")) {
			t.Errorf("%s: %v, %d bytes", format, err, len(got))
		}
	}
	if _, said, code := caRun(nil, "export", "-ca", dir, "-o", ca.File(dir)); code != 1 ||
		!strings.Contains(said, "private key would be lost") {
		t.Errorf("the authority is overwritten: %d %s", code, said)
	}
	if _, err := ca.Load(dir); err != nil {
		t.Error(err)
	}
}

// An export goes to a device as it goes to a file, and takes nothing's place but a
// file's: a link and a device are what they were.
func TestCAExportKeepsWhatStandsThere(t *testing.T) {
	dir, there := filepath.Join(t.TempDir(), "ca"), t.TempDir()
	if _, said, code := caRun(nil, "export", "-ca", dir, "-o", os.DevNull); code != 0 {
		t.Fatal(code, said)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode()&os.ModeDevice == 0 {
		t.Fatalf("%s is %v, %v", os.DevNull, info, err)
	}
	file, link := filepath.Join(there, "file"), filepath.Join(there, "link")
	if err := os.WriteFile(file, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if _, said, code := caRun(nil, "export", "-ca", dir, "-o", link); code != 0 {
		t.Fatal(code, said)
	}
	info, err := os.Lstat(file)
	text, _ := os.ReadFile(file)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 || !strings.HasPrefix(string(text), "-----BEGIN") {
		t.Errorf("%v, %v, %q", info, err, text)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
	if _, said, code := caRun(nil, "export", "-ca", dir, "-o", there); code != 1 || !strings.Contains(said, syscall.EISDIR.Error()) {
		t.Errorf("a folder: %d %s", code, said)
	}
}

func TestCAInstallAndRemove(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	system, nss, java := memory(trust.System), memory(trust.NSS), memory(trust.Java)
	java.skip = trust.ErrNoStore
	stores := []trust.Store{system, nss, java}
	if _, said, code := caRun(stores, "remove", "-ca", dir); code != 1 || !strings.Contains(said, "there is no Posthouse CA") {
		t.Errorf("removing none: %d %s", code, said)
	}
	if _, said, code := caRun(stores, "install", "-dry-run", "-ca", dir); code != 0 || !strings.Contains(said, "one would be made") {
		t.Errorf("trying without one: %d %s", code, said)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("trying made the authority: %v", err)
	}
	if _, err := ca.Open(dir, ca.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args  []string
		says  string
		count int // stores that have it afterwards
	}{
		{[]string{"install", "-dry-run"}, "the system's store, as an administrator:\n    change system\nbrowsers (NSS), as", 0},
		{[]string{"install", "-store", "nss"}, "browsers (NSS): done", 1},
		{[]string{"install"}, "browsers (NSS): it is there already\nJava: left out: there is no such store", 2},
		{[]string{"remove", "-store", "system,java"}, "the system's store: done", 1},
		{[]string{"remove", "-dry-run", "-delete"}, "the authority itself: delete ", 1},
		{[]string{"remove", "-delete"}, "the system's store: it is not there", 0},
	} {
		out, said, code := caRun(stores, append(step.args, "-ca", dir)...)
		if code != 0 || out != "" || !strings.Contains(said, step.says) {
			t.Errorf("%v: %d %s", step.args, code, said)
		}
		n := 0
		for _, store := range []*memoryStore{system, nss, java} {
			for _, has := range store.has {
				if has {
					n++
				}
			}
		}
		if n != step.count {
			t.Errorf("%v: it is in %d stores", step.args, n)
		}
	}
	if _, err := os.Stat(ca.File(dir)); !os.IsNotExist(err) {
		t.Errorf("the authority is not deleted: %v", err)
	}
}

// What failed is said with the commands that do it by hand, and the authority
// that is still trusted somewhere is not deleted.
func TestCAFailure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	system, nss := memory(trust.System), memory(trust.NSS)
	system.fail = errors.New("permission denied")
	_, said, code := caRun([]trust.Store{system, nss}, "install", "-ca", dir)
	if code != 1 || !strings.Contains(said, "permission denied\nBy hand:\n    by hand system\nbrowsers (NSS): done") ||
		!strings.Contains(said, "1 of 2 stores") {
		t.Errorf("%d %s", code, said)
	}
	a, err := ca.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	system.has[string(a.DER())] = true
	if _, _, code := caRun([]trust.Store{system, nss}, "remove", "-delete", "-ca", dir); code != 1 {
		t.Errorf("ended with %d", code)
	}
	if _, err := ca.Load(dir); err != nil {
		t.Errorf("the authority is deleted: %v", err)
	}
}

func TestCAThatCannotBeUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	if _, err := ca.Open(dir, ca.Options{Life: time.Hour, Now: func() time.Time { return time.Now().Add(-2 * time.Hour) }}); err != nil {
		t.Fatal(err)
	}
	system := memory(trust.System)
	if _, said, code := caRun([]trust.Store{system}, "install", "-ca", dir); code != 1 || !strings.Contains(said, "past its time") ||
		len(system.has) > 0 {
		t.Errorf("expired: %d %s", code, said)
	}
	if err := os.WriteFile(ca.File(dir), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"export", "install", "remove"} {
		if _, said, code := caRun([]trust.Store{system}, verb, "-ca", dir); code != 1 || !strings.Contains(said, "damaged") {
			t.Errorf("%s: %d %s", verb, code, said)
		}
	}
	if _, said, code := caRun([]trust.Store{system}, "remove", "-delete", "-ca", dir); code != 0 ||
		!strings.Contains(said, "look for names") {
		t.Errorf("%d %s", code, said)
	}
	if _, _, code := caRun([]trust.Store{system}, "install", "-ca", dir); code != 0 || len(system.has) != 1 {
		t.Errorf("a new one: %d, %v", code, system.has)
	}
}

func TestCACommandLine(t *testing.T) {
	for _, args := range [][]string{
		{}, {"nonsense"}, {"export", "more"}, {"export", "-format", "p12"}, {"export", "-store", "nss"}, {"install", "-store", "firefox"},
		{"install", "-delete"}, {"install", "-o", "x"}, {"remove", "-ca", ""}, {"-ca", "x"}, {"remove", "-nope"},
	} {
		if out, said, code := caRun(nil, args...); code != exitUsage || out != "" || !strings.Contains(said, "Run posthoused ca -h") {
			t.Errorf("%q: %d %s", args, code, said)
		}
	}
	for _, args := range [][]string{{"-h"}, {"install", "-h"}} {
		if _, said, code := caRun(nil, args...); code != exitOK || !strings.Contains(said, "Usage: posthoused ca") {
			t.Errorf("%q: %d %s", args, code, said)
		}
	}
}
