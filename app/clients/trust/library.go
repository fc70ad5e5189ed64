package trust

import (
	"crypto/x509"
	"strings"
	"sync"

	"github.com/smallstep/truststore"
)

// prefix begins the name of the certificate in each store; its serial number
// follows. The subject would not do: it becomes a file name.
const prefix = "posthouse-ca-"

// library guards truststore, which keeps what it is told in variables.
var library = func() *sync.Mutex {
	truststore.WithPrefix(prefix)(nil) // it sets a variable and does not look at its argument
	return new(sync.Mutex)
}()

// nameOf is the certificate's name in a store, as truststore makes it.
func nameOf(cert *x509.Certificate) string { return prefix + cert.SerialNumber.String() }

// exportLine is the first command of all that is done by hand. The CA's own
// file is not to be used: the private key is in it.
const exportLine = "posthoused ca export -o " + exported

// exported is the certificate's file in all that is done by hand.
const exported = "posthouse-ca.pem"

// WithFile are commands that are done by hand, with the certificate in a file
// that is there already.
func WithFile(byHand []string, file string) []string {
	var out []string
	for _, line := range byHand {
		if line != exportLine {
			out = append(out, strings.ReplaceAll(line, exported, Quote(file)))
		}
	}
	return out
}

func pick(a Action, install, remove []string) []string {
	if a == Install {
		return install
	}
	return remove
}

// applySystem changes the system's store and no other.
func applySystem(a Action, cert *x509.Certificate) error {
	library.Lock()
	defer library.Unlock()
	if a == Install {
		return truststore.Install(cert)
	}
	return truststore.Uninstall(cert)
}

// applyOther changes one store that is not the system's.
func applyOther(a Action, cert *x509.Certificate, t truststore.Trust) error {
	if a == Install {
		return truststore.Install(cert, truststore.WithNoSystem(), truststore.WithTrust(t))
	}
	return truststore.Uninstall(cert, truststore.WithNoSystem(), truststore.WithTrust(t))
}
