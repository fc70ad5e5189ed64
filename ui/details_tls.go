package ui

import (
	"crypto/x509"
	"encoding/hex"
	"strings"
	"time"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// maxChain bounds the certificates of a chain that the overview shows.
const maxChain = 8

// addSecure adds what is known of both TLS connections of an opened tunnel.
func addSecure(add func(key, value string), x *flow.Exchange) {
	s := &x.Secure
	if s.Padlock == flow.PadlockNone {
		return
	}
	add("details.padlock", i18n.T("padlock."+s.Padlock.String()))
	add("details.tls_problem", problemWords(s.Problem))
	if x.Kind != flow.KindTunnel {
		add("details.sni", visibleText(x.TLS.SNI))
	}
	add("details.tls_client", legText(s.Client))
	add("details.tls_origin", legText(s.Origin))
	for i, der := range s.Chain[:min(len(s.Chain), maxChain)] {
		add("details.certificate", strings.Repeat("  ", i)+certificateText(der))
	}
	if s.Fingerprint != [32]byte{} {
		add("details.fingerprint", hex.EncodeToString(s.Fingerprint[:]))
	}
}

// problemWords says which checks an origin's certificate did not pass.
func problemWords(p flow.Problem) string {
	var words []string
	for _, code := range p.Codes() {
		words = append(words, i18n.T("problem."+code))
	}
	return strings.Join(words, "; ")
}

// legText is such as "TLS 1.3 · TLS_AES_128_GCM_SHA256 · h2".
func legText(l flow.Leg) string {
	if l.Version == 0 {
		return ""
	}
	parts := []string{l.VersionName(), l.CipherName()}
	if l.ALPN != "" {
		parts = append(parts, visibleText(l.ALPN))
	}
	return strings.Join(parts, " · ")
}

// certificateText says in one line whose certificate it is and how long it holds.
func certificateText(der []byte) string {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return i18n.T("details.certificate_bad")
	}
	name := c.Subject.CommonName
	if name == "" && len(c.DNSNames) > 0 {
		name = c.DNSNames[0]
	}
	if name == "" {
		name = c.Subject.String()
	}
	return i18n.T("details.certificate_is", shortText(visibleText(name), 100), c.NotAfter.Format(time.DateOnly))
}
