package systemproxy

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"

	"posthouse/app/desktop/sysproxy"
	"posthouse/proxy/upstream"
)

// PreviousProxy is the way that requests took without Posthouse, as far as the system's
// settings say. Where several desktops have settings, the first that has any counts.
type PreviousProxy struct {
	Script    string   // URL of the script (PAC) that decided; "" for none
	Automatic bool     // the network was asked for a script (WPAD)
	Upstream  string   // the manual proxy, as the setting proxy.upstream, with its password; "" for none
	Bypass    []string // its exceptions, as proxy.upstream_bypass takes them
	Dead      bool     // the manual proxy is on this computer and takes no connections
}

// previousOf puts what the desktops say into one.
func previousOf(all []sysproxy.Summary) PreviousProxy {
	for _, s := range all {
		switch s.Mode {
		case sysproxy.ModePAC:
			return PreviousProxy{Script: s.PAC}
		case sysproxy.ModeAuto:
			return PreviousProxy{Automatic: true}
		case sysproxy.ModeManual:
			if b := manual(s); b.Upstream != "" {
				return b
			}
		}
	}
	return PreviousProxy{}
}

func manual(s sysproxy.Summary) PreviousProxy {
	b := PreviousProxy{}
	for _, way := range []struct {
		scheme, addr string
		login        *url.Userinfo
	}{{"http", s.HTTP, s.Login}, {"http", s.HTTPS, nil}, {"socks5", s.SOCKS, nil}} {
		host, port, err := net.SplitHostPort(way.addr)
		if err != nil || host == "" || port == "0" || port == "" {
			continue
		}
		b.Upstream = (&url.URL{Scheme: way.scheme, User: way.login, Host: way.addr}).String()
		if _, err := upstream.ParseProxy(b.Upstream); err != nil {
			b.Upstream = ""
			continue
		}
		b.Dead = slices.Contains(s.Dead(), way.addr)
		break
	}
	for _, entry := range s.Bypass {
		entry = strings.TrimSpace(entry)
		if _, err := upstream.NewChain(nil, []string{entry}); err == nil && entry != "" && len(b.Bypass) < upstream.MaxBypass {
			b.Bypass = append(b.Bypass, entry)
		}
	}
	return b
}

// look learns at the start whether there is anything to set, and what is in force.
func (s *Switch) look() {
	now, err := s.manager.InForce(context.Background())
	switch {
	case errors.Is(err, sysproxy.ErrNoBackend):
		s.say(Unavailable, nil)
	case err == nil:
		s.setPrevious(previousOf(now))
	} // other errors are told when it is switched on
	s.unavailable = errors.Is(err, sysproxy.ErrNoBackend)
}

func (s *Switch) setPrevious(b PreviousProxy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Previous = b
}
