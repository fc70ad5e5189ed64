package decrypt

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	utls "github.com/refraction-networking/utls"

	"posthouse/proxy/certificate"
	"posthouse/proxy/clienthello"
)

// A certificate that the library refuses and that came compressed is asked for as it is,
// and that once.
func TestCompressedOddCertificateIsAskedForAsItIs(t *testing.T) {
	target, hello := mirrorTarget(t, recorded(t)["chromium"])
	refused := errors.New("tls: failed to parse certificate from server: x509: trailing data")
	for _, how := range []How{{}, {Reduced: true}} {
		ask := target.Ask(hello, how)
		ask.Conn(&sink{})
		next, again := ask.Again(ask.explain(refused), "", "")
		if again == how.Reduced || again && next != (How{Reduced: true}) {
			t.Errorf("%+v: %+v %v", how, next, again)
		}
	}
}

// What utls gets to know is bounded, and gone with the target.
func TestOddCertificatesAreBounded(t *testing.T) {
	target, _ := mirrorTarget(t, recorded(t)["curl"])
	odd := func(size int) []*x509.Certificate {
		c, _ := certificate.Read(bytes.Repeat([]byte{1}, size))
		return []*x509.Certificate{c}
	}
	if target.know(odd(maxOdd+1)) || target.showsOdd() {
		t.Error("a large one was kept")
	}
	half := append(odd(maxOdd/2+1), odd(maxOdd/2+2)...)
	if target.know(half) || target.showsOdd() {
		t.Error("two large ones were kept")
	}
	if !target.know(odd(100)) || !target.know(odd(200)) || len(target.odd) != 1 {
		t.Errorf("kept %d", len(target.odd))
	}
	if held, err := utlsHold(utlsCache, bytes.Repeat([]byte{1}, 200)); err != nil || certificate.Whole(held.certificate) {
		t.Errorf("utls does not know it: %v", err)
	}
	if _, err := utlsHold(utlsCache, bytes.Repeat([]byte{1}, 300)); err == nil {
		t.Error("utls knows what it was not told")
	}
}

// endless sends records without end.
type endless struct{ net.Conn }

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestFlightIsBounded(t *testing.T) {
	w := &wire{Conn: endless{}}
	for range 100 {
		if _, err := io.ReadFull(w, make([]byte, 4<<10)); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.flight) != maxFlight {
		t.Errorf("%d bytes", len(w.flight))
	}
}

// Delegated credentials stay offered (RFC 9345): what the origin sees is the client's.
func TestDelegatedCredentialsStayOffered(t *testing.T) {
	u := utls.UClient(&sink{}, &utls.Config{ServerName: "a.example"}, utls.HelloFirefox_120)
	if err := u.BuildHandshakeState(); err != nil {
		t.Fatal(err)
	}
	raw := u.HandshakeState.Hello.Raw
	first := append([]byte{22, 3, 1, 0, 0}, raw...)
	binary.BigEndian.PutUint16(first[3:], uint16(len(raw)))
	target, hello := mirrorTarget(t, first)
	if !hello.Has(clienthello.ExtDelegated) {
		t.Fatal("Firefox does not offer them")
	}
	ask := target.Ask(hello, How{})
	s, err := agree(t, ask, originServer(t))
	if err != nil || s.Deviation != 0 {
		t.Fatalf("%v %+v", err, s)
	}
	if s.Origin.JA4.String() != hello.JA4() {
		t.Errorf("JA4 %v, want %s", s.Origin.JA4, hello.JA4())
	}
}

// Nothing that an origin sends ends the program.
func FuzzSentChain(f *testing.F) {
	f.Add([]byte{22, 3, 3, 0, 13, 11, 0, 0, 9, 0, 0, 6, 0, 0, 3, 1, 2, 3}, false)
	f.Add([]byte{11, 0, 0, 12, 0, 0, 0, 8, 0, 0, 3, 1, 2, 3, 0, 0}, true)
	f.Fuzz(func(t *testing.T, b []byte, newer bool) {
		messages := b
		if !newer {
			messages = handshakeIn(b)
		}
		total := 0
		for _, der := range chainIn(messages, newer) {
			total += len(der)
		}
		if total > len(b) {
			t.Fatal("more than there was")
		}
	})
}
