package localpage

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// MagicHost is the name under which the page is reached through the proxy.
const MagicHost = "posthouse"

// CA is what the page has to know of the certificate authority: nothing secret.
// posthouse/proxy/ca.Authority is one.
type CA interface {
	Certificate() *x509.Certificate
	PEM() []byte
	DER() []byte
	MobileConfig() []byte
	Fingerprint() string
}

// Options say what the page tells of. The zero value works.
type Options struct {
	// CA is asked for each answer; nil, or a nil CA, says that decryption is off.
	CA func() CA
	// Name is this computer's, under which other devices may know it; default:
	// the host name.
	Name string
}

// Handler serves the page.
type Handler struct {
	ca   func() CA
	name string
}

var _ http.Handler = (*Handler)(nil)

// New makes the page.
func New(o Options) *Handler {
	h := &Handler{ca: o.CA, name: o.Name}
	if h.ca == nil {
		h.ca = func() CA { return nil }
	}
	if h.name == "" {
		h.name, _ = os.Hostname() // without it, the page is reached by address alone
	}
	return h
}

// file is the certificate in one form.
type file struct {
	kind        string // Content-Type
	disposition string
	bytes       func(CA) []byte
}

// files are the certificate's forms. Browsers and phones that know DER and the
// profile open them immediately; text is for saving.
var files = map[string]file{
	"/cert.pem":          {"application/x-pem-file", `attachment; filename="posthouse-ca.pem"`, CA.PEM},
	"/cert.der":          {"application/x-x509-ca-cert", `inline; filename="posthouse-ca.crt"`, CA.DER},
	"/cert.mobileconfig": {"application/x-apple-aspen-config", `inline; filename="posthouse-ca.mobileconfig"`, CA.MobileConfig},
}

// ServeHTTP answers one request for the proxy itself.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	guard(w.Header())
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		h.text(w, r, http.StatusMethodNotAllowed, "method")
	case !h.expected(r.Host):
		h.text(w, r, http.StatusMisdirectedRequest, "misdirected")
	case r.URL.Path == "/":
		h.page(w, r)
	default:
		h.file(w, r)
	}
}

// guard says what browsers may do with an answer: show it, and nothing else.
func guard(header http.Header) {
	header.Set("Cache-Control", "no-store") // the certificate may be replaced
	header.Set("Content-Security-Policy", policy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) {
	f, known := files[r.URL.Path]
	ca := h.ca()
	switch {
	case !known:
		h.text(w, r, http.StatusNotFound, "missing")
	case ca == nil:
		h.text(w, r, http.StatusNotFound, "off")
	default:
		w.Header().Set("Content-Type", f.kind)
		w.Header().Set("Content-Disposition", f.disposition)
		_, _ = w.Write(f.bytes(ca)) // a client that left is nothing to tell
	}
}

// expected reports whether a Host field names the proxy itself: by address, as
// localhost, by this computer's name or as the magic host.
func (h *Handler) expected(host string) bool {
	own := strings.ToLower(h.name)
	switch name := hostName(host); name {
	case MagicHost:
		return true
	case own, own + ".local":
		return own != "" || IsHere(host)
	}
	return IsHere(host)
}

// plain reports whether a name can be in a command as it is: a host name or an
// address without a zone, which may hold anything.
func plain(name string) bool {
	if a, err := netip.ParseAddr(name); err == nil {
		return a.Zone() == ""
	}
	return name != "" && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789.-_") == "" && name[0] != '-'
}

// address is where the client reaches the proxy, host:port. It is called for an
// expected host only: it becomes part of commands that people copy.
func (h *Handler) address(r *http.Request) string {
	name, port, err := net.SplitHostPort(r.Host)
	if err == nil && plain(name) && !strings.EqualFold(name, MagicHost) {
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			return r.Host
		}
	}
	if here, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		addr := here.AddrPort()
		return netip.AddrPortFrom(addr.Addr().Unmap().WithZone(""), addr.Port()).String()
	}
	return "127.0.0.1:9876"
}
