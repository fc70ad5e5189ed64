package trust

import (
	"context"
	"crypto/sha1" // how Windows names a certificate
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/smallstep/truststore"
)

// Stores are those of this system. Firefox takes what Windows trusts.
func Stores() []Store { return []Store{systemStore{}, javaStore{}} }

// DesktopStores are the same for a process with a window.
func DesktopStores() []Store { return []Store{systemStore{}, javaStore{newDesk()}} }

// systemStore is the root store of the current user. Windows asks before it
// takes or gives a certificate.
type systemStore struct{}

func (systemStore) Plan(a Action, cert *x509.Certificate) Step {
	return Step{
		Kind: System, Targets: []string{`Cert:\CurrentUser\Root`}, Asks: AskWindows,
		Commands: pick(a,
			[]string{"CertAddEncodedCertificateToStore (Windows asks whether you want this)"},
			[]string{"CertDeleteCertificateFromStore (Windows asks whether you want this)"}),
		ByHand: pick(a,
			[]string{exportLine, "certutil -user -addstore Root posthouse-ca.pem"},
			[]string{fmt.Sprintf("certutil -user -delstore Root %X", sha1.Sum(cert.Raw))}),
	}
}

func (systemStore) Apply(_ context.Context, a Action, cert *x509.Certificate) error {
	err := applySystem(a, cert)
	if a == Remove && errors.Is(err, truststore.ErrNotFound) {
		return nil // it was not there
	}
	return err
}
