package clienthello

import (
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"testing"
)

// record returns the first bytes that crypto/tls sends with this configuration.
func record(t testing.TB, config *tls.Config) []byte {
	t.Helper()
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Client(near, config).Handshake() // fails once the pipe closes; only its first message matters
	}()
	b := make([]byte, MaxSize)
	n, err := far.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	_ = far.Close()
	_ = near.Close()
	<-done
	return b[:n]
}

func TestParseReadsWhatTheClientOffers(t *testing.T) {
	tests := []struct {
		name   string
		config *tls.Config
		want   Info
	}{
		{"1.3 with everything", &tls.Config{ServerName: "shop.example.test", NextProtos: []string{"h2", "http/1.1"}},
			Info{"shop.example.test", []string{"h2", "http/1.1"}, 0x0304}},
		{"1.2 at most", &tls.Config{ServerName: "a.test", MaxVersion: tls.VersionTLS12}, Info{"a.test", nil, 0x0303}},
		{"no name", &tls.Config{InsecureSkipVerify: true}, Info{"", nil, 0x0304}},
		{"address instead of a name", &tls.Config{ServerName: "192.0.2.1"}, Info{"", nil, 0x0304}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := record(t, tt.config)
			got, result := Parse(b)
			if result != Found || got.ServerName != tt.want.ServerName || got.Version != tt.want.Version ||
				!slices.Equal(got.Protocols, tt.want.Protocols) {
				t.Fatalf("got %+v, %v; want %+v", got, result, tt.want)
			}
			for i := range b {
				if _, result := Parse(b[:i]); result != More {
					t.Fatalf("after %d of %d bytes: %v, want More", i, len(b), result)
				}
			}
		})
	}
}

func TestParseJoinsAHelloSplitOverRecords(t *testing.T) {
	b := record(t, &tls.Config{ServerName: "split.test"})
	body := b[5:]
	var split []byte
	for len(body) > 0 {
		n := min(50, len(body))
		split = append(append(split, 22, 3, 1, 0, byte(n)), body[:n]...)
		body = body[n:]
	}
	if got, result := Parse(split); result != Found || got.ServerName != "split.test" {
		t.Fatalf("got %+v, %v", got, result)
	}
}

func TestParseRefusesWhatIsNotAHello(t *testing.T) {
	for _, s := range []string{"GET / HTTP/1.1\r\n", "SSH-2.0-x", "\x16\x02\x01", "\x16\x03\x01\x00\x00", "\x16\x03\x01\xff\xff",
		"\x17\x03\x03\x00\x05hello", "\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", "\x16\x03\x01\x00\x04\x01\xff\xff\xff",
		"\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03"} {
		if _, result := Parse([]byte(s)); result != NotTLS {
			t.Errorf("%q: %v, want NotTLS", s, result)
		}
	}
}

func TestParseGivesUpOnAnEndlessHello(t *testing.T) {
	var b []byte
	for len(b) < 2*MaxSize {
		b = append(b, 22, 3, 1, 0x40, 0)
		b = append(b, 1, 0x01, 0x00, 0x00)
		b = append(b, strings.Repeat("x", 16384-4)...)
	}
	if _, result := Parse(b[:MaxSize]); result != NotTLS {
		t.Fatalf("got %v, want NotTLS", result)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(record(f, &tls.Config{ServerName: "fuzz.test", NextProtos: []string{"h2"}}))
	f.Add([]byte("\x16\x03\x01\x00\x04\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		info, result := Parse(b)
		if result == Found && len(info.ServerName) > len(b) {
			t.Fatal("a name longer than the message")
		}
		if result == Found {
			if again, r := Parse(append(slices.Clone(b), 'x')); r != Found || again.ServerName != info.ServerName {
				t.Fatal("bytes behind the message changed it")
			}
		}
	})
}
