package certificate

import (
	"crypto/rsa"
	"crypto/x509"
	"strconv"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// rules are the beginnings of what crypto/x509 says of a certificate, which has no types
// for it, and what a row says then. The rest of such a sentence is an argument where the
// row's has a place for one.
var rules = []struct {
	start string
	code  flow.ReasonCode
	rest  bool
}{
	{"x509: trailing data", reason.CertificateTrailing, false},
	{"x509: certificate contains duplicate extension with OID ", reason.CertificateTwice, true},
	{"x509: negative serial number", reason.CertificateSerial, false},
	{"x509: malformed serial number", reason.CertificateSerial, false},
	{"x509: invalid version", reason.CertificateVersion, false},
	{"x509: malformed version", reason.CertificateVersion, false},
	{"x509: inner and outer signature algorithm identifiers", reason.CertificateAlgorithms, false},
	{"x509: cannot parse IP address of length ", reason.CertificateAddress, true},
	{"x509: SAN ", reason.CertificateBadNames, false},
	{"x509: invalid subject alternative name", reason.CertificateBadNames, false},
	{"x509: cannot parse dnsName", reason.CertificateBadNames, false},
	{"x509: cannot parse rfc822Name", reason.CertificateBadNames, false},
	{"x509: cannot parse URI", reason.CertificateBadNames, false},
	{"x509: invalid RDNSequence", reason.CertificateBadSubject, false},
	{"x509: malformed issuer", reason.CertificateBadSubject, false},
	{"x509: malformed UTCTime", reason.CertificateBadTime, false},
	{"x509: malformed GeneralizedTime", reason.CertificateBadTime, false},
	{"x509: unsupported time format", reason.CertificateBadTime, false},
	{"x509: malformed validity", reason.CertificateBadTime, false},
	{"x509: RSA ", reason.CertificateBadKey, false},
	{"x509: invalid RSA ", reason.CertificateBadKey, false},
	{"x509: invalid ECDSA ", reason.CertificateBadKey, false},
	{"x509: unsupported elliptic curve", reason.CertificateBadKey, false},
	{"x509: malformed spki", reason.CertificateBadKey, false},
	{"x509: malformed subjectPublicKey", reason.CertificateBadKey, false},
	{"x509: malformed public key algorithm", reason.CertificateBadKey, false},
	{"x509: unknown public key algorithm", reason.CertificateBadKey, false},
	{"crypto/", reason.CertificateBadKey, false}, // points that are not on their curve
}

// rule says which rule a certificate breaks that crypto/x509 does not parse.
func rule(err error) flow.Reason {
	text := err.Error()
	for _, r := range rules {
		rest, is := strings.CutPrefix(text, r.start)
		switch {
		case is && r.rest:
			if n, err := strconv.Atoi(rest); err == nil {
				return r.code.With(n)
			}
			return r.code.With(clip(strings.Trim(rest, `"`)))
		case is:
			return r.code.With()
		}
	}
	return reason.CertificateForm.With(reason.Text.With(clip(strings.TrimPrefix(text, "x509: "))))
}

// clip keeps what a certificate says from filling a row.
func clip(s string) string {
	if len(s) > maxSaid {
		return strings.ToValidUTF8(s[:maxSaid], "") + "..."
	}
	return s
}

const maxSaid = 80 // bytes

// Rules are those that a certificate breaks by itself, whoever signed it. Whether they
// matter is another question: a trusted root's own signature counts for nothing.
func Rules(c *x509.Certificate) (broken []flow.Reason) {
	if !Whole(c) {
		_, form := Read(c.Raw)
		broken = append(broken, form)
	}
	if Forgeable(c.SignatureAlgorithm) {
		broken = append(broken, reason.CertificateSignature.With(c.SignatureAlgorithm.String()))
	}
	if key, is := c.PublicKey.(*rsa.PublicKey); is && Short(key) {
		broken = append(broken, reason.CertificateKeySize.With(key.N.BitLen()))
	}
	if !Usable(c) {
		broken = append(broken, reason.CertificateKey.With())
	}
	return broken
}

// Forgeable reports whether a signature of that kind proves nothing (RFC 9155, RFC 6151).
func Forgeable(a x509.SignatureAlgorithm) bool {
	switch a {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}

// minRSA and maxRSA are the shortest RSA key that may vouch for anything and the longest
// that is spoken with, in bits. The libraries are made to take shorter ones, so that
// origins with such a key can be pinned.
const (
	minRSA = 1024
	maxRSA = 8192
)

// Short reports whether a key is too short to vouch for anything.
func Short(key *rsa.PublicKey) bool { return key.N.BitLen() < minRSA }
