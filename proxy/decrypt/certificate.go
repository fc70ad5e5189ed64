package decrypt

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"net/netip"
	"slices"
	"strings"
	"time"

	"posthouse/proxy/certificate"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// A CertificateError says which checks an origin's certificate did not pass.
type CertificateError struct {
	Host        string // the name that it should be for
	Problem     flow.Problem
	Fingerprint [32]byte // SHA-256 of the certificate
	Chain       [][]byte // as sent, DER
	ALPN        string   // what the origin chose, for the page that is shown instead

	leaf  *x509.Certificate
	rules []flow.Reason // which are broken, where they have words for it
}

func (e *CertificateError) Error() string { return reason.English(e.Reason()) }

// Reason is what a row says of it.
func (e *CertificateError) Reason() flow.Reason {
	return reason.CertificateRejected.With(clipName(e.Host), reason.All(reason.Both, e.Reasons()))
}

// Reasons are those of each check.
func (e *CertificateError) Reasons() []flow.Reason {
	if e.leaf == nil {
		return []flow.Reason{reason.CertificateNone.With()}
	}
	var all []flow.Reason
	add := func(p flow.Problem, code flow.ReasonCode, args ...any) {
		if e.Problem&p != 0 {
			all = append(all, code.With(args...))
		}
	}
	day := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
	add(flow.ProblemExpired, reason.CertificateExpired, day(e.leaf.NotAfter))
	add(flow.ProblemNotYetValid, reason.CertificateNotYet, day(e.leaf.NotBefore))
	if named := names(e.leaf); named.IsZero() {
		add(flow.ProblemWrongHost, reason.CertificateNameless)
	} else {
		add(flow.ProblemWrongHost, reason.CertificateNames, named)
	}
	add(flow.ProblemSelfSigned, reason.CertificateSelf)
	add(flow.ProblemUnknownAuthority, reason.CertificateIssuer, clipName(issuer(e.leaf)))
	if len(e.rules) == 0 {
		add(flow.ProblemUnusable, reason.CertificateUnusable)
	}
	return append(all, e.rules...)
}

func issuer(c *x509.Certificate) string {
	if c.Issuer.CommonName != "" {
		return c.Issuer.CommonName
	}
	return c.Issuer.String()
}

func names(c *x509.Certificate) flow.Reason {
	var all []string
	for _, n := range c.DNSNames {
		all = append(all, clipName(n))
	}
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	switch len(all) {
	case 0:
		return flow.Reason{}
	case 1:
		return reason.Text.With(all[0])
	case 2:
		return reason.NamesTwo.With(all[0], all[1])
	}
	return reason.NamesMore.With(all[0], all[1], len(all)-2)
}

// clipName keeps a name from filling a row, and from bringing controls into it.
func clipName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:57], "") + "..."
	}
	return s
}

// examine finds all that is wrong with a chain, each check by itself, and which rules of
// the form or of strength are broken.
func examine(chain []*x509.Certificate, name string, roots *x509.CertPool, now time.Time) (problem flow.Problem, rules []flow.Reason) {
	leaf := chain[0]
	at := now
	switch {
	case now.After(leaf.NotAfter) && !leaf.NotAfter.IsZero(): // zero where it could not be read
		problem |= flow.ProblemExpired
		at = leaf.NotAfter // so that the other checks speak for themselves
	case now.Before(leaf.NotBefore):
		problem |= flow.ProblemNotYetValid
		at = leaf.NotBefore
	}
	if leaf.VerifyHostname(hostForm(name)) != nil {
		problem |= flow.ProblemWrongHost
	}
	signed, broken := vouched(chain, roots, at)
	problem, rules = problem|signed, broken
	if len(rules) > 0 {
		problem |= flow.ProblemUnusable
	}
	return problem, rules
}

// vouched looks at who signed a chain, and with what.
func vouched(chain []*x509.Certificate, roots *x509.CertPool, at time.Time) (problem flow.Problem, rules []flow.Reason) {
	leaf := chain[0]
	if !certificate.Whole(leaf) {
		if len(leaf.RawIssuer) > 0 && bytes.Equal(leaf.RawIssuer, leaf.RawSubject) {
			problem = flow.ProblemSelfSigned
		}
		return problem, certificate.Rules(leaf)
	}
	options := x509.VerifyOptions{Roots: roots, CurrentTime: at, Intermediates: x509.NewCertPool()}
	var odd []flow.Reason
	for _, c := range chain[1:] {
		if certificate.Whole(c) {
			options.Intermediates.AddCert(c)
			continue
		}
		_, broken := certificate.Read(c.Raw)
		odd = append(odd, reason.CertificateVouches.With(broken))
	}
	chains, err := leaf.Verify(options)
	if err == nil {
		return 0, weakKey(chains)
	}
	problem = authorityProblem(leaf, err)
	if certificate.Forgeable(leaf.SignatureAlgorithm) {
		problem &^= flow.ProblemUnknownAuthority // no authority is, by such a signature
	}
	return problem, append(certificate.Rules(leaf), odd[:min(len(odd), 1)]...)
}

// weakKey says that each of the chains has an RSA key that is too short, or that the
// certificate's own is none that is spoken with.
func weakKey(chains [][]*x509.Certificate) (rules []flow.Reason) {
	for _, chain := range chains {
		at := slices.IndexFunc(chain, func(c *x509.Certificate) bool {
			key, is := c.PublicKey.(*rsa.PublicKey)
			return is && certificate.Short(key)
		})
		if at < 0 {
			rules = nil
			break
		}
		rules = []flow.Reason{reason.CertificateKeySize.With(chain[at].PublicKey.(*rsa.PublicKey).N.BitLen())}
	}
	if !certificate.Usable(chains[0][0]) {
		rules = append(rules, reason.CertificateKey.With())
	}
	return rules
}

// hostForm is what x509 takes for an address, [::1], or the name without its last dot.
func hostForm(name string) string {
	if addr, err := netip.ParseAddr(name); err == nil {
		return "[" + addr.WithZone("").Unmap().String() + "]"
	}
	return strings.TrimSuffix(name, ".")
}

func authorityProblem(leaf *x509.Certificate, err error) flow.Problem {
	switch err := err.(type) {
	case x509.CertificateInvalidError:
		switch err.Reason {
		case x509.Expired:
			return flow.ProblemExpired // of an issuer: the leaf was looked at within its own time
		case x509.NotAuthorizedToSign:
			if selfSigned(leaf) {
				return flow.ProblemSelfSigned
			}
		}
		return flow.ProblemUnusable
	case x509.UnknownAuthorityError:
		if selfSigned(leaf) {
			return flow.ProblemSelfSigned
		}
		return flow.ProblemUnknownAuthority
	}
	return flow.ProblemUnusable
}

func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

func rawChain(chain []*x509.Certificate) [][]byte {
	raw := make([][]byte, len(chain))
	for i, c := range chain {
		raw[i] = c.Raw
	}
	return raw
}

func fingerprint(chain []*x509.Certificate) [32]byte {
	if len(chain) == 0 {
		return [32]byte{}
	}
	return sha256.Sum256(chain[0].Raw)
}
