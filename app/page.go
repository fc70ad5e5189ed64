package app

import (
	"context"
	"net"
	"net/http"
	"strings"

	"posthouse/app/clients/clientcheck"
	"posthouse/proxy"
	"posthouse/proxy/ca"
	"posthouse/proxy/localpage"
)

// page is what the proxy serves at its own address and at http://posthouse/.
func page(authority func() *ca.Authority) http.Handler {
	return localpage.New(localpage.Options{CA: func() localpage.CA {
		if authority == nil {
			return nil
		}
		if a := authority(); a != nil {
			return a
		}
		return nil // and not an interface that holds a nil Authority
	}})
}

// ownPage is the page for whoever asks. It names the address that everybody may use, also
// to a program that came in by a listener for itself: what a person copies from the page
// into another program must not be decrypted with that one, nor end with it.
type ownPage struct {
	c    *Controller
	page http.Handler
}

func (p ownPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if here, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && p.c.programs.has(here.String()) {
		if addr, err := net.ResolveTCPAddr("tcp", p.c.Addr()); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, addr))
			if r.Host == here.String() {
				r.Host = addr.String()
			}
		}
	}
	p.page.ServeHTTP(w, r)
}

// ownHosts answer in TLS: the check's host, and the page at https://posthouse/.
type ownHosts struct {
	*clientcheck.Host
	page http.Handler
}

func (h ownHosts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.EqualFold(r.Host, proxy.MagicHost) {
		h.page.ServeHTTP(w, r)
		return
	}
	h.Host.ServeHTTP(w, r)
}
