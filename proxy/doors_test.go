//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy_test

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// A listener that will be closed takes this computer's clients alone, and the
// devices that came in by it are disconnected: in the midst of HTTP/2 too.
func TestRetiredListener(t *testing.T) {
	asked := make(chan struct{})
	config := lending(proxy.Rights{Loopback: true})
	p := openH2(t, func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}, func(_ *decrypt.Options, c *proxy.Config) {
		config.Decrypt = c.Decrypt
		*c = config
	})
	ln, err := net.Listen("tcp", "127.0.0.20:0")
	if err != nil {
		t.Fatal(err)
	}
	p.Server.Announce(ln, true)
	served := make(chan error, 1)
	go func() { served <- p.Server.ServeGuarded(ln) }()
	from := func(addr string) *proxytest.Conn { return p.ClientAt(addr, ln.Addr().String()) }

	conn := p.open(from(device))
	_ = conn.Net.SetDeadline(time.Time{})
	cc, err := (&http2.Transport{}).NewClientConn(tls.Client(conn.Net, p.client("h2")))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		req, _ := http.NewRequest("GET", p.url+"/", nil)
		_, err := cc.RoundTrip(req)
		ended <- err
	}()
	<-asked
	stays := p.ClientFrom(device) // came in by the other listener
	stays.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	contentLengthBody(t, stays)

	p.Server.Retire(ln)
	p.Server.Configure(config)
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the device got an answer")
		}
	case <-time.After(proxytest.Deadline):
		t.Fatal("the device's stream goes on")
	}
	if row := p.Finished(2); row.Failure != flow.FailureNotAllowed {
		t.Errorf("row %+v", row)
	}
	from(device).ExpectGone()
	own := from("127.0.0.20")
	own.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	own.ExpectStatus(200)
	stays.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	stays.ExpectStatus(200)
	_ = ln.Close()
	if err := <-served; !errors.Is(err, proxy.ErrListenerClosed) {
		t.Error(err)
	}
}
