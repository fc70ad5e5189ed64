package decrypt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"reflect"
	"strings"
	"sync"
	_ "unsafe" // go:linkname

	utls "github.com/refraction-networking/utls"
	"golang.org/x/crypto/cryptobyte"

	"posthouse/proxy/certificate"
)

// Both libraries end the handshake with a certificate that they do not parse, before
// anything of ours is asked. What was sent is then read out of the ended connection and
// judged here; where it is trusted all the same, utls gets to know it, and the origin is
// asked once more.

// An oddError ends a handshake because of a certificate that the library does not take,
// and another attempt may go better.
type oddError struct {
	error
	next How
}

func (e *oddError) Unwrap() error { return e.error }

// refusesCertificate reports whether a library does not take a certificate by itself.
func refusesCertificate(err error) bool {
	text := err.Error()
	for _, start := range []string{"tls: failed to parse certificate", "tls: server's certificate contains an unsupported",
		"tls: server sent certificate containing RSA key larger"} {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return false
}

// explain finds out what is wrong with a certificate that the library did not take.
func (a *Ask) explain(err error) error {
	if !refusesCertificate(err) {
		return err
	}
	state, _ := a.state()
	var chain []*x509.Certificate
	for _, der := range a.sentChain(state.Version) {
		c, _ := certificate.Read(der)
		chain = append(chain, c)
	}
	if len(chain) == 0 { // compressed: it is asked for as it is
		return &oddError{err, How{Reduced: true, Only: a.how.Only, Odd: a.how.Odd}}
	}
	if err := a.target.verify(chain, state.ALPN); err != nil {
		return err
	}
	if !a.how.Odd && certificate.Usable(chain[0]) && a.target.know(chain) {
		return &oddError{err, How{Reduced: a.how.Reduced, Only: a.how.Only, Odd: true}}
	}
	return a.target.rejected(chain, a.target.judge(chain), state.ALPN)
}

// sentChain is the certificates that the origin sent. Up to TLS 1.2 they come in the clear.
// Later they are the last that was read, and the libraries tell them in no other way than
// by their buffer, a bytes.Buffer.
func (a *Ask) sentChain(version uint16) [][]byte {
	if version < tls.VersionTLS13 {
		return chainIn(handshakeIn(a.wire.flight), false)
	}
	var conn reflect.Value
	switch c := a.conn.(type) {
	case *utls.UConn:
		conn = reflect.ValueOf(c.Conn).Elem()
	case *tls.Conn:
		conn = reflect.ValueOf(c).Elem()
	}
	hand := conn.FieldByName("hand")
	return chainIn(hand.FieldByName("buf").Bytes()[:hand.FieldByName("off").Int()], true)
}

// handshakeIn joins what is of the handshake in records that are not encrypted.
func handshakeIn(records cryptobyte.String) (messages cryptobyte.String) {
	const handshakeRecord = 22
	var kind uint8
	var version uint16
	var body cryptobyte.String
	for records.ReadUint8(&kind) && kind == handshakeRecord && records.ReadUint16(&version) && records.ReadUint16LengthPrefixed(&body) {
		messages = append(messages, body...)
	}
	return messages
}

// chainIn finds the certificates among messages of a handshake.
func chainIn(messages cryptobyte.String, newer bool) [][]byte {
	const certificateMessage = 11
	var kind uint8
	var body cryptobyte.String
	for messages.ReadUint8(&kind) && messages.ReadUint24LengthPrefixed(&body) {
		if kind == certificateMessage {
			return certificatesIn(body, newer)
		}
	}
	return nil
}

// certificatesIn reads a Certificate message (RFC 5246 section 7.4.2, RFC 8446 section 4.4.2).
func certificatesIn(body cryptobyte.String, newer bool) (chain [][]byte) {
	var context, list, one, extensions cryptobyte.String
	if newer && !body.ReadUint8LengthPrefixed(&context) || !body.ReadUint24LengthPrefixed(&list) {
		return nil
	}
	for !list.Empty() {
		if !list.ReadUint24LengthPrefixed(&one) || newer && !list.ReadUint16LengthPrefixed(&extensions) {
			return nil
		}
		chain = append(chain, append([]byte(nil), one...))
	}
	return chain
}

// maxOdd bounds the certificates that are kept for one target because utls does not
// parse them by itself, in bytes.
const maxOdd = 16 << 10

// know lets utls take a chain for as long as the target is remembered, or another one
// takes its place. It is judged all the same whenever it comes.
func (t *Target) know(chain []*x509.Certificate) bool {
	size := 0
	var held []*utlsCertificate
	for _, c := range chain {
		if certificate.Whole(c) {
			continue
		}
		if size += len(c.Raw); size > maxOdd {
			return false
		}
		h, err := introduce(c)
		if err != nil {
			return false
		}
		held = append(held, h)
	}
	t.mu.Lock()
	t.odd = held
	t.mu.Unlock()
	return len(held) > 0
}

// showsOdd reports whether the origin has a certificate that utls alone can be made to take.
func (t *Target) showsOdd() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.odd) > 0
}

// utls looks into a cache of certificates before it parses one, and that is all that
// it lets anybody have a part in. utlsCertificate is its activeCert, and holds an entry.
type utlsCertificate struct{ certificate *x509.Certificate }

type utlsCertificates struct{ sync.Map }

//go:linkname utlsCache github.com/refraction-networking/utls.globalCertCache
var utlsCache *utlsCertificates

//go:linkname utlsHold github.com/refraction-networking/utls.(*certCache).newCert
func utlsHold(cache *utlsCertificates, der []byte) (*utlsCertificate, error)

var introducing sync.Mutex

// introduce puts a certificate into the cache of utls, by way of one that utls parses.
// It stays there while what is returned is in use.
func introduce(c *x509.Certificate) (*utlsCertificate, error) {
	introducing.Lock()
	defer introducing.Unlock()
	if held, err := utlsHold(utlsCache, c.Raw); err == nil {
		return held, nil
	}
	der, err := carrier()
	if err != nil {
		return nil, err
	}
	held, err := utlsHold(utlsCache, der)
	if err != nil {
		return nil, err
	}
	entry, _ := utlsCache.LoadAndDelete(string(der))
	*held.certificate = *c
	utlsCache.Store(string(c.Raw), entry)
	return held, nil
}

// carrier makes a certificate that any library parses, and no origin has.
func carrier() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}
