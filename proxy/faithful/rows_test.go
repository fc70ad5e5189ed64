//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package faithful_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/capture"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/upstream"
)

// foundProgram finds the same program behind every connection.
type foundProgram struct{}

func (foundProgram) Find(netip.AddrPort, netip.AddrPort) *capture.ClientProcess {
	p := &capture.ClientProcess{}
	p.Set(flow.App{Name: "asker", Path: "/bin/asker", PID: 77})
	return p
}

// asked is what a client got, and what the row says of it.
type asked struct {
	answer *http.Response
	body   string
	x      flow.Exchange
	seen   http.Header // by the origin; nil where it was not asked
}

// ask asks for path of the origin by one version of HTTP through a new proxy. Names of
// fields are written in lower case, as HTTP/2 has them.
func ask(t *testing.T, version, method, path string, fields [][2]string, change h2test.Change) asked {
	t.Helper()
	route := h2test.Through(t, change)
	return askOn(t, route, clientOn(t, route, version), version, method, path, fields)
}

// clientOn is a client with one connection, and an origin that answers both versions.
func clientOn(t *testing.T, route *h2test.Route, version string) *http.Client {
	t.Helper()
	route.ServerTLS().NextProtos = []string{"h2", "http/1.1"}
	server := &http2.Server{}
	route.Serve(func(conn *tls.Conn) {
		if conn.ConnectionState().NegotiatedProtocol == "h2" {
			h2test.ServeConn(conn, server, echo)
		} else {
			serveHTTP1(conn)
		}
	})
	protocols := &http.Protocols{}
	protocols.SetHTTP1(version == "HTTP/1.1")
	protocols.SetHTTP2(version == "HTTP/2.0")
	transport := &http.Transport{Protocols: protocols, DisableCompression: true,
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
			alpn := map[string]string{"HTTP/1.1": "http/1.1", "HTTP/2.0": "h2"}[version]
			return route.DialTLS(route.ClientTLS(alpn))
		}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// echo tells the request's fields in the answer's.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header()["Date"] = nil
	for name, values := range r.Header {
		w.Header()["Seen-"+name] = values
	}
	w.Header().Set("Content-Type", "text/x-own")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)+4))
	if r.URL.Path == "/hints" {
		w.Header().Set("Link", "</a>")
		w.WriteHeader(103)
	}
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, "got:"+string(body))
	}
}

// serveHTTP1 lets net/http answer on one connection.
func serveHTTP1(conn *tls.Conn) {
	r := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(req.Body)
		if req.URL.Path == "/hints" {
			_, _ = io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		}
		var b strings.Builder
		fmt.Fprintf(&b, "HTTP/1.1 200 OK\r\nContent-Type: text/x-own\r\nContent-Length: %d\r\n", 4+len(body))
		for name, values := range req.Header {
			for _, v := range values {
				fmt.Fprintf(&b, "Seen-%s: %s\r\n", name, v)
			}
		}
		b.WriteString("\r\n")
		if req.Method != http.MethodHead {
			b.WriteString("got:" + string(body))
		}
		if _, err := io.WriteString(conn, b.String()); err != nil {
			return
		}
	}
}

func askOn(t *testing.T, route *h2test.Route, client *http.Client, version, method, path string, fields [][2]string) (a asked) {
	t.Helper()
	var body io.Reader
	if method == "POST" {
		body = strings.NewReader("body")
	}
	req, err := http.NewRequestWithContext(t.Context(), method, "https://"+h2test.Host+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		req.Header.Add(f[0], f[1])
	}
	before := flow.ID(route.Proxy.Store.Stats().Captured)
	if a.answer, err = client.Do(req); err != nil {
		t.Fatalf("%s: %v", version, err)
	}
	b, err := io.ReadAll(a.answer.Body)
	if err != nil || a.answer.Proto != version {
		t.Fatalf("%s: %v", a.answer.Proto, err)
	}
	_ = a.answer.Body.Close()
	a.body = string(b)
	for name, values := range a.answer.Header {
		if of, is := strings.CutPrefix(name, "Seen-"); is {
			if a.seen == nil {
				a.seen = http.Header{}
			}
			a.seen[of] = values
		}
	}
	row := route.Proxy.Row(func(r flow.Row) bool { return r.ID > before && r.Kind != flow.KindTunnel && r.Phase.Final() })
	a.x = route.Proxy.Exchange(row.ID)
	return a
}

