package decrypt

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"

	"software.sslmate.com/src/go-pkcs12"
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
			return certificate, fmt.Errorf("it is not usable as a client certificate: %w", err)
		}
		return certificate, nil
	}
	private, leaf, chain, err := pkcs12.DecodeChain(file, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return tls.Certificate{}, errors.New("the password of the PKCS#12 file is wrong")
	case err != nil:
		return tls.Certificate{}, fmt.Errorf("it is neither PEM nor PKCS#12: %w", err)
	}
	certificate := tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: private, Leaf: leaf}
	for _, c := range chain {
		certificate.Certificate = append(certificate.Certificate, c.Raw)
	}
	return certificate, nil
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
