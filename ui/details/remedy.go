package details

import (
	"crypto/x509"
	"net"
	"strings"
	"time"

	"posthouse/proxy/certificate"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// Remedies are what the Overview can offer where TLS went wrong. What is nil is
// not offered; what returns an error has shown it.
type Remedies struct {
	Decrypt  func(host string) error
	Pass     func(host string, always bool) error
	Trust    func(host string, fingerprint [32]byte) error // the certificate for the host
	Install  func()                                        // helps to install Posthouse's certificate
	Settings func()                                        // opens the HTTPS settings
}

// advice is what happened to the TLS of an exchange, in words, and what can be
// done about it.
type advice struct {
	what    string // "" for nothing to say
	lines   []string
	grave   bool // a failure
	calm    bool // nothing is wrong
	actions []remedy
}

// remedy is one button. do is nil for one that opens something and is never done.
type remedy struct {
	key  string // of its word
	do   func() error
	open func()
}

// advise finds the words and the buttons for an exchange.
func (r *Remedies) advise(x *flow.Exchange) advice {
	problem := x.Secure.Problem & CertificateProblems
	switch {
	case x.Secure.Outcome == flow.TLSRefused:
		return r.refused(x)
	case problem != 0 && (x.Secure.Trust == flow.TrustPinned || x.Secure.Trust == flow.TrustInsecure):
		return advice{what: i18n.T("tls.trusted", x.Host), lines: problemLines(x), actions: r.settings()}
	case problem != 0:
		a := advice{what: i18n.T("tls.bad", hostName(x)), grave: true, lines: append(problemLines(x), i18n.T("tls.nothing_sent"))}
		if r.Trust != nil && x.Secure.Fingerprint != [32]byte{} {
			a.actions = append(a.actions, remedy{key: "tls.trust",
				do: func() error { return r.Trust(x.Host, x.Secure.Fingerprint) }})
		}
		a.actions = append(a.actions, r.pass(x)...)
		return a
	case x.Secure.Problem&flow.ProblemClientCertificate != 0:
		return advice{what: i18n.T("tls.insists", hostName(x)), grave: true, lines: []string{i18n.T("tls.insists.more")},
			actions: append(r.settings(), r.pass(x)...)}
	case x.Secure.Outcome == flow.TLSFailed:
		return advice{what: i18n.T("tls.failed", hostName(x)), grave: true, lines: []string{said(x), i18n.T("tls.failed.more")},
			actions: r.pass(x)}
	case x.Kind == flow.KindTunnel && x.Secure.Outcome == flow.TLSDecrypted && x.Failure == flow.FailureNone && !x.Reason.IsZero():
		return advice{what: i18n.T("tls.silent", asker(x)), lines: []string{said(x)}, actions: r.pass(x)}
	case x.Kind == flow.KindTunnel && x.TLS.Seen && x.Secure.Outcome == flow.TLSNone && x.Failure == flow.FailureNone && r.Decrypt != nil:
		return advice{what: i18n.T("tls.tunnel"), calm: true,
			actions: []remedy{{key: "tls.decrypt", do: func() error { return r.Decrypt(x.Host) }}}}
	}
	return advice{}
}

// refused is a client that did not take Posthouse's certificate: the engine's
// sentence says what was seen, after how long, how often, and how sure it is.
func (r *Remedies) refused(x *flow.Exchange) advice {
	a := advice{what: i18n.T("tls.refused", asker(x), hostName(x)), grave: true, lines: []string{said(x), i18n.T("tls.refused.more")}}
	if r.Install != nil {
		a.actions = append(a.actions, remedy{key: "tls.install", open: r.Install})
	}
	a.actions = append(a.actions, r.pass(x)...)
	return a
}

func (r *Remedies) settings() []remedy {
	if r.Settings == nil {
		return nil
	}
	return []remedy{{key: "tls.settings", open: r.Settings}}
}

func (r *Remedies) pass(x *flow.Exchange) []remedy {
	if r.Pass == nil {
		return nil
	}
	return []remedy{
		{key: "tls.pass.session", do: func() error { return r.Pass(x.Host, false) }},
		{key: "tls.pass.always", do: func() error { return r.Pass(x.Host, true) }},
	}
}

// problemLines has a sentence for each check that the certificate did not pass:
// what is wrong, and what to do.
func problemLines(x *flow.Exchange) []string {
	var leaf *x509.Certificate
	if len(x.Secure.Chain) > 0 {
		leaf, _ = certificate.Read(x.Secure.Chain[0]) // without it there are the words alone
	}
	if leaf == nil {
		if !x.Reason.IsZero() {
			return []string{said(x)}
		}
		return []string{problemWords(x.Secure.Problem)}
	}
	day := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
	names := namesText(leaf)
	if names == "" {
		names = nameOf(leaf.Subject, nil)
	}
	values := map[flow.Problem][]any{
		flow.ProblemExpired: {day(leaf.NotAfter)}, flow.ProblemNotYetValid: {day(leaf.NotBefore)},
		flow.ProblemWrongHost: {names}, flow.ProblemUnknownAuthority: {issuerText(leaf)},
	}
	var lines []string
	for p := flow.ProblemExpired; p < flow.ProblemClientCertificate; p <<= 1 {
		if x.Secure.Problem&p == 0 {
			continue
		}
		if p == flow.ProblemExpired && time.Now().Before(leaf.NotAfter) {
			lines = append(lines, i18n.T("tls.issuer-expired")) // not its own time is over
			continue
		}
		if broken := certificate.Rules(leaf); p == flow.ProblemUnusable && len(broken) > 0 {
			lines = append(lines, i18n.T("tls.broken", brokenText(broken)))
			continue
		}
		lines = append(lines, i18n.T("tls."+p.Codes()[0], values[p]...))
	}
	return lines
}

// brokenText is all the rules that a certificate breaks.
func brokenText(broken []flow.Reason) string {
	all := make([]string, len(broken))
	for i, r := range broken {
		all[i] = words.Reason(r)
	}
	return strings.Join(all, "; ")
}

// said is the engine's sentence about an exchange.
func said(x *flow.Exchange) string { return words.Reason(x.Reason) }

// asker is the program that asked, or the client.
func asker(x *flow.Exchange) string {
	if x.App != "" {
		return words.ShortText(words.VisibleText(x.App), 40)
	}
	return i18n.T("tls.client")
}

// hostName is the host of an exchange without https's own port.
func hostName(x *flow.Exchange) string {
	host := x.Host
	if name, port, err := net.SplitHostPort(host); err == nil && port == "443" && !strings.Contains(name, ":") {
		host = name
	}
	return words.ShortText(words.VisibleText(host), maxName)
}

// CertificateProblems are what pinning a certificate answers to.
const CertificateProblems = ^flow.ProblemClientCertificate
