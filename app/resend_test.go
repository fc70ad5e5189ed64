package app_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
)

// message is a GET for a server of the test.
func message(t *testing.T, addr net.Addr) outgoing.Message {
	t.Helper()
	to := netip.MustParseAddrPort(addr.String())
	return outgoing.Message{Scheme: "http", Host: to.Addr().String(), Port: to.Port(),
		Head: []byte("GET /a HTTP/1.1\r\nHost: " + addr.String() + "\r\n\r\n")}
}

// What a person sends goes out whether the proxy runs or not, and follows the settings.
func TestSendWithTheProxyStopped(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("hello")) }))
	t.Cleanup(server.Close)
	c := newController(t, app.Options{})
	m := message(t, server.Listener.Addr())
	for _, running := range []bool{false, true} {
		if running {
			c.Start()
			await(t, c, app.Running)
		}
		s, err := c.Send(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		r := s.Wait()
		x, ok := c.Store().Get(s.ID())
		if r.Row.Status != 200 || !ok || string(x.ResponseBody.Bytes) != "hello" || !x.Own || x.App != "Posthouse" {
			t.Errorf("running %v: it fared %+v", running, r.Row)
		}
		again, err := outgoing.FromExchange(&x)
		if err != nil || again.From != x.ID || string(c.Editable(again).Head) != string(m.Head) {
			t.Errorf("it would be sent again as %+v, %v", again, err)
		}
	}
	err := c.Change(func(s *settings.Settings) {
		s.Proxy.Upstream, s.Proxy.UpstreamBypass = "http://127.0.0.1:1", []string{"<-loopback>"}
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Wait(); r.Row.Failure != flow.FailureUpstream {
		t.Errorf("it did not go through the upstream proxy: %+v", r.Row)
	}
}

// Close ends what is under way, and nothing is sent after it.
func TestCloseEndsWhatIsSent(t *testing.T) {
	came, leave := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(came); <-leave }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(leave) })
	c := app.New(app.Options{})
	s, err := c.Send(context.Background(), message(t, server.Listener.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	<-came
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Done():
	case <-time.After(deadline):
		t.Fatal("it goes on")
	}
	if r := s.Wait(); r.Row.Failure != flow.FailureShutdown {
		t.Errorf("it fared %+v", r.Row)
	}
	if _, err := c.Send(context.Background(), message(t, server.Listener.Addr())); err != app.ErrClosed {
		t.Errorf("a closed controller says %v", err)
	}
}
