package decrypt

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/clienthello"
	"posthouse/proxy/flow"
)

// recorded are hellos of programs as they sent them: curl 7.88 and openssl with OpenSSL
// 3.0, Python 3.11, Node 18, Chromium 148.
func recorded(t testing.TB) map[string][]byte {
	all := map[string][]byte{}
	files, _ := filepath.Glob("testdata/hello/*.hello")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".hello")] = b
	}
	if len(all) < 8 {
		t.Fatalf("%d hellos are recorded", len(all))
	}
	return all
}

func mirrorTarget(t testing.TB, first []byte) (*Target, *clienthello.Hello) {
	p, err := New(Options{Hosts: []string{"*"}, Minter: noMinter{}, Roots: x509.NewCertPool(), Insecure: true})
	if err != nil {
		t.Fatal(err)
	}
	info, _ := clienthello.Parse(first)
	offer, _ := OfferOf(info.ServerName, info.Protocols)
	return p.Target("a.example", 443, offer), MirrorOf(first)
}

// firstFlight is what an attempt sends before the origin has said anything.
func firstFlight(a *Ask) []byte {
	near, far := net.Pipe()
	defer func() { _, _ = near.Close(), far.Close() }()
	a.Conn(near)
	go func() { _, _ = a.Handshake() }()
	b := make([]byte, 64<<10)
	n := 0
	for n < 5 || n < 5+int(binary.BigEndian.Uint16(b[3:])) {
		got, err := far.Read(b[n:])
		if err != nil {
			return nil
		}
		n += got
	}
	return b[:n]
}

// An origin gets what the client sent, byte for byte but for keys and random values.
func TestHelloIsTheClients(t *testing.T) {
	for name, first := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			target, hello := mirrorTarget(t, first)
			if hello == nil {
				t.Fatal("it cannot be read")
			}
			ask := target.Ask(hello, How{})
			sent := firstFlight(ask)
			got, ok := clienthello.ParseHello(sent)
			if !ok || ask.deviation != 0 {
				t.Fatalf("sent %x, deviation %v", sent, ask.deviation.Codes())
			}
			if len(sent) != len(first) || bytes.Equal(sent[11:43], first[11:43]) {
				t.Errorf("%d bytes for %d, random %x", len(sent), len(first), sent[11:43])
			}
			compareHellos(t, hello, got)
			if ask.wire.ja4 != hello.JA4() {
				t.Errorf("JA4 %s, want %s", ask.wire.ja4, hello.JA4())
			}
		})
	}
}

func compareHellos(t *testing.T, want, got *clienthello.Hello) {
	t.Helper()
	if got.Record != want.Record || got.Version != want.Version || len(got.SessionID) != len(want.SessionID) ||
		!slices.Equal(got.Ciphers, want.Ciphers) || !bytes.Equal(got.Compressions, want.Compressions) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if len(got.Extensions) != len(want.Extensions) {
		t.Fatalf("%d extensions, want %d", len(got.Extensions), len(want.Extensions))
	}
	for i, e := range want.Extensions {
		switch have := got.Extensions[i]; {
		case have.ID != e.ID || len(have.Body) != len(e.Body):
			t.Errorf("extension %d: %d of %d bytes, want %d of %d", i, have.ID, len(have.Body), e.ID, len(e.Body))
		case e.ID == clienthello.ExtKeyShare:
			theirs, _ := want.KeyShares()
			ours, _ := got.KeyShares()
			for k := range theirs {
				if ours[k].Group != theirs[k].Group || len(ours[k].Key) != len(theirs[k].Key) ||
					bytes.Equal(ours[k].Key, theirs[k].Key) != clienthello.Grease(theirs[k].Group) {
					t.Errorf("key share %d: %x, want %x", k, ours[k], theirs[k])
				}
			}
		case !bytes.Equal(have.Body, e.Body):
			t.Errorf("extension %d: %x, want %x", e.ID, have.Body, e.Body)
		}
	}
}

// A hello that lies in several records is one all the same.
func TestHelloInSeveralRecords(t *testing.T) {
	first := recorded(t)["curl"]
	var split []byte
	for rest := first[5:]; len(rest) > 0; {
		n := min(100, len(rest))
		split = append(append(split, 22, 3, 1, 0, byte(n)), rest[:n]...)
		rest = rest[n:]
	}
	target, hello := mirrorTarget(t, split)
	got, ok := clienthello.ParseHello(firstFlight(target.Ask(hello, How{})))
	if !ok {
		t.Fatal("nothing whole was sent")
	}
	compareHellos(t, hello, got)
}

// pair is a connection of TCP, whose ends do not wait for long.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	near, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{near, far} {
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	}
	return near, far
}

// agree runs a handshake against a server of crypto/tls.
func agree(t *testing.T, a *Ask, config *tls.Config) (*flow.Secure, error) {
	t.Helper()
	near, far := pair(t)
	conn := a.Conn(near)
	done := make(chan struct{})
	go func() {
		defer close(done)
		server := tls.Server(far, config)
		if server.Handshake() == nil {
			_, _ = server.Write([]byte("x")) // and tickets before it
			_, _ = server.Read(make([]byte, 1))
		}
		_ = far.Close()
	}()
	s, err := a.Handshake()
	if err == nil {
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Errorf("reading: %v", err)
		}
	}
	_ = near.Close()
	<-done
	return s, err
}

func originServer(t testing.TB) *tls.Config {
	i := newSigner(t.(*testing.T))
	key := newKey(t.(*testing.T))
	template := &x509.Certificate{SerialNumber: i.cert.SerialNumber, DNSNames: []string{"a.example"}, NotAfter: i.cert.NotAfter}
	der, err := x509.CreateCertificate(nil, template, i.cert, key.Public(), i.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS10,
		NextProtos: []string{"h2", "http/1.1"}}
}

