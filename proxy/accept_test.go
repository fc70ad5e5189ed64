//go:build unix

package proxy_test

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/capture"
)

// shaky is a listener whose first accepts fail.
type shaky struct {
	net.Listener
	errs []error
}

func (l *shaky) Accept() (net.Conn, error) {
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[1:]
		return nil, &net.OpError{Op: "accept", Err: err}
	}
	return l.Listener.Accept()
}

// Listening goes on when the network was down for a moment (accept(2)).
func TestAcceptingOutlivesTheNetwork(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := proxy.New(proxy.Config{}, capture.New(capture.Options{}), nil)
	served := make(chan error)
	go func() {
		served <- s.Serve(&shaky{ln, []error{syscall.ENETDOWN, syscall.ECONNABORTED, syscall.EHOSTUNREACH, syscall.EPROTO}})
	}()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 9)
	if _, err := c.Read(answer); err != nil || string(answer) != "HTTP/1.1 " {
		t.Errorf("%q, %v", answer, err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, proxy.ErrServerClosed) {
		t.Error(err)
	}
}
