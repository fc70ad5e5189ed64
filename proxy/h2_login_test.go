//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/eventually"
)

// With HTTP/2 inside, a way that a login of several steps opened is not opened again
// either: the client's connection ends, or it would ask over it for ever in vain.
func TestH2ThroughALoginThatIsNotSentAgain(t *testing.T) {
	o := openThrough(t, "http://")
	served := make(chan *proxytest.Conn, 8)
	base, server := &http.Server{}, &http2.Server{}
	if err := http2.ConfigureServer(base, server); err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	o.origin.Serve(func(at *proxytest.Conn) {
		at.ExpectHead()
		at.Send("HTTP/1.1 200 OK\r\n\r\n")
		_ = at.Net.SetDeadline(time.Time{})
		conn := tls.Server(at.Net, o.server("h2"))
		if conn.Handshake() != nil {
			return
		}
		served <- at
		server.ServeConn(conn, &http2.ServeConnOpts{BaseConfig: base, Handler: handler})
	})
	c := o.Client()
	c.Send(connectA + third + "\r\n")
	c.ExpectStatus(200)
	_ = c.Net.SetDeadline(time.Time{})
	cc, err := (&http2.Transport{DisableCompression: true}).NewClientConn(tls.Client(c.Net, o.client("h2")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cc.Close() }()
	p := &h2Pair{opener: o, url: "https://a.example"}
	if _, body := p.get(cc, "/"); body != "ok" {
		t.Fatalf("answered %q", body)
	}
	(<-served).Reset()
	req, _ := http.NewRequest("GET", p.url+"/again", nil)
	if res, err := cc.RoundTrip(req); err == nil {
		t.Errorf("answered %s", res.Status)
	}
	eventually.Holds(t, "the client's connection to end", func() bool { return !cc.CanTakeNewRequest() })
	o.Finished(1)
}
