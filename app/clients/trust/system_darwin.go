package trust

import (
	"bytes"
	"context"
	"crypto/sha1" // how the keychain names a certificate
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"

	"posthouse/app/clients/internal/host"
)

// Stores are those of this system. What needs an administrator asks for the
// password on the terminal.
func Stores() []Store { return []Store{systemStore{}, nssStore{}, javaStore{}} }

// DesktopStores are the same for a process with a window: the user's keychain
// takes the place of the system's, and macOS itself asks for the password.
func DesktopStores() []Store {
	d := newDesk()
	return []Store{loginStore{}, nssStore{d}, javaStore{d}}
}

const (
	security = "/usr/bin/security"
	keychain = "/Library/Keychains/System.keychain"
)

// systemStore is the system's keychain.
type systemStore struct{}

func (systemStore) Plan(a Action, cert *x509.Certificate) Step {
	s := Step{
		Kind: System, Admin: os.Geteuid() != 0, Asks: AskSudo, Targets: []string{keychain},
		Commands: pick(a,
			[]string{"security add-trusted-cert -d -k " + keychain + " FILE",
				"security trust-settings-export, and -import with trust for TLS"},
			[]string{"security remove-trusted-cert -d FILE"}),
		ByHand: pick(a,
			[]string{exportLine, "sudo security add-trusted-cert -d -k " + keychain + " posthouse-ca.pem"},
			[]string{fmt.Sprintf("sudo security delete-certificate -Z %X -t %s", sha1.Sum(cert.Raw), keychain)}),
	}
	if !s.Admin {
		s.Asks = AskNobody
	}
	return s
}

func (systemStore) Apply(_ context.Context, a Action, cert *x509.Certificate) error {
	return applySystem(a, cert)
}

// loginStore is the user's login keychain with the user's own trust settings.
type loginStore struct{}

func loginKeychain() string {
	return filepath.Join(os.Getenv("HOME"), "Library/Keychains/login.keychain-db")
}

func (loginStore) Plan(a Action, cert *x509.Certificate) Step {
	at := Quote(loginKeychain())
	hash := fmt.Sprintf("%X", sha1.Sum(cert.Raw))
	s := Step{
		Kind: System, Asks: AskMac, Targets: []string{loginKeychain()}, State: Absent,
		Commands: pick(a,
			[]string{"security add-trusted-cert -r trustRoot -p ssl -p basic -k " + at + " FILE"},
			[]string{"security remove-trusted-cert FILE", "security delete-certificate -Z " + hash + " " + at}),
		ByHand: pick(a,
			[]string{exportLine, "security add-trusted-cert -r trustRoot -p ssl -p basic -k " + at + " posthouse-ca.pem"},
			[]string{"security delete-certificate -Z " + hash + " -t " + at}),
	}
	look := host.Command{Path: security, Args: []string{"find-certificate", "-a", "-Z", "-c", cert.Subject.CommonName, loginKeychain()}}
	if ran := host.Run(context.Background(), look, toolTimeout, nil); ran.Err == nil && bytes.Contains(ran.Stdout, []byte(hash)) {
		s.State = Present
		if a == Install {
			s.State = Unknown // it is there; whether it is trusted is not told
		}
	}
	return s
}

func (loginStore) Apply(ctx context.Context, a Action, cert *x509.Certificate) error {
	file, err := os.CreateTemp("", "posthouse-ca-*.pem") // security reads files only
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	err = pem.Encode(file, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if a == Install {
		return runDetached(ctx, nil, security, "add-trusted-cert", "-r", "trustRoot", "-p", "ssl", "-p", "basic", "-k",
			loginKeychain(), file.Name())
	}
	// Without trust settings the first fails; what counts is that the second does not.
	_ = runDetached(ctx, nil, security, "remove-trusted-cert", file.Name())
	return runDetached(ctx, nil, security, "delete-certificate", "-Z", fmt.Sprintf("%X", sha1.Sum(cert.Raw)), loginKeychain())
}
