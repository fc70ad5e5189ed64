//go:build unix && !darwin

package trust

import (
	"crypto/x509"

	"posthouse/app/clients/internal/host"
)

// SystemPool is what the system's own store trusts now, read anew; nil says that
// Go asks the system itself. It does not look at SSL_CERT_FILE.
func SystemPool() (*x509.CertPool, error) {
	path := SystemStore()
	if path == "" {
		return nil, ErrNoRoots
	}
	roots, err := readRoots(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, der := range roots {
		if cert, err := x509.ParseCertificate(der); err == nil {
			pool.AddCert(cert)
		}
	}
	return pool, nil
}

// SystemStore is where the system's roots lie, "" where they are not found.
func SystemStore() string {
	for _, path := range rootFiles {
		if host.Exists(path) {
			return path
		}
	}
	return ""
}
