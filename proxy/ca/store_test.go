package ca

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestNewCA(t *testing.T) {
	a, now := open(t)
	c := a.Certificate()
	if c.Subject.CommonName != "Posthouse CA, desk, 2026-11-24" {
		t.Errorf("named %q", c.Subject.CommonName)
	}
	if !c.IsCA || !c.MaxPathLenZero || c.MaxPathLen != 0 || c.KeyUsage != x509.KeyUsageCertSign ||
		c.SignatureAlgorithm != x509.ECDSAWithSHA256 {
		t.Errorf("CA %v, path length %d, usage %v, %v", c.IsCA, c.MaxPathLen, c.KeyUsage, c.SignatureAlgorithm)
	}
	if !c.NotBefore.Before(*now) || c.NotAfter.Sub(*now).Round(time.Hour) != DefaultLife {
		t.Errorf("valid from %v to %v", c.NotBefore, c.NotAfter)
	}
	if len(c.SubjectKeyId) == 0 {
		t.Error("no subject key identifier")
	}
	if block, rest := pem.Decode(a.PEM()); block == nil || len(rest) != 0 || !bytes.Equal(block.Bytes, a.DER()) {
		t.Error("PEM is not the certificate alone")
	}
	if f := a.Fingerprint(); len(f) != 95 || strings.ToUpper(f) != f {
		t.Errorf("fingerprint %q", f)
	}
}

func TestNameOfCAFits(t *testing.T) {
	for _, test := range []struct{ host, want string }{
		{strings.Repeat("x", 80), "Posthouse CA, " + strings.Repeat("x", 38) + ", 2026-11-24"},
		{"书房\x00\xff\n", "Posthouse CA, 书房, 2026-11-24"},
		{"\x01", "Posthouse CA, this computer, 2026-11-24"},
	} {
		if got := commonName(test.host, at); got != test.want {
			t.Errorf("%q: %q", test.host, got)
		}
	}
	a, err := Open(t.TempDir(), Options{Name: "书房"})
	if err != nil || !strings.HasPrefix(a.Certificate().Subject.CommonName, "Posthouse CA, 书房, ") {
		t.Error(a, err)
	}
}

