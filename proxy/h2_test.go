//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// h2Pair is an origin that speaks HTTP/2 with handler, and a client's connection to it through the proxy.
type h2Pair struct {
	*opener
	url   string
	dials atomic.Int32 // connections that the origin took
}

func openH2(t *testing.T, handler http.HandlerFunc, change func(*decrypt.Options, *proxy.Config)) *h2Pair {
	p := &h2Pair{opener: openAll(t, change)}
	config := p.server("h2", "http/1.1")
	base := &http.Server{}
	server := &http2.Server{}
	if err := http2.ConfigureServer(base, server); err != nil {
		t.Fatal(err)
	}
	p.origin.Serve(func(at *proxytest.Conn) {
		p.dials.Add(1)
		_ = at.Net.SetDeadline(time.Time{})
		conn := tls.Server(at.Net, config)
		if conn.Handshake() != nil {
			return
		}
		server.ServeConn(conn, &http2.ServeConnOpts{BaseConfig: base, Handler: handler})
	})
	p.url = "https://a.example"
	return p
}

// dial opens a tunnel and HTTP/2 in it.
func (p *h2Pair) dial() *http2.ClientConn {
	p.t.Helper()
	c := p.connect()
	_ = c.Net.SetDeadline(time.Time{})
	conn := tls.Client(c.Net, p.client("h2"))
	cc, err := (&http2.Transport{DisableCompression: true, StrictMaxConcurrentStreams: true}).NewClientConn(conn)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = cc.Close() })
	return cc
}

func (p *h2Pair) get(cc *http2.ClientConn, path string) (*http.Response, string) {
	p.t.Helper()
	req, err := http.NewRequest("GET", p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := cc.RoundTrip(req)
	if err != nil {
		p.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res, string(body)
}

func TestH2Exchange(t *testing.T) {
	var seen http.Header
	p := openH2(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		body, _ := io.ReadAll(r.Body)
		w.Header()["X-Twice"] = []string{"1", "2"}
		w.Header()["Content-Type"] = nil
		w.Header()["Date"] = nil
		_, _ = fmt.Fprintf(w, "%s %s %s %s %s", r.Method, r.Host, r.RequestURI, r.Proto, body)
	}, nil)
	cc := p.dial()
	req, _ := http.NewRequest("POST", p.url, strings.NewReader("payload"))
	req.URL.Opaque = "//a.example//x/%7e/../?q=%zz"
	req.Header["Cookie"] = []string{"a=1; b=2"}
	req.Header["User-Agent"] = nil
	res, err := cc.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	if want := "POST a.example //x/%7e/../?q=%zz HTTP/2.0 payload"; string(body) != want {
		t.Errorf("%q", body)
	}
	for _, name := range []string{"User-Agent", "Accept-Encoding", "Via", "Date"} {
		if _, has := seen[name]; has {
			t.Errorf("%s was added", name)
		}
	}
	if len(res.Header) != 2 || len(res.Header["X-Twice"]) != 2 || seen.Get("Cookie") != "a=1; b=2" {
		t.Errorf("response %v, cookie %q", res.Header, seen.Get("Cookie"))
	}
	x := p.Exchange(2)
	// As it came: the client, x/net, sorts so, and has split the cookie.
	wantHead := ":authority: a.example\r\n:method: POST\r\n:path: //x/%7e/../?q=%zz\r\n:scheme: https\r\ncookie: a=1\r\ncookie: " +
		"b=2\r\ncontent-length: 7\r\n\r\n"
	if string(x.RequestHead) != wantHead || x.Proto != "HTTP/2.0" || x.Method != "POST" || x.Path != "//x/%7e/../?q=%zz" ||
		x.Scheme != "https" || x.Host != p.Text("{origin}") {
		t.Errorf("%q %+v", x.RequestHead, x.Row)
	}
	if string(x.RequestBody.Bytes) != "payload" || string(x.ResponseBody.Bytes) != string(body) ||
		!strings.HasPrefix(string(x.ResponseHead), ":status: 200\r\nx-twice: 1\r\nx-twice: 2\r\ncontent-length: 49\r\n") {
		t.Errorf("%q %q", x.RequestBody.Bytes, x.ResponseHead)
	}
	if x.TLS.ALPN != "h2" || x.Secure.Origin.ALPN != "h2" || x.TLS.Outcome != flow.TLSDecrypted || len(x.Secure.Chain) == 0 ||
		x.Timing.Sent == 0 {
		t.Errorf("%+v %+v", x.TLS, x.Secure)
	}
}

// Each piece passes immediately, in both directions beside each other, as gRPC streams do.
func TestH2StreamsBothWays(t *testing.T) {
	p := openH2(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		_ = http.NewResponseController(w).Flush()
		buf := make([]byte, 100)
		for {
			n, err := r.Body.Read(buf)
			if n > 0 {
				_, _ = w.Write(bytes.ToUpper(buf[:n]))
				_ = http.NewResponseController(w).Flush()
			}
			if err != nil {
				break
			}
		}
		w.Header().Set("Grpc-Status", "0")
		w.Header().Set(http.TrailerPrefix+"Grpc-Message", r.Trailer.Get("X-Check"))
	}, nil)
	cc := p.dial()
	out, in := io.Pipe()
	req, _ := http.NewRequest("POST", p.url+"/svc/Method", out)
	req.Header.Set("Te", "trailers")
	req.Trailer = http.Header{"X-Check": nil}
	res, err := cc.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		text := fmt.Sprintf("message %d", i)
		_, _ = io.WriteString(in, text)
		got := make([]byte, len(text))
		if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != strings.ToUpper(text) {
			t.Fatalf("%q %v", got, err)
		}
	}
	req.Trailer.Set("X-Check", "done")
	_ = in.Close()
	if rest, err := io.ReadAll(res.Body); err != nil || len(rest) > 0 {
		t.Errorf("%q %v", rest, err)
	}
	if res.Trailer.Get("Grpc-Status") != "0" || res.Trailer.Get("Grpc-Message") != "done" {
		t.Errorf("trailer %v", res.Trailer)
	}
	x := p.Exchange(2)
	if string(x.RequestTrailer) != "x-check: done\r\n" || string(x.ResponseTrailer) != "grpc-message: done\r\ngrpc-status: 0\r\n" ||
		x.ResponseSize != 45 || x.ContentType != "application/grpc" {
		t.Errorf("%q %q %+v", x.RequestTrailer, x.ResponseTrailer, x.Row)
	}
}

