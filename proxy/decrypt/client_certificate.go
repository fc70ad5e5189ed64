package decrypt

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// ClientCertificate is shown to origins of a host that ask for one.
type ClientCertificate struct {
	Host        string // pattern
	Certificate tls.Certificate
}

type clientCertificate struct {
	hosts       *Hosts
	certificate tls.Certificate
}

// ParseClientCertificate reads a certificate with its key: PEM blocks, where the
// key may stand in its own text, or a PKCS#12 store (.p12, .pfx) with its
// password.
func ParseClientCertificate(file, key []byte, password string) (tls.Certificate, error) {
	if block, _ := pem.Decode(file); block != nil {
		if len(bytes.TrimSpace(key)) == 0 {
			key = file
		}
		certificate, err := tls.X509KeyPair(file, key)
		if err != nil {
			return certificate, &reason.Error{Why: reason.ClientUnusable.With(libraryReason(err)), Err: err}
		}
		return certificate, nil
	}
	private, leaf, chain, err := pkcs12.DecodeChain(file, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return tls.Certificate{}, reason.New(reason.ClientPassword)
	case err != nil:
		return tls.Certificate{}, &reason.Error{Why: reason.ClientNeither.With(libraryReason(err)), Err: err}
	}
	certificate := tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: private, Leaf: leaf}
	for _, c := range chain {
		certificate.Certificate = append(certificate.Certificate, c.Raw)
	}
	return certificate, nil
}

// libraryCodes are what crypto/tls and pkcs12 say of a file, which have no type; what
// follows is an argument.
var libraryCodes = []struct {
	start string
	code  flow.ReasonCode
}{
	{"tls: failed to find any PEM data in key input", reason.ClientKeyNone},
	{"tls: failed to find any PEM data in certificate input", reason.ClientNone},
	{"tls: private key does not match public key", reason.ClientPair},
	{"tls: failed to parse private key", reason.ClientKey},
	{"tls: found a certificate rather than a key in the PEM for the private key", reason.ClientKeyIsCert},
	{"tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of the following types: ",
		reason.ClientKeyOther},
	{"tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: ",
		reason.ClientOther},
	{"pkcs12: error reading P12 data: ", reason.ClientP12},
}

// libraryReason is why a library does not take a file.
func libraryReason(err error) flow.Reason {
	for _, l := range libraryCodes {
		rest, is := strings.CutPrefix(err.Error(), l.start)
		switch {
		case is && (rest == "" || l.code == reason.ClientP12): // the rest of that is about ASN.1
			return l.code.With()
		case is:
			return l.code.With(rest)
		}
	}
	return reason.Text.With(err.Error())
}

// clientCertificate is what a host is shown, nil for none.
func (p *Policy) clientCertificate(host, name string) *tls.Certificate {
	for i := range p.clients {
		if c := &p.clients[i]; c.hosts.Match([]byte(host)) || c.hosts.Match([]byte(name)) {
			return &c.certificate
		}
	}
	return nil
}