func TestLifeIsBounded(t *testing.T) {
	for _, life := range []time.Duration{-1, time.Minute, MaxLife + 1} {
		if _, err := Open(t.TempDir(), Options{Life: life}); err == nil {
			t.Errorf("a CA for %v", life)
		}
	}
	now := at
	a, err := Open(t.TempDir(), Options{Life: 24 * time.Hour, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Certificate().NotAfter; !got.Equal(at.Truncate(time.Second).Add(24 * time.Hour)) {
		t.Errorf("until %v", got)
	}
}

func TestRestartKeepsTheCA(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "ca")
	if _, err := Load(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Load of none: %v", err)
	}
	first, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, err := Open(dir, Options{Name: "other", PermittedDomains: []string{"test"}})
		if err != nil || !again.Certificate().Equal(first.Certificate()) {
			t.Fatalf("another CA: %v", err)
		}
	}
	loaded, err := Load(dir)
	if err != nil || loaded.Fingerprint() != first.Fingerprint() {
		t.Fatalf("Load: %v", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(first.Certificate())
	if _, err := leaf(t, loaded, "example.com").Leaf.Verify(x509.VerifyOptions{Roots: roots}); err != nil {
		t.Error(err)
	}
	only(t, dir)
}

// only checks that the folder holds the CA and nothing that was left behind.
func only(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != fileName {
		t.Errorf("%v in the folder, %v", entries, err)
	}
}

func TestManyThatOpenGetOneCA(t *testing.T) {
	dir := t.TempDir()
	prints := make([]string, 16)
	var group sync.WaitGroup
	for i := range prints {
		group.Go(func() {
			a, err := Open(dir, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = a.Fingerprint()
		})
	}
	group.Wait()
	for i := range prints {
		if prints[i] != prints[0] {
			t.Fatal("there are two CAs")
		}
	}
	only(t, dir)
}

func TestReplaceAndRemove(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	if err := Remove(dir); err != nil {
		t.Errorf("removing none: %v", err)
	}
	first, err := Replace(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Replace(dir, Options{})
	if err != nil || second.Fingerprint() == first.Fingerprint() {
		t.Fatalf("not replaced: %v", err)
	}
	if a, err := Load(dir); err != nil || a.Fingerprint() != second.Fingerprint() {
		t.Fatal(err)
	}
	write(t, File(dir), []byte("damaged"))
	if _, err := Replace(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	only(t, dir)
	write(t, filepath.Join(dir, ".ca-123.tmp"), []byte("left by a crash"))
	if err := Remove(dir); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("%v is left", entries)
	}
	if _, err := Load(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Whatever a crash, a disk or a person made of the file: it is an error with a
// remedy, it is not overwritten, and no byte of the file is in the error.
func TestDamagedStoreIsRefusedAndKept(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	for _, d := range []string{dir, other} {
		if _, err := Open(d, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	whole, foreign := slurp(t, File(dir)), slurp(t, File(other))
	split := bytes.Index(whole, []byte("-----BEGIN PRIVATE"))
	foreignSplit := bytes.Index(foreign, []byte("-----BEGIN PRIVATE"))
	a, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(a.leafKey)
	if err != nil {
		t.Fatal(err)
	}
	leafPair := append(pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: leaf(t, a, "example.com").Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: blockKey, Bytes: key})...)
	tests := map[string][]byte{
		"empty":            {},
		"zeros":            make([]byte, 1000),
		"certificate only": whole[:split],
		"key only":         whole[split:],
		"cut in the key":   whole[:len(whole)-40],
		"cut in the first": whole[:split/2],
		"mismatched":       append(bytes.Clone(whole[:split]), foreign[foreignSplit:]...),
		"twice":            append(bytes.Clone(whole), whole...),
		"something behind": append(bytes.Clone(whole), "-----BEGIN"...),
		"another block":    append(bytes.Clone(whole), pem.EncodeToMemory(&pem.Block{Type: "X", Bytes: []byte{1}})...),
		"too large":        append(bytes.Repeat([]byte("\n"), maxFile), whole...),
		"a flipped bit":    flip(t, whole),
		"a leaf, not a CA": leafPair,
		"blocks with rubbish": append(pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: []byte("x")}),
			pem.EncodeToMemory(&pem.Block{Type: blockKey, Bytes: []byte("y")})...),
		"certificate, bad key": append(bytes.Clone(whole[:split]), pem.EncodeToMemory(&pem.Block{Type: blockKey, Bytes: []byte("y")})...),
	}
	for i := range 40 { // what any crash in the middle of a write could leave
		tests["first bytes "+string(rune('A'+i))] = whole[:len(whole)*i/40]
	}
	for name, text := range tests {
		write(t, File(dir), text)
		a, err := Open(dir, Options{})
		var problem *StoreError
		if a != nil || !errors.Is(err, ErrDamaged) || !errors.As(err, &problem) || problem.Remedy.IsZero() || problem.Path != File(dir) {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(slurp(t, File(dir)), text) {
			t.Errorf("%s: the file was changed", name)
		}
	}
	write(t, File(dir), whole)
	if _, err := Open(dir, Options{}); err != nil {
		t.Errorf("the whole file: %v", err)
	}
}

func slurp(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// flip changes one bit of the certificate's signature.
func flip(t *testing.T, text []byte) []byte {
	t.Helper()
	block, rest := pem.Decode(text)
	if block == nil {
		t.Fatal("no block")
	}
	block.Bytes[len(block.Bytes)-3] ^= 1
	return append(pem.EncodeToMemory(block), rest...)
}

// A key is written to a file: what a link leads to, a pipe and a folder stay.
func TestReplaceTouchesOnlyAFile(t *testing.T) {
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, File(dir)); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	_, err := Replace(dir, Options{})
	var bad *StoreError
	if !errors.Is(err, ErrNotFile) || !errors.As(err, &bad) || bad.Path != File(dir) {
		t.Errorf("a link: %v", err)
	}
	if text, err := os.ReadFile(other); string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
	only(t, dir)
	if err := errors.Join(os.Remove(File(dir)), os.Mkdir(File(dir), 0o700)); err != nil {
		t.Fatal(err)
	}
	if _, err := Replace(dir, Options{}); !errors.Is(err, ErrNotFile) {
		t.Errorf("a folder: %v", err)
	}
	only(t, dir)
}

func TestFolderInPlaceOfTheFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(File(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

func TestMobileConfig(t *testing.T) {
	a, err := Open(t.TempDir(), Options{Name: "<desk & co>"})
	if err != nil {
		t.Fatal(err)
	}
	text := a.MobileConfig()
	if !bytes.Equal(text, a.MobileConfig()) {
		t.Error("it differs from time to time")
	}
	var values []string
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := token.(xml.CharData); ok && len(bytes.TrimSpace(s)) > 0 {
			values = append(values, string(bytes.TrimSpace(s)))
		}
	}
	all := strings.Join(values, "\n")
	for _, want := range []string{"com.apple.security.root", "Posthouse CA, <desk & co>, ", a.Fingerprint()} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(string(text), "{{") {
		t.Error("a placeholder is left")
	}
}

func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	dir := filepath.Join(t.TempDir(), "ca")
	if _, err := Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("folder %v", info.Mode())
	}
	if info, _ := os.Stat(File(dir)); info.Mode().Perm() != 0o600 {
		t.Errorf("file %v", info.Mode())
	}
	for _, mode := range []os.FileMode{0o604, 0o640, 0o644, 0o660, 0o601} {
		chmod(t, File(dir), mode)
		if _, err := Open(dir, Options{}); !errors.Is(err, ErrExposed) || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("file %o: %v", mode, err)
		}
	}
	chmod(t, File(dir), 0o400)
	for mode, ok := range map[os.FileMode]bool{0o755: true, 0o700: true, 0o770: false, 0o702: false, 0o777 | os.ModeSticky: true} {
		chmod(t, dir, mode)
		if _, err := Open(dir, Options{}); (err == nil) != ok || (err != nil && !errors.Is(err, ErrExposed)) {
			t.Errorf("folder %v: %v", mode, err)
		}
	}
	shared := t.TempDir()
	chmod(t, shared, 0o777)
	if _, err := Open(shared, Options{}); !errors.Is(err, ErrExposed) {
		t.Errorf("a CA was made where others can write: %v", err)
	}
	if _, err := Replace(shared, Options{}); !errors.Is(err, ErrExposed) {
		t.Errorf("a CA was put where others can write: %v", err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