// One request, by HTTP/1 and by HTTP/2: the rows do not tell which it was by what they lack.
func TestRowsOfBothVersionsAreAlike(t *testing.T) {
	everything := func(_ *decrypt.Options, c *proxy.Config) { c.Processes, c.Via = foundProgram{}, true }
	for name, c := range map[string]struct {
		method, path string
		fields       [][2]string
		change       h2test.Change
	}{
		"a request":                    {"GET", "/a?b", [][2]string{{"accept", "*/*"}}, everything},
		"a body":                       {"POST", "/a", nil, everything},
		"a head":                       {"HEAD", "/a", nil, everything},
		"interim heads":                {"GET", "/hints", nil, everything},
		"Max-Forwards goes down":       {"OPTIONS", "/a", [][2]string{{"max-forwards", "5"}}, everything},
		"Max-Forwards of other method": {"GET", "/a", [][2]string{{"max-forwards", "5"}}, everything},
		"the last hop of OPTIONS":      {"OPTIONS", "/a", [][2]string{{"max-forwards", "0"}}, everything},
		"the last hop of TRACE":        {"TRACE", "/a", [][2]string{{"max-forwards", "0"}, {"cookie", "a=b"}}, everything},
		"Max-Forwards of no number":    {"OPTIONS", "/a", [][2]string{{"max-forwards", "x"}}, everything},
		"a head above the limit": {"GET", "/a", [][2]string{{"long", strings.Repeat("x", 20<<10)}},
			func(_ *decrypt.Options, c *proxy.Config) { c.Limits.MaxHead = 8 << 10 }},
		"more fields than the limit": {"GET", "/a", [][2]string{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}},
			func(_ *decrypt.Options, c *proxy.Config) { c.Limits.MaxFields = 4 }},
		"never recorded": {"POST", "/a", nil, func(d *decrypt.Options, _ *proxy.Config) { d.NeverRecord = []string{"127.0.0.1"} }},
		"an origin that is not trusted": {"GET", "/a", nil, func(d *decrypt.Options, _ *proxy.Config) {
			d.Roots = proxytest.NewAuthority(t, "another").Pool()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			one := ask(t, "HTTP/1.1", c.method, c.path, c.fields, c.change)
			two := ask(t, "HTTP/2.0", c.method, c.path, c.fields, c.change)
			compareAnswers(t, one, two)
			if one.seen == nil {
				for _, x := range []*flow.Exchange{&one.x, &two.x} { // what Posthouse says may name the version
					x.ResponseSize, x.ResponseBody.Bytes = 0, nil
				}
			}
			compareRows(t, one.x, two.x)
		})
	}
}

func compareAnswers(t *testing.T, one, two asked) {
	t.Helper()
	if one.answer.StatusCode != two.answer.StatusCode {
		t.Errorf("status %d by HTTP/1, %d by HTTP/2", one.answer.StatusCode, two.answer.StatusCode)
	}
	for _, name := range []string{"Allow", "Proxy-Status", "Content-Type", "Cache-Control", "Content-Security-Policy", "Via"} {
		if a, b := one.answer.Header.Values(name), two.answer.Header.Values(name); len(a) != len(b) ||
			name != "Via" && strings.Join(a, "|") != strings.Join(b, "|") {
			t.Errorf("%s %q by HTTP/1, %q by HTTP/2", name, a, b)
		}
	}
	if (one.seen == nil) != (two.seen == nil) {
		t.Errorf("the origin was asked: %v by HTTP/1, %v by HTTP/2", one.seen != nil, two.seen != nil)
	}
	for _, name := range []string{"Max-Forwards", "Accept"} {
		if a, b := one.seen.Get(name), two.seen.Get(name); a != b {
			t.Errorf("the origin saw %s %q by HTTP/1, %q by HTTP/2", name, a, b)
		}
	}
	if a, b := len(one.seen.Values("Via")), len(two.seen.Values("Via")); a != b {
		t.Errorf("the origin saw %d Via by HTTP/1, %d by HTTP/2", a, b)
	}
}

