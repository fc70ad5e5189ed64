package rules

import (
	"net/netip"
	"net/url"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// asked is a request that a person typed, to try the rules with. Without a URL the request that
// is selected in the list is tried.
type asked struct{ Method, URL, App, Device string }

// row is the request as conditions see it, without a response.
func (a *asked) row() (flow.Row, error) {
	text := strings.TrimSpace(a.URL)
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return flow.Row{}, errURL
	}
	r := flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseRequest, Scheme: strings.ToLower(u.Scheme), Host: u.Host, Path: u.EscapedPath(),
		Method: strings.ToUpper(strings.TrimSpace(a.Method)), Proto: "HTTP/1.1", App: strings.TrimSpace(a.App)}
	if r.Method == "" {
		r.Method = "GET"
	}
	if r.Path == "" {
		r.Path = "/"
	}
	if u.RawQuery != "" || u.ForceQuery {
		r.Path += "?" + u.RawQuery
	}
	if r.Scheme == "https" || r.Scheme == "wss" {
		r.TLS = flow.TLS{Seen: true, Outcome: flow.TLSDecrypted}
	}
	r.Client = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 0)
	if device := strings.TrimSpace(a.Device); device != "" {
		addr, err := netip.ParseAddr(device)
		if err != nil {
			return flow.Row{}, errDevice
		}
		r.Client = netip.AddrPortFrom(addr, 0)
	}
	return r, nil
}

// mistake is what cannot be understood of what was typed: a key of the catalogue.
type mistake string

func (m mistake) Error() string { return i18n.T(string(m)) }

const (
	errURL    = mistake("rules.test.url.wrong")
	errDevice = mistake("rules.test.device.wrong")
)
