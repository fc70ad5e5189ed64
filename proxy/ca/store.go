package ca

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"posthouse/proxy/bounded"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

const (
	fileName   = "ca.pem"
	temporary  = ".ca-*.tmp"
	maxFile    = 64 << 10 // bytes; one certificate and one key have about 1 KiB
	modeDir    = 0o700
	modeOthers = 0o077 // what no other user may do with the file

	blockCertificate = "CERTIFICATE"
	blockKey         = "PRIVATE KEY" // PKCS #8, RFC 5958
)

// File is where the CA lies in a folder: its certificate and its private key.
func File(dir string) string { return filepath.Join(dir, fileName) }

// ErrExposed is what Open and Load say when others could read or replace the key.
var ErrExposed = error(reason.New(reason.CAExposed))

// ErrDamaged is what Open and Load say when the file is not a whole CA.
var ErrDamaged = error(reason.New(reason.CAUnusable))

// ErrNotFile is what Replace says when a link, a device or a folder stands where
// the file belongs.
var ErrNotFile = error(reason.New(reason.CANotFile))

// StoreError says what is wrong with a CA that is there, and what to do. It
// wraps ErrExposed, ErrDamaged, ErrNotFile or an error of the system.
type StoreError struct {
	Path   string
	Err    error
	Remedy flow.Reason
}

func (e *StoreError) Error() string { return reason.English(e.Reason()) }
func (e *StoreError) Unwrap() error { return e.Err }

// Reason is the file, what is wrong with it, and what to do.
func (e *StoreError) Reason() flow.Reason {
	return reason.CAProblem.With(e.Path, reason.OfNamed(e.Err), e.Remedy)
}

// Open gives the CA of a folder. Where there is none, it makes the folder and a
// new CA. A CA that is there and cannot be used is an error; it stays as it is.
func Open(dir string, o Options) (*Authority, error) {
	a, err := load(dir, clock(o.Now))
	if !errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	if err := os.MkdirAll(dir, modeDir); err != nil {
		return nil, reason.Wrap(err, reason.CAFolder)
	}
	if err := checkFolder(dir); err != nil {
		return nil, err
	}
	a, err = newAuthority(o)
	if err != nil {
		return nil, err
	}
	switch err := a.write(dir, create); {
	case errors.Is(err, fs.ErrExist): // another process was first
		return load(dir, clock(o.Now))
	case err != nil:
		return nil, reason.Wrap(err, reason.CAWrite)
	}
	return a, nil
}

// Load gives the CA of a folder and makes none: an error that wraps
// fs.ErrNotExist says that there is none.
func Load(dir string) (*Authority, error) { return load(dir, time.Now) }

// Replace puts a new CA in the place of whatever is there, a damaged one
// included. The old one is gone: what trusts it has to be told.
func Replace(dir string, o Options) (*Authority, error) {
	if err := os.MkdirAll(dir, modeDir); err != nil {
		return nil, reason.Wrap(err, reason.CAFolder)
	}
	if err := checkFolder(dir); err != nil {
		return nil, err
	}
	a, err := newAuthority(o)
	if err != nil {
		return nil, err
	}
	if err := a.write(dir, replace); err != nil {
		return nil, reason.Wrap(err, reason.CAReplace)
	}
	return a, nil
}

// Remove deletes the CA of a folder, and what an interrupted write left. None
// there is no error. What trusts it still does.
func Remove(dir string) error {
	left, _ := filepath.Glob(filepath.Join(dir, temporary)) // its only error is a bad pattern
	var errs []error
	for _, path := range append(left, File(dir)) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func load(dir string, now func() time.Time) (*Authority, error) {
	path := File(dir)
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	if err := checkFolder(dir); err != nil {
		return nil, err
	}
	cert, key, err := parse(text)
	if err != nil {
		return nil, damaged(path, err, reason.CAPutBack)
	}
	return assemble(cert, key, now)
}

func damaged(path string, err error, remedy flow.ReasonCode) *StoreError {
	return &StoreError{path, &reason.Error{Why: reason.CADamaged.With(reason.Of(err)), Err: ErrDamaged}, remedy.With()}
}

// read reads the file if no other user can. It looks at the file that it opened,
// not at what has its name by then.
func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, reason.Wrap(err, reason.CANone)
	case err == nil && !info.Mode().IsRegular(): // opening a pipe would wait for a writer
		return nil, damaged(path, reason.New(reason.CAFileKind), reason.CAMoveAway)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, &StoreError{path, err, reason.CARunAs.With()}
	}
	defer func() { _ = f.Close() }() // read only
	if err := checkFile(f, path); err != nil {
		return nil, err
	}
	text, err := bounded.Read(f, maxFile)
	switch {
	case errors.Is(err, bounded.ErrTooLarge):
		return nil, damaged(path, reason.New(reason.CAFileLarge), reason.CAPutBack)
	case err != nil:
		return nil, &StoreError{path, err, reason.CATryCopy.With()}
	}
	return text, nil
}

// parse reads exactly one certificate and its key. What is wrong is said
// without a byte of the file, which holds a secret.
func parse(text []byte) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	var certs, keys [][]byte
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		switch block.Type {
		case blockCertificate:
			certs = append(certs, block.Bytes)
		case blockKey:
			keys = append(keys, block.Bytes)
		default:
			return nil, nil, reason.New(reason.CAFileForeign)
		}
		text = rest
	}
	if len(certs) != 1 || len(keys) != 1 || len(bytes.TrimSpace(text)) > 0 {
		return nil, nil, reason.New(reason.CAFileParts)
	}
	cert, err := x509.ParseCertificate(certs[0])
	if err != nil {
		return nil, nil, reason.New(reason.CACertificate)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keys[0])
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || key.Curve != elliptic.P256() {
		return nil, nil, reason.New(reason.CAKey)
	}
	switch {
	case !key.PublicKey.Equal(cert.PublicKey):
		return nil, nil, reason.New(reason.CAPair)
	case !cert.BasicConstraintsValid || !cert.IsCA || cert.KeyUsage&x509.KeyUsageCertSign == 0:
		return nil, nil, reason.New(reason.CANotOne)
	case cert.CheckSignatureFrom(cert) != nil:
		return nil, nil, reason.New(reason.CANotSelf)
	}
	return cert, key, nil
}

// write puts the pair into its own file, and then under its name by put,
// in one step.
func (a *Authority) write(dir string, put func(from, to string) error) (err error) {
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return err
	}
	text := append(a.PEM(), pem.EncodeToMemory(&pem.Block{Type: blockKey, Bytes: key})...)
	f, err := os.CreateTemp(dir, temporary) // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // of no use under that name, however this ends
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := put(f.Name(), File(dir)); err != nil {
		return err
	}
	syncFolder(dir)
	return nil
}

// replace gives the file its name in the place of another file, and of nothing
// else: a key is not led elsewhere by a link.
func replace(from, to string) error {
	switch info, err := os.Lstat(to); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &StoreError{to, ErrNotFile, reason.CAMoveAway.With()}
	}
	return os.Rename(from, to)
}

// create gives the file its name unless that is taken (fs.ErrExist).
func create(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// No hard links here (FAT, some network file systems).
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}
