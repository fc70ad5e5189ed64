package trust

import (
	"crypto/sha1" // how the keychain names a certificate
	"crypto/x509"
	"fmt"
	"os"
)

// Stores are those of this system.
func Stores() []Store { return []Store{systemStore{}, nssStore{}, javaStore{}} }

const keychain = "/Library/Keychains/System.keychain"

// systemStore is the system's keychain.
type systemStore struct{}

func (systemStore) Plan(a Action, cert *x509.Certificate) Step {
	return Step{
		Kind: System, Admin: os.Geteuid() != 0, Targets: []string{keychain},
		Commands: pick(a,
			[]string{"security add-trusted-cert -d -k " + keychain + " FILE", "security trust-settings-export, and -import with trust for TLS"},
			[]string{"security remove-trusted-cert -d FILE"}),
		ByHand: pick(a,
			[]string{exportLine, "sudo security add-trusted-cert -d -k " + keychain + " posthouse-ca.pem"},
			[]string{fmt.Sprintf("sudo security delete-certificate -Z %X -t %s", sha1.Sum(cert.Raw), keychain)}),
	}
}

func (systemStore) Apply(a Action, cert *x509.Certificate) error { return applySystem(a, cert) }