func compareRows(t *testing.T, one, two flow.Exchange) {
	t.Helper()
	port := func(r flow.Row) string {
		if r.Remote.IsValid() {
			return r.Remote.Addr().String()
		}
		return "none"
	}
	facts := func(x flow.Exchange) []string {
		return []string{
			fmt.Sprint("kind ", x.Kind), fmt.Sprint("phase ", x.Phase), "method " + x.Method, "scheme " + x.Scheme, "path " + x.Path,
			fmt.Sprint("status ", x.Status), "type " + x.ContentType, fmt.Sprint("request size ", x.RequestSize),
			fmt.Sprint("response size ", x.ResponseSize), "remote " + port(x.Row), "upstream " + x.Upstream,
			fmt.Sprintf("program %s %s %d", x.App, x.AppPath, x.AppPID), fmt.Sprint("failure ", x.Failure),
			fmt.Sprint("TLS ", x.TLS.Seen, x.TLS.Outcome, x.TLS.Problem, x.TLS.SNI, x.TLS.Version),
			fmt.Sprint("timed ", x.Timing.Connected > 0, x.Timing.Sent > 0, x.Timing.FirstByte > 0, x.Timing.End > 0),
			fmt.Sprint("request head ", len(x.RequestHead) > 0), fmt.Sprint("response head ", len(x.ResponseHead) > 0),
			fmt.Sprint("interim ", len(x.Interim) > 0), fmt.Sprintf("request body %v %q", x.RequestBody.State, x.RequestBody.Bytes),
			fmt.Sprintf("response body %v %q", x.ResponseBody.State, x.ResponseBody.Bytes), fmt.Sprint("trust ", x.Secure.Trust),
			fmt.Sprint("certificates ", len(x.Secure.Chain)),
		}
	}
	a, b := facts(one), facts(two)
	for i := range a {
		if a[i] != b[i] {
			t.Errorf("%s by HTTP/1, %s by HTTP/2", a[i], b[i])
		}
	}
}

// A request that comes back to Posthouse is a loop by either version.
func TestLoopsOfBothVersions(t *testing.T) {
	via := func(_ *decrypt.Options, c *proxy.Config) { c.Via = true }
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			route := h2test.Through(t, via)
			client := clientOn(t, route, version)
			mark := askOn(t, route, client, version, "GET", "/a", nil).seen.Get("Via")
			if mark == "" {
				t.Fatal("the origin saw no Via")
			}
			got := askOn(t, route, client, version, "GET", "/b", [][2]string{{"via", mark}})
			if got.answer.StatusCode != 508 || got.x.Failure != flow.FailureLoop || got.seen != nil {
				t.Errorf("%d, row %+v", got.answer.StatusCode, got.x.Row)
			}
		})
	}
}

// A host put on the list while its connection is open is not recorded from then on.
func TestNeverRecordedSince(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			var options decrypt.Options
			route := h2test.Through(t, func(d *decrypt.Options, _ *proxy.Config) { options = *d })
			client := clientOn(t, route, version)
			if x := askOn(t, route, client, version, "POST", "/a", nil).x; len(x.RequestHead) == 0 || len(x.ResponseBody.Bytes) == 0 {
				t.Errorf("%+v", x)
			}
			options.NeverRecord = []string{"127.0.0.1"}
			policy, err := decrypt.New(options)
			if err != nil {
				t.Fatal(err)
			}
			route.Proxy.Server.Configure(proxy.Config{Decrypt: policy})
			x := askOn(t, route, client, version, "POST", "/b", nil).x
			if x.Status != 200 || len(x.RequestHead)+len(x.RequestBody.Bytes)+len(x.ResponseHead)+len(x.ResponseBody.Bytes) > 0 {
				t.Errorf("%+v", x)
			}
		})
	}
}

// The upstream proxy that a tunnel went through is told in the rows inside it.
func TestUpstreamOfBothVersions(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			other := proxytest.Start(t)
			got := ask(t, version, "GET", "/a", nil, func(_ *decrypt.Options, c *proxy.Config) {
				to, err := upstream.ParseProxy("http://" + other.Addr())
				if err != nil {
					t.Fatal(err)
				}
				if c.Upstream, err = upstream.NewChain(to, []string{"<-loopback>"}); err != nil {
					t.Fatal(err)
				}
			})
			if got.x.Upstream != "http://"+other.Addr() || got.x.Remote.String() != other.Addr() {
				t.Errorf("row %+v", got.x.Row)
			}
		})
	}
}
