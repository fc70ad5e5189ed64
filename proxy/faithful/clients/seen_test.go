package clients

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/fingerprint"
	"posthouse/proxy/proxytest/h2test"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// way is how a client comes to the origin.
type way struct {
	proxy string // host:port; "" for none
	roots string // file of the certificate that is to be trusted
	pool  *x509.CertPool
}

// client asks the origin at url for /one, and perhaps for more.
type client struct {
	name string
	run  func(t *testing.T, url string, w way)
}

// fact is one thing that an origin can tell of a client.
type fact struct{ name, value string }

var port = regexp.MustCompile(`(localhost|127\.0\.0\.1):[0-9]+`)

// asked is the path of a request that a client was told to make.
var asked = regexp.MustCompile(`(?m)^(:path: |[A-Z]+ )/(one|two|own)`)

func facts(s fingerprint.Seen) []fact {
	all := []fact{
		{"JA4", s.Hello.JA4()}, {"JA3", s.Hello.JA3Text()}, {"server name", s.Hello.SNI}, {"ALPN", s.ALPN},
		{"protocols", strings.Join(s.Hello.ALPN, ",")}, {"TLS", tls.VersionName(s.Version)},
		{"versions", hex(s.Hello.Versions)}, {"key shares", hex(s.Hello.KeyShares)}, {"algorithms", hex(s.Hello.Algorithms)},
		{"opening", s.Opening.Akamai()},
	}
	for i, lines := range s.Requests {
		text := strings.Join(lines, "\n")
		if asked.MatchString(text) { // not what a browser asks for by itself
			// Some clients come through a port of the test's own each time.
			all = append(all, fact{fmt.Sprint("request ", i+1), port.ReplaceAllString(text, "$1")})
		}
	}
	return all
}

// hex leaves GREASE out, whose values are drawn anew each time.
func hex(values []uint16) string {
	var words []string
	for _, v := range values {
		if v&0x0f0f == 0x0a0a && v>>8 == v&0xff {
			words = append(words, "GREASE")
		} else {
			words = append(words, fmt.Sprintf("%04x", v))
		}
	}
	return strings.Join(words, ",")
}

// TestClientsAreSeenAsThemselves runs each client twice directly and once through the
// proxy. What is the same directly each time must be the same through the proxy.
func TestClientsAreSeenAsThemselves(t *testing.T) {
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			ca := proxytest.NewAuthority(t, "Origins' CA")
			config := &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, nil)}}
			route := h2test.Through(t, func(d *decrypt.Options, _ *proxy.Config) { d.Roots = ca.Pool() })
			direct := way{roots: file(t, ca.RootPEM()), pool: ca.Pool()}
			through := way{proxy: route.Proxy.Addr(), roots: file(t, route.RootPEM()), pool: route.ClientTLS().RootCAs}
			first := see(t, config, c, direct)
			second := see(t, config, c, direct)
			differs := 0
			seen := see(t, config, c, through)
			for i, f := range first {
				switch {
				case i >= len(seen):
					t.Errorf("%s did not come", f.name)
				case i < len(second) && f == second[i] && seen[i] != f:
					differs++
					t.Errorf("%s\ndirectly %s\n through %s", f.name, f.value, seen[i].value)
				}
			}
			t.Logf("JA4 %s, opening %s, %d requests, %d differences", first[0].value, first[9].value, len(first)-10, differs)
		})
	}
}

// A session that a client resumes with the proxy is resumed with the origin.
func TestSessionsAreResumedWithTheOrigin(t *testing.T) {
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			ca := proxytest.NewAuthority(t, "Origins' CA")
			route := h2test.Through(t, func(d *decrypt.Options, _ *proxy.Config) { d.Roots = ca.Pool() })
			config := &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, nil)}}
			direct := resume(t, config, way{pool: ca.Pool()}, version)
			through := resume(t, config, way{proxy: route.Proxy.Addr(), pool: route.ClientTLS().RootCAs}, version)
			if !direct.Resumed {
				t.Fatal("not resumed directly")
			}
			if !through.Resumed || through.Hello.JA4() != direct.Hello.JA4() {
				t.Errorf("resumed: %v, JA4 %s, directly %s", through.Resumed, through.Hello.JA4(), direct.Hello.JA4())
			}
		})
	}
}

// resume is what the origin sees of the second of two connections of one client.
func resume(t *testing.T, config *tls.Config, w way, version uint16) fingerprint.Seen {
	t.Helper()
	origin := fingerprint.Start(t, config)
	ours := &tls.Config{RootCAs: w.pool, ServerName: "localhost", ClientSessionCache: tls.NewLRUClientSessionCache(4), MaxVersion: version,
		NextProtos: []string{"http/1.1"}}
	for range 2 {
		c, err := w.dial(t.Context(), origin.Addr())
		if err != nil {
			t.Fatal(err)
		}
		conn := tls.Client(c, ours)
		_ = conn.SetDeadline(time.Now().Add(deadline))
		if _, err := io.WriteString(conn, "GET /one HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, make([]byte, 60)); err != nil { // with it come the tickets
			t.Fatal(err)
		}
		_ = conn.Close()
	}
	all := origin.Seen()
	if len(all) != 2 {
		t.Fatalf("two connections of the client came as %d", len(all))
	}
	return all[1]
}

// see is what a new origin sees of one run of a client.
func see(t *testing.T, config *tls.Config, c client, w way) []fact {
	t.Helper()
	origin := fingerprint.Start(t, config)
	c.run(t, fmt.Sprintf("https://localhost:%d/", origin.Port()), w)
	return facts(origin.First("a request for /one", func(s fingerprint.Seen) bool {
		return len(s.Requests) > 0 && asked.MatchString(strings.Join(s.Requests[0], "\n"))
	}))
}

func file(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
