package export_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// origin keeps what it is sent, byte for byte, and answers with nothing.
type origin struct {
	host string
	got  chan message
}

type message struct{ head, body string }

func newOrigin(t *testing.T) *origin {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &origin{host: l.Addr().String(), got: make(chan message, 200)}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			o.serve(c)
		}
	}()
	return o
}

func (o *origin) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	r := bufio.NewReader(c)
	var m message
	for !strings.HasSuffix(m.head, "\r\n\r\n") {
		line, err := r.ReadString('\n')
		if m.head += line; err != nil {
			break
		}
	}
	length := int64(0)
	var body io.Reader = r
	for _, line := range strings.Split(m.head, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch http.CanonicalHeaderKey(name) {
		case "Content-Length":
			length, _ = strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		case "Transfer-Encoding":
			body, length = httputil.NewChunkedReader(r), 1<<30
		}
	}
	b, _ := io.ReadAll(io.LimitReader(body, length))
	m.body = string(b)
	o.got <- m
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

func (o *origin) next(t *testing.T) message {
	t.Helper()
	select {
	case m := <-o.got:
		return m
	case <-time.After(20 * time.Second):
		t.Fatal("the origin got nothing")
	}
	return message{}
}