// Each recorded client reaches origins that choose each of what it offers.
func TestHellosAreAnswered(t *testing.T) {
	for name, first := range recorded(t) {
		for kind, change := range map[string]func(*tls.Config){
			"as it is":    func(*tls.Config) {},
			"TLS 1.2":     func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 },
			"P-256":       func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.CurveP256} },
			"P-384":       func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.CurveP384} },
			"X25519":      func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.X25519} },
			"HTTP/1.1":    func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} },
			"asks for it": func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert },
		} {
			if name == "node" && kind == "HTTP/1.1" {
				continue // it offers HTTP/2 alone
			}
			t.Run(name+"/"+kind, func(t *testing.T) {
				target, hello := mirrorTarget(t, first)
				config := originServer(t)
				change(config)
				ask := target.Ask(hello, How{})
				s, err := agree(t, ask, config)
				if err != nil {
					t.Fatal(err)
				}
				if s.Origin.Version == 0 || s.Origin.JA4.String() != hello.JA4() || ask.CertRequested() != (kind == "asks for it") {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// An origin that picks what the library does not speak is asked once more, without that.
func TestWhatIsNotSpokenIsLeftOut(t *testing.T) {
	first := recorded(t)["openssl"]
	target, hello := mirrorTarget(t, first)
	ask := target.Ask(hello, How{Reduced: true})
	sent, ok := clienthello.ParseHello(firstFlight(ask))
	if !ok || ask.deviation != flow.DeviationUnknown {
		t.Fatalf("%+v, %v", sent, ask.deviation.Codes())
	}
	const x448, dheRSA = 30, 0x009f
	if !slices.Contains(hello.List(clienthello.ExtGroups, 2), x448) || slices.Contains(sent.List(clienthello.ExtGroups, 2), x448) {
		t.Errorf("groups %v", sent.List(clienthello.ExtGroups, 2))
	}
	if !slices.Contains(hello.Ciphers, dheRSA) || slices.Contains(sent.Ciphers, dheRSA) || len(sent.Ciphers) < 10 {
		t.Errorf("ciphers %x", sent.Ciphers)
	}
	if s, err := agree(t, target.Ask(hello, How{Reduced: true}), originServer(t)); err != nil || s.Deviation != flow.DeviationUnknown {
		t.Errorf("%v %+v", err, s)
	}
}

// Another attempt is made for what is ours, and only once.
func TestAnotherAttempt(t *testing.T) {
	target, hello := mirrorTarget(t, recorded(t)["curl"])
	chosen := errors.New("tls: server selected unsupported group")
	for _, c := range []struct {
		how            How
		err            error
		chosen, agreed string
		next           How
		again          bool
	}{
		{How{}, chosen, "", "", How{Reduced: true}, true},
		{How{Reduced: true}, chosen, "", "", How{Reduced: true}, false},
		{How{}, io.EOF, "", "", How{Reduced: true}, false},
		{How{}, &CertificateError{}, "", "", How{Reduced: true}, false},
		{How{}, &net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}, "", "", How{Reduced: true}, false},
		{How{}, tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "", "", How{Reduced: true}, false},
		{How{}, nil, HTTP2, HTTP1, How{Only: HTTP1}, true},
		{How{Only: HTTP1}, nil, HTTP2, HTTP1, How{}, false},
		{How{}, nil, "", HTTP1, How{}, false},
		{How{}, nil, "spdy/3", "", How{Only: HTTP1}, true},
		{How{}, nil, HTTP2, "", How{}, false},
	} {
		ask := target.Ask(hello, c.how)
		ask.Conn(&sink{})
		if next, again := ask.Again(c.err, c.chosen, c.agreed); next != c.next || again != c.again {
			t.Errorf("%+v: %+v %v", c, next, again)
		}
	}
	own := target.Ask(nil, How{})
	own.Conn(&sink{})
	if _, again := own.Again(chosen, "", ""); again {
		t.Error("Posthouse's own hello is sent twice")
	}
}

// sink takes what is written and answers nothing.
type sink struct {
	net.Conn
	sent []byte
}

func (s *sink) Write(p []byte) (int, error) { s.sent = append(s.sent, p...); return len(p), nil }
func (s *sink) Read([]byte) (int, error)    { return 0, io.EOF }
func (s *sink) Close() error                { return nil }
func (s *sink) RemoteAddr() net.Addr        { return &net.TCPAddr{} }

func (s *sink) SetWriteDeadline(time.Time) error { return nil }

// Whatever a client sends, what an origin gets is a ClientHello with nothing in it that
// was not there.
func FuzzMirror(f *testing.F) {
	for _, first := range recorded(f) {
		f.Add(first, false)
		f.Add(first, true)
	}
	p, err := New(Options{Hosts: []string{"*"}, Minter: noMinter{}, Insecure: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, first []byte, reduced bool) {
		info, result := clienthello.Parse(first)
		hello := MirrorOf(first)
		if result != clienthello.Found {
			if hello != nil {
				t.Fatal("read although it is none")
			}
			return
		}
		offer, _ := OfferOf(info.ServerName, info.Protocols)
		to := &sink{}
		ask := p.Target("a.example", 443, offer).Ask(hello, How{Reduced: reduced})
		ask.Conn(to)
		if _, err := ask.Handshake(); err == nil {
			t.Fatal("agreed although no origin is there")
		}
		sent, ok := clienthello.ParseHello(to.sent)
		if !ok {
			t.Fatalf("sent %x", to.sent)
		}
		if ask.deviation&flow.DeviationOwn != 0 {
			return
		}
		for _, e := range sent.Extensions {
			if !hello.Has(e.ID) {
				t.Errorf("extension %d was not there", e.ID)
			}
		}
	})
}
