package localpage

import (
	"net"
	"net/http"
	"strings"

	"posthouse/proxy/http1"
)

// What is served on this computer must not be read, or set to work, by the pages
// of others: a browser reaches it too.

// IsHere reports whether a Host field names a server by address or as localhost. A
// browser sends the name that its page was loaded from, so a page of somebody
// else's name that leads here (DNS rebinding) is told apart. HTTP/1.0 clients, not
// browsers, send none.
func IsHere(host string) bool {
	name := hostName(host)
	if addr, _ := http1.HostAddr(strings.Trim(name, "[]")); addr.IsValid() {
		return true
	}
	return name == "" || name == "localhost"
}

// hostName is a Host field without its port, in lower case.
func hostName(host string) string {
	if n, _, err := net.SplitHostPort(host); err == nil {
		host = n
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// Guarded serves h to programs on this computer, and to a browser that was led
// there by hand: a request for another name is refused with 421, one that another
// site's page makes with 403.
func Guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guard(w.Header())
		switch {
		case !IsHere(r.Host):
			http.Error(w, "This is served on this computer, and not under that name.", http.StatusMisdirectedRequest)
		case !own(r):
			http.Error(w, "Other sites have no business here.", http.StatusForbidden)
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// own reports whether no other site's page makes the request (Fetch Metadata, and
// RFC 6454 section 7 for browsers without it).
func own(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || origin == "http://"+r.Host
}
