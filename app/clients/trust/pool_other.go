//go:build !unix || darwin

package trust

import (
	"crypto/x509"
	"runtime"
)

// SystemPool is what the system's own store trusts now, read anew; nil says that
// Go asks the system itself.
func SystemPool() (*x509.CertPool, error) { return nil, nil }

// SystemStore is what the system calls its store.
func SystemStore() string {
	if runtime.GOOS == "windows" {
		return "ROOT"
	}
	return "/Library/Keychains/System.keychain"
}
