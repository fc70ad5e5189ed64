package clientcheck

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"posthouse/proxy"
	"posthouse/proxy/ca"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/reason"
)

// Domain is below which the check's hosts lie, and one itself.
const Domain = "check.posthouse"

// Nowhere is the address that clients are asked for as they are set up: one for
// multicast within a site (RFC 2365), which takes no TCP. Only a proxy of
// Posthouse answers for it.
const Nowhere = "239.255.80.72"

// limitedDomain stands below the first domain of an authority that may sign for
// certain domains alone.
const limitedDomain = "posthouse-check."

// ErrNoAuthority is what the check's host says while there is no authority.
var ErrNoAuthority = error(reason.New(reason.CheckNoAuthority))

// Host is the check's host. It is safe for concurrent use.
type Host struct {
	authority func() (*ca.Authority, error)
	base      atomic.Pointer[string] // below which the hosts of tries lie

	mu     sync.Mutex
	policy *decrypt.Policy
	of     []byte // the authority's certificate (DER) that policy shows
	tries  map[string]*watched
}

var _ proxy.Check = (*Host)(nil)

// NewHost makes the host. authority is asked for every connection, so that one
// that was just made or replaced counts; an error that wraps fs.ErrNotExist says
// that there is none.
func NewHost(authority func() (*ca.Authority, error)) *Host {
	h := &Host{authority: authority, tries: make(map[string]*watched)}
	base := Domain
	h.base.Store(&base)
	return h
}

// Is reports whether a host is the check's.
func (h *Host) Is(host []byte) bool {
	return string(host) == Nowhere || below(host, Domain) || below(host, *h.base.Load())
}

// below reports whether a host is the domain or lies below it, in any case of
// letters and with the root's dot or without.
func below(host []byte, domain string) bool {
	host = bytes.TrimSuffix(host, []byte{'.'})
	at := len(host) - len(domain)
	if at < 0 || at > 0 && host[at-1] != '.' {
		return false
	}
	for i := range len(domain) {
		c := host[at+i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != domain[i] {
			return false
		}
	}
	return true
}

// Open says how a tunnel to the host is opened, under the authority there is now.
func (h *Host) Open(host string) (*decrypt.Policy, error) {
	h.note(tokenOf(host), func(s *sighting) { s.connected = true })
	a, err := h.Authority()
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if raw := a.Certificate().Raw; h.policy == nil || !bytes.Equal(raw, h.of) {
		policy, err := decrypt.New(decrypt.Options{Minter: minter{a}})
		if err != nil {
			return nil, err
		}
		h.policy, h.of = policy, raw
	}
	return h.policy, nil
}

// Authority is the one whose certificate clients are shown; or ErrNoAuthority, or
// why it cannot be used, a sentence each.
func (h *Host) Authority() (*ca.Authority, error) {
	a, err := h.authority()
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && a == nil:
		return nil, ErrNoAuthority
	case err != nil:
		return nil, reason.Wrap(err, reason.CheckAuthority)
	}
	base := baseOf(a)
	h.base.Store(&base)
	return a, nil
}

// baseOf is below which an authority may sign for the check.
func baseOf(a *ca.Authority) string {
	if permitted := a.Certificate().PermittedDNSDomains; len(permitted) > 0 {
		return limitedDomain + strings.TrimPrefix(permitted[0], ".")
	}
	return Domain
}

// minter signs for Nowhere too where the authority may not sign for addresses:
// clients that are asked for it do not look at the certificate.
type minter struct{ *ca.Authority }

func (m minter) Leaf(host string) (*tls.Certificate, error) {
	return m.permitted(host, m.Authority.Leaf)
}

func (m minter) RSALeaf(host string) (*tls.Certificate, error) {
	return m.permitted(host, m.Authority.RSALeaf)
}

func (m minter) permitted(host string, leaf func(string) (*tls.Certificate, error)) (*tls.Certificate, error) {
	made, err := leaf(host)
	if errors.Is(err, ca.ErrNotPermitted) {
		return leaf(baseOf(m.Authority))
	}
	return made, err
}

// Refused notes a client that did not take the certificate.
func (h *Host) Refused(host string, r decrypt.Refusal) {
	h.note(tokenOf(host), func(s *sighting) { s.refused, s.sure = r.Seen, r.Certainty >= decrypt.Likely })
}

// ServeHTTP proves to a client that it reached Posthouse: it is told the token
// that it came with, in the words of each protocol.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	token, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if !isToken(token) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "This host is served by Posthouse itself, for checking what trusts its certificate.\n")
		return
	}
	h.note(token, func(s *sighting) { s.asked = true })
	switch {
	case rest == "info/refs": // of a git repository that is served as files
		_, _ = fmt.Fprintf(w, "%x\trefs/heads/%s\n", sha1.Sum([]byte(token)), proof(token))
	case rest == "HEAD":
		_, _ = fmt.Fprintf(w, "ref: refs/heads/%s\n", proof(token))
	case strings.HasSuffix(rest, "/@v/list"): // of a Go module
		_, _ = fmt.Fprintf(w, "v1.0.0-%s\n", proof(token))
	default:
		_, _ = fmt.Fprintf(w, "%s\n", proof(token))
	}
}

// proof is what only a client that reached Posthouse has seen.
func proof(token string) string { return "posthouse-check-" + token }

// newToken names a try.
func newToken() string {
	var b [tokenLen / 2]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

const tokenLen = 20

func isToken(s string) bool {
	return len(s) == tokenLen && strings.Trim(s, "0123456789abcdef") == ""
}

// tokenOf is the first label of a host, where that is a token.
func tokenOf(host string) string {
	label, _, _ := strings.Cut(strings.ToLower(host), ".")
	if !isToken(label) {
		return ""
	}
	return label
}
