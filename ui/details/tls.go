package details

import (
	"strings"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// secureFacts is what is known of both TLS connections of an exchange; none
// where no TLS was seen.
func secureFacts(x *flow.Exchange) []fact {
	var all []fact
	add := func(key, value string) {
		if value != "" {
			all = append(all, fact{name: i18n.T(key), value: value})
		}
	}
	s := &x.Secure
	add("details.padlock", uiwidget.SignOf(&x.Row).Words())
	if len(all) == 0 {
		return nil
	}
	add("details.tls_trust", trustWords(s))
	if x.TLS.SNI != "" {
		add("details.sni", words.VisibleText(x.TLS.SNI))
	} else {
		add("details.sni", i18n.T("details.sni_none"))
	}
	if s.Outcome == flow.TLSNone || s.Outcome == flow.TLSRefused {
		add("details.tls", x.TLS.Version)
		add("details.alpn", words.VisibleText(x.TLS.ALPN))
	}
	add("details.tls_client", legText(s.Client))
	add("details.tls_origin", legText(s.Origin))
	add("details.ja4_client", s.Client.JA4.String())
	add("details.ja4_origin", s.Origin.JA4.String())
	add("details.deviation", deviationWords(s.Deviation))
	return append(all, chainFacts(s)...)
}

// trustWords say whether the origin's certificate passed, and why it was taken if
// it did not.
func trustWords(s *flow.Secure) string {
	problems := problemWords(s.Problem)
	switch {
	case s.Trust == flow.TrustRoots:
		return i18n.T("details.trust_roots")
	case s.Trust == flow.TrustPinned:
		return i18n.T("details.trust_pinned", problems)
	case s.Trust == flow.TrustInsecure:
		return i18n.T("details.trust_insecure", problems)
	}
	return problems
}

// problemWords says which checks an origin's certificate did not pass.
func problemWords(p flow.Problem) string {
	var words []string
	for _, code := range p.Codes() {
		words = append(words, i18n.T("problem."+code))
	}
	return strings.Join(words, i18n.T("problem.and"))
}

// deviationWords says in what the server's ClientHello was not the client's.
func deviationWords(d flow.Deviation) string {
	var words []string
	for _, code := range d.Codes() {
		words = append(words, i18n.T("deviation."+code))
	}
	return strings.Join(words, i18n.T("problem.and"))
}

// legText is such as "TLS 1.3 · TLS_AES_128_GCM_SHA256 · h2".
func legText(l flow.TLSState) string {
	if l.Version == 0 {
		return ""
	}
	parts := []string{l.VersionName(), l.CipherName()}
	if l.ALPN != "" {
		parts = append(parts, words.VisibleText(l.ALPN))
	}
	if l.Resumed {
		parts = append(parts, i18n.T("details.tls_resumed"))
	}
	return strings.Join(parts, " · ")
}
