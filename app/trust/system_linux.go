package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strings"

	"github.com/smallstep/truststore"
)

// Stores are those of this system.
func Stores() []Store { return []Store{systemStore{}, nssStore{}, javaStore{}} }

// systemStore is the folder of extra authorities that the distribution has, and
// the command that makes bundles of it.
type systemStore struct{}

func (systemStore) Plan(a Action, cert *x509.Certificate) Step {
	s := Step{Kind: System, Admin: os.Geteuid() != 0}
	if truststore.SystemTrustCommand == nil {
		s.Skip = ErrUnsupported
		return s
	}
	file := fmt.Sprintf(truststore.SystemTrustFilename, nameOf(cert))
	update := strings.Join(truststore.SystemTrustCommand, " ")
	s.Targets = []string{file}
	s.Commands = pick(a, []string{"write " + file, update}, []string{"rm -f " + file, update})
	s.ByHand = pick(a,
		[]string{exportLine, "sudo cp posthouse-ca.pem " + file, "sudo " + update},
		[]string{"sudo rm -f " + file, "sudo " + update})
	s.State = stateOf(file, cert)
	return s
}

func (systemStore) Apply(a Action, cert *x509.Certificate) error { return applySystem(a, cert) }

// stateOf reports whether the file is the certificate.
func stateOf(file string, cert *x509.Certificate) State {
	text, err := os.ReadFile(file)
	if err != nil {
		if os.IsNotExist(err) {
			return Absent
		}
		return Unknown
	}
	if block, _ := pem.Decode(text); block != nil && bytes.Equal(block.Bytes, cert.Raw) {
		return Present
	}
	return Unknown // something else has its name: both actions put that right
}
