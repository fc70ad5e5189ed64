package trust

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/smallstep/truststore"

	"posthouse/proxy/bounded"
)

// Stores are those of this system. What needs an administrator asks for the
// password on the terminal.
func Stores() []Store { return []Store{systemStore{}, nssStore{}, javaStore{}} }

// DesktopStores are the same for a process with a window: nothing asks on a
// terminal; the desktop's own dialog does, or the store is left out.
func DesktopStores() []Store {
	d := newDesk()
	return []Store{systemStore{d}, nssStore{d}, javaStore{d}}
}

// systemStore is the folder of extra authorities that the distribution has, and
// the command that makes bundles of it.
type systemStore struct{ desk *desk } // nil: there is a terminal

func (st systemStore) Plan(a Action, cert *x509.Certificate) Step {
	s := Step{Kind: System, Admin: os.Geteuid() != 0}
	if st.desk != nil {
		s.Admin = !st.desk.root
	}
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
	switch {
	case st.desk != nil:
		var err error
		if s.Asks, err = st.desk.ask(); s.Needed(a) {
			s.Skip = err
		}
	case s.Admin:
		s.Asks = AskSudo
	}
	return s
}

func (st systemStore) Apply(ctx context.Context, a Action, cert *x509.Certificate) error {
	if st.desk == nil {
		return applySystem(a, cert)
	}
	if truststore.SystemTrustCommand == nil {
		return ErrUnsupported
	}
	// Both in one command: the password is asked for once.
	script := pick(a, []string{`umask 022; cat >"$1" && chmod 644 "$1" && shift && exec "$@"`},
		[]string{`rm -f "$1" && shift && exec "$@"`})[0]
	file := fmt.Sprintf(truststore.SystemTrustFilename, nameOf(cert))
	update, err := st.desk.program(truststore.SystemTrustCommand[0])
	if err != nil {
		return err
	}
	args := append([]string{"/bin/sh", "-c", script, "sh", file, update}, truststore.SystemTrustCommand[1:]...)
	return st.desk.runAsAdmin(ctx, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), args...)
}

// stateOf reports whether the file is the certificate.
func stateOf(file string, cert *x509.Certificate) State {
	text, err := bounded.ReadFile(file, maxRoots)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Absent
	case err != nil:
		return Unknown
	}
	if block, _ := pem.Decode(text); block != nil && bytes.Equal(block.Bytes, cert.Raw) {
		return Present
	}
	return Unknown // something else has its name: both actions put that right
}
