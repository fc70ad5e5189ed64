package proxy

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/capture"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// relayed is a relay of HTTP/2 without TLS around it, over pipes.
type relayed struct {
	client, origin net.Conn // the ends of the two peers
	srv            *Server
	conn           *conn
	ended          chan struct{} // closed when the relay has
}

// newRelayed starts one. Without an origin everything is answered here, with a failure.
func newRelayed(tb testing.TB, config Config, hasOrigin bool) *relayed {
	tb.Helper()
	srv := New(config, capture.New(capture.Options{}), nil)
	client, ours := net.Pipe()
	r := &relayed{client: client, srv: srv, conn: newConn(srv, ours), ended: make(chan struct{})}
	in := &interception{plain: true, text: []byte("a.example:443"), authority: http1.Authority{Text: []byte("a.example"),
		Host: []byte("a.example"), Port: 443}}
	r.conn.inside = in
	var under *upstream.Conn
	if hasOrigin {
		origin, theirs := net.Pipe()
		r.origin = origin
		under = &upstream.Conn{Conn: socket.New(theirs), Remote: netip.MustParseAddrPort("192.0.2.1:443")}
	} else {
		in.fail = errorReply(502, 0, reason.H2Push.With()).close()
	}
	limits := srv.config.Load().Limits.heads()
	go func() {
		defer close(r.ended)
		newHTTP2Conn(r.conn, in, under, limits).serve()
		_ = r.conn.socket.Close()
	}()
	tb.Cleanup(func() {
		r.close()
		r.wait(tb)
	})
	return r
}

func (r *relayed) close() {
	_ = r.client.Close()
	if r.origin != nil {
		_ = r.origin.Close()
	}
}

// wait fails unless the relay ends.
func (r *relayed) wait(tb testing.TB) {
	tb.Helper()
	select {
	case <-r.ended:
	case <-time.After(10 * time.Second):
		tb.Fatal("the relay goes on")
	}
	if n := r.srv.headBudget.reserved.Load() + r.srv.streamBudget.held.Load() + r.srv.bodyBudget.held.Load(); n != 0 {
		tb.Errorf("%d bytes stay reserved", n)
	}
}

// peer is one end, with x/net's framer: what it reads is judged by it.
type peer struct {
	*http2.Framer
	net.Conn
	block bytes.Buffer
	hpack *hpack.Encoder
}

func newPeer(c net.Conn) *peer {
	p := &peer{Conn: c, Framer: http2.NewFramer(c, c)}
	p.AllowIllegalWrites = true
	p.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	p.hpack = hpack.NewEncoder(&p.block)
	return p
}

func (p *peer) encode(fields ...string) []byte {
	p.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		_ = p.hpack.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return bytes.Clone(p.block.Bytes())
}

// head writes a whole section.
func (p *peer) head(tb testing.TB, stream uint32, end bool, fields ...string) {
	tb.Helper()
	block := p.encode(fields...)
	must(tb, p.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block, EndHeaders: true, EndStream: end}))
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// frames reads on beside the test, until the end.
func (p *peer) frames() <-chan string {
	out := make(chan string, 1<<14)
	go func() {
		defer close(out)
		for {
			f, err := p.ReadFrame()
			if err != nil {
				return
			}
			out <- frameText(f)
		}
	}()
	return out
}

// frameText is a frame for comparing, such as "HEADERS 1 502".
func frameText(f http2.Frame) string {
	switch f := f.(type) {
	case *http2.MetaHeadersFrame:
		text := "HEADERS " + number(f.StreamID) + " "
		if s := f.PseudoValue("status"); s != "" {
			return text + s
		}
		return text + f.PseudoValue("method") + f.PseudoValue("path")
	case *http2.DataFrame:
		text := "DATA " + number(f.StreamID) + " " + number(uint32(len(f.Data())))
		if f.StreamEnded() {
			text += " END"
		}
		return text
	case *http2.RSTStreamFrame:
		return "RST_STREAM " + number(f.StreamID) + " " + f.ErrCode.String()
	case *http2.GoAwayFrame:
		return "GOAWAY " + number(f.LastStreamID) + " " + f.ErrCode.String()
	case *http2.WindowUpdateFrame:
		return "WINDOW_UPDATE " + number(f.StreamID) + " " + number(f.Increment)
	}
	return f.Header().Type.String()
}

func number(n uint32) string {
	var b []byte
	if n == 0 {
		return "0"
	}
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

// until reads on until a frame comes.
func until(tb testing.TB, frames <-chan string, want string) {
	tb.Helper()
	var seen []string
	for {
		select {
		case f, ok := <-frames:
			if !ok {
				tb.Fatalf("the connection ended, wanted %s after %q", want, seen)
			}
			if f == want {
				return
			}
			if seen = append(seen, f); len(seen) > 20 {
				seen = seen[1:]
			}
		case <-time.After(10 * time.Second):
			tb.Fatalf("no %s, after %q", want, seen)
		}
	}
}

// opened is a relay whose peers have exchanged SETTINGS.
func opened(tb testing.TB, config Config, settings ...http2.Setting) (r *relayed, client, origin *peer) {
	tb.Helper()
	r = newRelayed(tb, config, true)
	client, origin = newPeer(r.client), newPeer(r.origin)
	greeted := make(chan error, 1)
	go func() {
		preface := make([]byte, len(http2.ClientPreface))
		_, err := io.ReadFull(origin.Conn, preface)
		if err == nil {
			_, err = origin.ReadFrame()
		}
		greeted <- err
	}()
	_, err := io.WriteString(client.Conn, http2.ClientPreface)
	must(tb, err)
	must(tb, client.WriteSettings(settings...))
	must(tb, <-greeted)
	go func() { greeted <- origin.WriteSettings() }()
	_, err = client.ReadFrame()
	must(tb, err)
	must(tb, <-greeted)
	return r, client, origin
}

func rawFrame(kind http2.FrameType, flags http2.Flags, stream uint32, payload []byte) []byte {
	n := len(payload)
	b := []byte{byte(n >> 16), byte(n >> 8), byte(n), byte(kind), byte(flags)}
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

// asked is what most requests are.
func asked(method, path string, more ...string) []string {
	return append([]string{":method", method, ":scheme", "https", ":authority", "a.example", ":path", path}, more...)
}