// A response that is its head alone ends with it: a call that failed immediately is read from there.
func TestH2TrailersOnly(t *testing.T) {
	p := openAll(t, nil)
	config := p.server("h2")
	p.origin.Serve(func(at *proxytest.Conn) {
		conn := tls.Server(at.Net, config)
		framer := h2Server(t, conn)
		for {
			f, err := framer.ReadFrame()
			if err != nil {
				return
			}
			if h, ok := f.(*http2.HeadersFrame); ok {
				// :status 200, grpc-status: 5
				block := append([]byte{0x88, 0x00, 11}, "grpc-status\x015"...)
				_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: h.StreamID, BlockFragment: block, EndHeaders: true,
					EndStream: true})
			}
		}
	})
	c := p.connect()
	conn := tls.Client(c.Net, p.client("h2"))
	framer := h2Client(t, conn)
	block := append([]byte{0x82, 0x87, 0x84, 0x01, 9}, "a.example"...) // GET https / a.example
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndHeaders: true, EndStream: true})
	for {
		f, err := framer.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if h, ok := f.(*http2.HeadersFrame); ok {
			if !h.StreamEnded() {
				t.Error("the head does not end the stream")
			}
			return
		}
	}
}

func h2Server(t *testing.T, conn net.Conn) *http2.Framer {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(conn, preface); err != nil {
		t.Logf("no preface: %v", err)
	}
	framer := http2.NewFramer(conn, conn)
	_ = framer.WriteSettings()
	return framer
}

func h2Client(t *testing.T, conn net.Conn) *http2.Framer {
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	framer := http2.NewFramer(conn, conn)
	_ = framer.WriteSettings()
	return framer
}

