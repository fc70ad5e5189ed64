package upstream

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"
)

// canned is a connection whose peer has said all that it will say.
type canned struct{ *bytes.Reader }

func (canned) Write(b []byte) (int, error)      { return len(b), nil }
func (canned) Close() error                     { return nil }
func (canned) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (canned) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (canned) SetDeadline(time.Time) error      { return nil }
func (canned) SetReadDeadline(time.Time) error  { return nil }
func (canned) SetWriteDeadline(time.Time) error { return nil }

// Whatever an upstream proxy answers: an end, and a stage with every error, beside
// which no more is kept than is to be.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\nrest"))
	f.Add([]byte("HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"a\", NTLM\r\n\r\n"))
	f.Add([]byte("icy 200: OK\n\n"))
	f.Add([]byte("\x05\x02\x01\x00\x05\x00\x00\x03\x02ab\x00\x50rest"))
	f.Add([]byte("\x05\xff"))
	f.Add([]byte("HTTP/1.1 103 x\r\n\r\nHTTP/1.1 2000 OK\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 403 No\r\n\r\n" + strings.Repeat("words ", 4<<10)))
	http, _ := ParseProxy("http://u:p@h:1")
	socks, _ := ParseProxy("socks5://u:p@h:1")
	f.Fuzz(func(t *testing.T, answer []byte) {
		for _, p := range []*Proxy{http, socks} {
			c := newConn(canned{bytes.NewReader(answer)})
			var stage Stage
			var err error
			if p == http {
				_, stage, err = speakConnect(c, p, []byte("CONNECT a:1 HTTP/1.1\r\n\r\n"))
			} else {
				stage, err = speakSOCKS(c, p, "a", 1)
			}
			if err != nil && (stage < StageSpeak || err.Error() == "") {
				t.Fatalf("%q: stage %d, %v", answer, stage, err)
			}
			failed := &DialError{Stage: stage, Err: err}
			KeepSent(failed, c)
			if !bytes.Contains(answer, failed.Sent) || len(failed.Sent) != min(len(c.Buffered()), maxSent) {
				t.Fatalf("%q: %d bytes kept of %d", answer, len(failed.Sent), len(c.Buffered()))
			}
			c.Discard(len(c.Buffered()))
			c.Release()
		}
	})
}
