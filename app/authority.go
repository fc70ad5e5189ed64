package app

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"posthouse/app/desktop/atomicfile"
	"posthouse/app/settings"
	"posthouse/proxy/ca"
)

// Authority is a certificate authority, as the window sees it.
type Authority = ca.Authority

// AuthorityOptions say how a new one is made: for how long, for which domains.
type AuthorityOptions = ca.Options

// CAFile is where a certificate authority is kept in its folder.
func CAFile(dir string) string { return ca.File(dir) }

// CA is the authority that decrypts, nil while no host is to be decrypted. That a program
// is decrypted by a listener for itself does not count: it trusts the authority, and
// nothing else has to.
func (dc *Decryption) CA() *ca.Authority {
	if d := dc.inForce.Load(); d != nil && !d.unlisted {
		return d.authority
	}
	return nil
}

// offered is the authority that decrypts anything, for the page to offer.
func (dc *Decryption) offered() *ca.Authority {
	if d := dc.inForce.Load(); d != nil {
		return d.authority
	}
	return nil
}

// Authority is the authority that the settings name, whether anything is
// decrypted or not. It makes none: an error that wraps fs.ErrNotExist says that
// there is none yet.
func (dc *Decryption) Authority() (*ca.Authority, error) {
	if a := dc.CA(); a != nil {
		return a, nil
	}
	d := &dc.c.settings.Load().Decrypt
	return ca.Load(d.AuthorityDir())
}

// Certificate is the CA's certificate while decryption is on, else nil.
func (dc *Decryption) Certificate() (*x509.Certificate, error) {
	if !dc.c.settings.Load().Decrypt.Active() {
		return nil, nil
	}
	a, err := dc.Authority()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil // it is made when the proxy first decrypts
	case err != nil:
		return nil, fmt.Errorf("the CA cannot be used: %w", err)
	}
	return a.Certificate(), nil
}

// MakeAuthority makes the authority that the settings name. One that is there
// stays, and is returned, whatever the options say.
func (dc *Decryption) MakeAuthority(o AuthorityOptions) (a *Authority, err error) {
	err = ErrClosed
	dc.c.ask(func() { a, err = dc.openAuthority(o) })
	return a, err
}

// ReplaceAuthority puts a new authority in the place of the one that there is,
// or of a damaged one, and decrypts with it from the next connection on. The old
// private key is gone; the old certificate, which is needed to take it out of
// the stores that trust it, stays in the folder (see ReplacedAuthorities).
func (dc *Decryption) ReplaceAuthority(o AuthorityOptions) (a *Authority, err error) {
	err = ErrClosed
	dc.c.ask(func() {
		dir := dc.caDir()
		a, err = within(dc, func() (*ca.Authority, error) {
			kept, err := keepCertificate(dir)
			if err != nil {
				return nil, err
			}
			a, err := ca.Replace(dir, o)
			if err != nil {
				_ = os.Remove(kept) // it was not replaced
			}
			return a, err
		})
		if err == nil {
			err = dc.swapAuthority()
		}
	})
	return a, err
}

// RemoveAuthority deletes the authority with its private key. Nothing can be
// decrypted without it, so that is switched off first; the hosts of the settings stay.
// Programs that are open and were decrypted go on in tunnels.
// The certificate stays as with ReplaceAuthority.
func (dc *Decryption) RemoveAuthority() error {
	if dc.c.settings.Load().Decrypt.Active() {
		if err := dc.c.Change(func(s *settings.Settings) { s.Decrypt.Off = true }); err != nil {
			return err // a start with the old file would make a new authority
		}
	}
	err := ErrClosed
	dc.c.ask(func() {
		if err = dc.decryptUnlisted(false); err != nil {
			return
		}
		dir := dc.caDir()
		_, err = within(dc, func() (string, error) {
			kept, err := keepCertificate(dir)
			if err == nil {
				err = ca.Remove(dir)
			}
			return kept, err
		})
		dc.c.watchers.signal()
	})
	return err
}

// openAuthority is the authority in the folder, made if there is none. The controller's goroutine calls it.
func (dc *Decryption) openAuthority(o AuthorityOptions) (*Authority, error) {
	dir := dc.caDir()
	return within(dc, func() (*Authority, error) { return ca.Open(dir, o) })
}

func (dc *Decryption) caDir() string { return dc.c.settings.Load().Decrypt.AuthorityDir() }

// swapAuthority compiles the settings anew with the authority in the folder.
func (dc *Decryption) swapAuthority() error {
	s := dc.c.settings.Load()
	d, err := dc.compile(dc.effective(&s.Decrypt))
	if err != nil {
		return err
	}
	dc.inForce.Store(d)
	dc.c.configure(s)
	dc.c.watchers.signal()
	return nil
}

const (
	replacedPrefix = "replaced-"
	// maxReplaced bounds the certificates of former authorities that are kept.
	maxReplaced = 32
)

// keepCertificate writes the certificate of the authority in the folder, without
// its key, into a file beside it. A damaged one has none to keep.
func keepCertificate(dir string) (path string, err error) {
	a, err := ca.Load(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, ca.ErrDamaged):
		return "", nil
	case err != nil:
		return "", err
	}
	old := replacedFiles(dir)
	for ; len(old) >= maxReplaced; old = old[1:] {
		if err := os.Remove(old[0]); err != nil {
			return "", err
		}
	}
	name := replacedPrefix + a.Certificate().NotBefore.UTC().Format("20060102-150405") + "-" + a.Certificate().SerialNumber.Text(16) +
		".pem"
	path = filepath.Join(dir, name)
	return path, atomicfile.Options{Secret: true}.Write(path, a.PEM())
}

// replacedFiles are what keepCertificate wrote, the oldest first.
func replacedFiles(dir string) []string {
	files, _ := filepath.Glob(filepath.Join(dir, replacedPrefix+"*.pem")) // its only error is a bad pattern
	return files
}

// ReplacedAuthorities are the certificates of authorities that were replaced or
// removed, the oldest first. What still trusts one is in no danger, for its key
// is gone; Forget one when it has been taken out of the stores.
func (dc *Decryption) ReplacedAuthorities() []*x509.Certificate {
	files := replacedFiles(dc.caDir())
	var out []*x509.Certificate
	for _, file := range files[:min(len(files), maxReplaced)] {
		if cert := readCertificateFile(file); cert != nil {
			out = append(out, cert)
		}
	}
	return out
}

// ForgetReplaced deletes what ReplacedAuthorities keeps of a certificate.
func (dc *Decryption) ForgetReplaced(cert *x509.Certificate) error {
	var errs []error
	for _, file := range replacedFiles(dc.caDir()) {
		if kept := readCertificateFile(file); kept != nil && kept.Equal(cert) {
			errs = append(errs, os.Remove(file))
		}
	}
	return errors.Join(errs...)
}

func readCertificateFile(path string) *x509.Certificate {
	text, err := settings.ReadFile(path)
	if err != nil {
		return nil
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return cert
}
