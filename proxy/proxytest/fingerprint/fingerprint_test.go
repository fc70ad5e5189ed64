package fingerprint_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/fingerprint"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The lists of FoxIO's own example, in their technical details of JA4: the result is theirs.
func TestJA4OfTheDefinition(t *testing.T) {
	h := fingerprint.Hello{Version: 0x0303, SNI: "x", ALPN: []string{"h2"}, Versions: []uint16{0x2a2a, 0x0304, 0x0303},
		Ciphers: []uint16{0x1a1a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
			0x002f, 0x0035},
		Extensions: []uint16{0x3a3a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01,
			0x000b, 0x000a, 0x0015, 0x4a4a},
		Algorithms: []uint16{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601}}
	if got := h.JA4(); got != "t13d1516h2_8daaf6152771_e5627efa2ab1" {
		t.Errorf("JA4 %s", got)
	}
}

func TestJA4OfFewThings(t *testing.T) {
	h := fingerprint.Hello{Version: 0x0301}
	if got := h.JA4(); got != "t10i000000_000000000000_000000000000" {
		t.Errorf("JA4 %s", got)
	}
	h = fingerprint.Hello{Version: 0x0303, ALPN: []string{"\xab\xcd"}, Versions: []uint16{0x7f1c}}
	if got := h.JA4(); !strings.HasPrefix(got, "t00i0000ad_") {
		t.Errorf("JA4 %s", got)
	}
}

// Salesforce's own example of JA3.
func TestJA3OfTheDefinition(t *testing.T) {
	h := fingerprint.Hello{Version: 769, Ciphers: []uint16{47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4},
		Extensions: []uint16{0, 10, 11}, Groups: []uint16{23, 24, 25}, PointFormats: []byte{0}}
	if h.JA3Text() != "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0" ||
		h.JA3() != "ada70206e40642a3e4461f35503241d5" {
		t.Errorf("%s %s", h.JA3Text(), h.JA3())
	}
}

// hello is what crypto/tls sends.
func hello(t *testing.T) []byte {
	t.Helper()
	client, server := net.Pipe()
	go func() {
		_ = tls.Client(client, &tls.Config{ServerName: "a.example", NextProtos: []string{"h2"}}).Handshake()
	}()
	_, read, err := fingerprint.ReadHello(server)
	if err != nil {
		t.Fatal(err)
	}
	_ = server.Close()
	_ = client.Close()
	return read
}

func TestHelloOverSeveralRecords(t *testing.T) {
	whole := hello(t)
	one, _, err := fingerprint.ReadHello(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	var split []byte
	for rest := whole[5:]; len(rest) > 0; {
		n := min(3, len(rest))
		split = binary.BigEndian.AppendUint16(append(split, 22, 3, 1), uint16(n))
		split, rest = append(split, rest[:n]...), rest[n:]
	}
	got, read, err := fingerprint.ReadHello(io.MultiReader(bytes.NewReader(split), strings.NewReader("more")))
	if err != nil || !bytes.Equal(read, split) || got.JA4() != one.JA4() || len(got.Records) != (len(whole)-5+2)/3 ||
		got.SNI != "a.example" || !slices.Equal(got.ALPN, []string{"h2"}) || len(got.KeyShares) == 0 {
		t.Errorf("%+v %v", got, err)
	}
	for end := range whole {
		if _, _, err := fingerprint.ReadHello(bytes.NewReader(whole[:end])); err == nil {
			t.Fatalf("%d bytes of %d were a hello", end, len(whole))
		}
	}
}

func FuzzReadHello(f *testing.F) {
	f.Add([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, _, err := fingerprint.ReadHello(bytes.NewReader(b))
		if err == nil && (len(h.JA4()) != 36 || len(h.JA3()) != 32) {
			t.Errorf("%s %s", h.JA4(), h.JA3())
		}
	})
}

func TestGoIsSeen(t *testing.T) {
	ca := proxytest.NewAuthority(t, "CA")
	origin := fingerprint.Start(t, &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, nil)}})
	for _, http2 := range []bool{true, false} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}, ForceAttemptHTTP2: http2}
		if !http2 {
			transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		}
		req, _ := http.NewRequest("GET", "https://"+origin.Addr()+"/x", nil)
		req.Header.Set("Authorization", "secret")
		res, err := (&http.Client{Transport: transport}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(res.Body); err != nil || string(body) != "seen" || res.ProtoMajor == 2 != http2 {
			t.Errorf("%q %v %s", body, err, res.Proto)
		}
		_ = res.Body.Close()
		transport.CloseIdleConnections()
	}
	all := origin.Seen()
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	two, one := all[0], all[1]
	if o := two.Opening; o.Akamai() != "2:0;4:4194304;5:16384;6:10485760|1073741824|0|a,m,p,s" {
		t.Errorf("%s %v", o.Akamai(), o.Frames)
	}
	if !slices.Contains(two.Requests[0], ":path: /x") || !slices.Contains(two.Requests[0], "authorization: secret") {
		t.Errorf("%q", two.Requests)
	}
	if one.Requests[0][0] != "GET /x HTTP/1.1" || !strings.HasPrefix(two.Hello.JA4(), "t13i") ||
		!strings.Contains(two.Hello.JA4(), "h2_") || strings.Contains(one.Hello.JA4(), "h2_") {
		t.Errorf("%q %s %s", one.Requests, one.Hello.JA4(), two.Hello.JA4())
	}
}
