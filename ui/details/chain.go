package details

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/certificate"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// Bounds of what is shown of a chain, which came from the network.
const (
	maxChain = 8   // certificates
	maxNames = 6   // names of one
	maxName  = 100 // bytes of one name
)

// chainFacts is the chain as the origin sent it, as a tree: its own certificate,
// and below each the one that was sent to vouch for it.
func chainFacts(s *flow.Secure) []fact {
	if len(s.Chain) == 0 {
		if s.Fingerprint == [32]byte{} {
			return nil
		}
		return []fact{{name: i18n.T("details.fingerprint"), value: hex.EncodeToString(s.Fingerprint[:])}}
	}
	all := []fact{{value: i18n.T("details.chain"), title: true}}
	now := time.Now()
	for level, der := range s.Chain[:min(len(s.Chain), maxChain)] {
		all = append(all, certificateFacts(der, level, now)...)
	}
	if more := len(s.Chain) - maxChain; more > 0 {
		all = append(all, fact{value: i18n.T("details.chain_more", more), level: maxChain})
	}
	return all
}

// certificateFacts is one certificate of the tree.
func certificateFacts(der []byte, level int, now time.Time) []fact {
	branch := ""
	if level > 0 {
		branch = "› "
	}
	c, broken := certificate.Read(der)
	all := []fact{{value: branch + nameOf(c.Subject, c.DNSNames), level: level, title: true}}
	add := func(key, value string) {
		if value != "" {
			all = append(all, fact{name: i18n.T(key), value: value, level: level + 1})
		}
	}
	add("cert.broken", words.Reason(broken))
	add("cert.issuer", issuerText(c))
	add("cert.valid", validText(c, now))
	add("cert.names", namesText(c))
	add("cert.key", keyText(c))
	digest := sha256.Sum256(der)
	add("cert.sha256", hex.EncodeToString(digest[:]))
	return all
}

// nameOf is what people call a certificate.
func nameOf(n pkix.Name, names []string) string {
	name := n.CommonName
	if name == "" && len(names) > 0 {
		name = names[0]
	}
	if name == "" {
		name = n.String()
	}
	if name == "" {
		name = i18n.T("cert.nameless")
	}
	return words.ShortText(words.VisibleText(name), maxName)
}

func issuerText(c *x509.Certificate) string {
	if len(c.RawIssuer) == 0 {
		return "" // it could not be read
	}
	if string(c.RawIssuer) == string(c.RawSubject) {
		return i18n.T("cert.issuer_self")
	}
	return nameOf(c.Issuer, nil)
}

// validText is from when to when, and that it is over or has not begun.
func validText(c *x509.Certificate, now time.Time) string {
	if c.NotAfter.IsZero() {
		return "" // it could not be read
	}
	from, to := c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly)
	switch {
	case now.After(c.NotAfter):
		return i18n.T("cert.valid_over", from, to)
	case now.Before(c.NotBefore):
		return i18n.T("cert.valid_later", from, to)
	}
	return i18n.T("cert.valid_now", from, to)
}

// namesText is the first names that a certificate is for, and how many more there are.
func namesText(c *x509.Certificate) string {
	var all []string
	for _, name := range c.DNSNames {
		all = append(all, words.ShortText(words.VisibleText(name), maxName))
		if len(all) == maxNames {
			break
		}
	}
	for _, ip := range c.IPAddresses {
		if len(all) < maxNames {
			all = append(all, ip.String())
		}
	}
	text := strings.Join(all, ", ")
	if more := len(c.DNSNames) + len(c.IPAddresses) - len(all); more > 0 {
		text = i18n.T("cert.names_more", text, more)
	}
	return text
}

// keyText is the kind of its key and what it was signed with.
func keyText(c *x509.Certificate) string {
	key := c.PublicKeyAlgorithm.String()
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		key = "RSA " + strconv.Itoa(k.N.BitLen())
	case *ecdsa.PublicKey:
		key = "ECDSA " + k.Curve.Params().Name
	case ed25519.PublicKey:
		key = "Ed25519"
	}
	switch {
	case c.PublicKey == nil && !certificate.Whole(c):
		return "" // it could not be read
	case c.SignatureAlgorithm == x509.UnknownSignatureAlgorithm:
		return key
	}
	return i18n.T("cert.key_signed", key, c.SignatureAlgorithm.String())
}
