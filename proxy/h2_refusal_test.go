//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
)

// In HTTP/2 over TLS 1.3 the refusal comes after the handshake, often before the
// request is sent: the row says what it is all the same.
func TestHTTP2OriginInsistsOnAClientCertificate(t *testing.T) {
	o := openAll(t, nil)
	config := o.server("h2")
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, o.issuer.Pool()
	o.serve(config, answers)
	for range 2 {
		c := o.connect()
		_ = c.Net.SetDeadline(time.Time{})
		cc, err := (&http2.Transport{}).NewClientConn(tls.Client(c.Net, o.client("h2")))
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequest("GET", "https://a.example/", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := cc.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 502 || !strings.Contains(string(page), "insists on a client certificate") {
			t.Errorf("%d %q, %v", res.StatusCode, page, err)
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
			"Proxy-Status": "posthouse; error=tls_protocol_error",
			"Content-Type": "text/plain; charset=utf-8", "Content-Length": strconv.Itoa(len(page))} {
			if got := res.Header[name]; len(got) != 1 || got[0] != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") ||
			!strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("policy %q", policy)
		}
		_ = cc.Close()
		row := o.Row(func(r flow.Row) bool { return r.Scheme == "https" && r.Phase.Final() })
		if row.TLS.Problem != flow.ProblemClientCertificate || row.TLS.Outcome != flow.TLSFailed {
			t.Errorf("row %+v", row)
		}
	}
}
