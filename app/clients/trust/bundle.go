package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/bounded"
)

// ErrNoRoots is what WriteBundle says when it finds nothing that the system
// trusts. A bundle of the CA alone would break all that is not decrypted.
var ErrNoRoots = errors.New("the certificates that this system trusts cannot be found")

// maxRoots bounds what is read of the system's roots, in bytes; they have about
// 250 KiB.
const maxRoots = 16 << 20

const bundleHead = `# The certificates that this system trusts, and the one of Posthouse, for programs
# that take a single file. Made by Posthouse: it is written anew, changes are lost.

`

// WriteBundle writes a PEM file with the roots that the system trusts and with
// cert, for the variables that replace what a program trusts. A file that is
// the same already is left alone; else it is replaced in one step.
func WriteBundle(path string, cert *x509.Certificate) error {
	roots, err := systemRoots(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoRoots, err)
	}
	return writeBundle(path, roots, cert)
}

// WriteCertificate writes a PEM file with cert alone, for the variables that
// add to what a program trusts.
func WriteCertificate(path string, cert *x509.Certificate) error {
	return writePublic(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
}

func writeBundle(path string, roots [][]byte, cert *x509.Certificate) error {
	if len(roots) == 0 {
		return ErrNoRoots
	}
	b := bytes.NewBufferString(bundleHead)
	for _, der := range append(roots, cert.Raw) {
		if err := pem.Encode(b, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
			return err
		}
	}
	return writePublic(path, b.Bytes())
}

// writePublic writes a file that others may read: no secret is in it.
func writePublic(path string, text []byte) error {
	if there, err := bounded.ReadFile(path, 2*maxRoots); err == nil && bytes.Equal(there, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return atomicfile.Options{Mode: 0o644}.Write(path, text)
}

// readRoots reads the certificates of a PEM file; those that Go cannot read
// stay in: other programs may be able to.
func readRoots(path string) ([][]byte, error) {
	text, err := bounded.ReadFile(path, maxRoots)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return certificates(text)
}

func certificates(text []byte) ([][]byte, error) {
	var roots [][]byte
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		if block.Type == "CERTIFICATE" {
			roots = append(roots, block.Bytes)
		}
		text = rest
	}
	if len(roots) == 0 {
		return nil, ErrNoRoots
	}
	return roots, nil
}

// firstRoots reads the first of the files that holds roots: the one that
// SSL_CERT_FILE names, because a person chose it, before the system's. The bundle
// itself is none of them: it would keep a CA that was replaced.
func firstRoots(bundle string, files ...string) ([][]byte, error) {
	if chosen := os.Getenv("SSL_CERT_FILE"); chosen != "" && !sameFile(chosen, bundle) {
		files = append([]string{chosen}, files...)
	}
	var errs []error
	for _, file := range files {
		roots, err := readRoots(file)
		if err == nil {
			return roots, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
