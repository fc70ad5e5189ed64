//go:build unix && !darwin

package trust

// rootFiles are where distributions keep the system's roots (as crypto/x509
// knows it).
var rootFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Arch, Gentoo
	"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora
	"/etc/ssl/ca-bundle.pem",                            // openSUSE
	"/etc/pki/tls/cacert.pem",                           // OpenELEC
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // CentOS
	"/etc/ssl/cert.pem",                                 // Alpine, BSDs
	"/usr/local/share/certs/ca-root-nss.crt",            // FreeBSD
}

// systemRoots are the roots of the system.
func systemRoots(bundle string) ([][]byte, error) { return firstRoots(bundle, rootFiles...) }
