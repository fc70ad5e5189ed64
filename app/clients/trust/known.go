package trust

import "crypto/x509"

// Trusted tells whether any of the stores has the certificate, and whether that
// can be known. It changes nothing.
func Trusted(stores []Store, cert *x509.Certificate) (trusted, known bool) {
	for _, step := range Plan(stores, Install, cert) {
		switch {
		case step.Skip != nil:
		case step.State == Present:
			return true, true
		case step.Kind == System && step.State == Absent:
			known = true
		}
	}
	return false, known
}