func TestH2ManyStreams(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789"), 10_000)
	p := openH2(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		_, _ = w.Write(got)
	}, nil)
	cc := p.dial()
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			req, _ := http.NewRequest("POST", fmt.Sprintf("%s/%d", p.url, i), bytes.NewReader(body))
			res, err := cc.RoundTrip(req)
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := io.ReadAll(res.Body); err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	wg.Wait()
	p.Finished(201)
	if n := p.dials.Load(); n != 1 {
		t.Errorf("%d connections to the origin", n)
	}
}

func TestH2Interim(t *testing.T) {
	p := openH2(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(103)
		w.Header().Del("Link")
		_, _ = io.WriteString(w, "ok")
	}, nil)
	var hints []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		hints = append(hints, fmt.Sprint(code, h.Get("Link")))
		return nil
	}})
	req, _ := http.NewRequestWithContext(ctx, "GET", p.url+"/", nil)
	res, err := p.dial().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if len(hints) != 1 || hints[0] != "103</style.css>" || res.Header.Get("Link") != "" {
		t.Errorf("hints %q, head %v", hints, res.Header)
	}
	if x := p.Exchange(2); !strings.HasPrefix(string(x.Interim), ":status: 103\r\nlink: </style.css>\r\n") {
		t.Errorf("%q", x.Interim)
	}
}

// A client that offers both gets what the origin speaks.
func TestALPNFollowsTheOrigin(t *testing.T) {
	o := openAll(t, nil)
	c, at, agreed := o.shake(o.client("h2", "http/1.1"), o.server("http/1.1"))
	if agreed.NegotiatedProtocol != "http/1.1" {
		t.Errorf("%q", agreed.NegotiatedProtocol)
	}
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	p := openH2(t, func(http.ResponseWriter, *http.Request) {}, nil)
	both := p.connect()
	if state := both.StartClientTLS(p.client("http/1.1", "h2")); state.NegotiatedProtocol != "h2" {
		t.Errorf("%q", state.NegotiatedProtocol)
	}
}

// A page in place of the origin reaches a client that speaks HTTP/2 only.
func TestH2BadCertificate(t *testing.T) {
	p := openH2(t, func(http.ResponseWriter, *http.Request) {}, func(d *decrypt.Options, _ *proxy.Config) {
		d.Roots = proxytest.NewAuthority(t, "unknown").Pool()
	})
	res, body := p.get(p.dial(), "/x")
	if res.StatusCode != 502 || !strings.Contains(body, "did not pass") ||
		!strings.Contains(body, "的证书未通过检查") || !strings.Contains(body, "签发者不受本机信任") {
		t.Errorf("%d %q", res.StatusCode, body)
	}
	if row := p.Finished(2); row.Failure != flow.FailureTLS || row.TLS.Problem != flow.ProblemUnknownAuthority || row.Path != "/x" {
		t.Errorf("row %+v", row)
	}
}

// Each client's connection has its own to the origin, which ends with it.
func TestH2ConnectionsBelongTogether(t *testing.T) {
	p := openH2(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }, nil)
	for i := range 3 {
		cc := p.dial()
		p.get(cc, "/")
		p.get(cc, "/")
		if n := int(p.dials.Load()); n != i+1 {
			t.Errorf("%d connections to the origin for %d clients", n, i+1)
		}
		_ = cc.Close()
		p.Row(func(r flow.Row) bool { return r.Kind == flow.KindTunnel && r.Phase.Final() })
	}
	if n := p.Server.IdleOrigins(); n != 0 {
		t.Errorf("%d connections are kept", n)
	}
}

// A host that is never to be recorded from now on is not, over a connection that is open already either.
func TestH2NeverRecordedSince(t *testing.T) {
	p := openH2(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }, nil)
	cc := p.dial()
	p.get(cc, "/a")
	policy, err := decrypt.New(decrypt.Options{Hosts: []string{"*"}, Minter: p.ca, Roots: p.issuer.Pool(),
		NeverRecord: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	p.Server.Configure(proxy.Config{Decrypt: policy})
	p.get(cc, "/a")
	if x := p.Exchange(2); len(x.RequestHead) == 0 {
		t.Errorf("%+v", x)
	}
	if x := p.Exchange(3); x.Status != 200 || len(x.RequestHead)+len(x.ResponseBody.Bytes) > 0 {
		t.Errorf("%+v", x)
	}
}
