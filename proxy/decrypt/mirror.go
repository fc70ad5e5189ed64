package decrypt

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"

	utls "github.com/refraction-networking/utls"

	"posthouse/proxy/clienthello"
	"posthouse/proxy/flow"
)

// maxMirrored bounds the hello that is sent to origins as the client sent it, in bytes.
// It is kept for as long as the client's connection, which may need another one to the origin.
const maxMirrored = 16 << 10

// MirrorOf is the hello in the first bytes of a client's connection if it can be sent to
// an origin, else nil.
func MirrorOf(first []byte) *clienthello.Hello {
	if h, ok := clienthello.ParseHello(first[:min(len(first), maxMirrored)]); ok {
		return h
	}
	return nil
}

// scsv is TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 section 3.3), which is no cipher.
const scsv = 0x00ff

var (
	errNoVersion   = errors.New("decrypt: the client offers no version that can be spoken here")
	errNothingLeft = errors.New("decrypt: nothing that the client offers can be spoken here")
)

// init lets utls speak the three ciphers that it leaves out otherwise: what is offered
// is decided by clients.
func init() { utls.EnableWeakCiphers() }

// mirror makes a connection whose ClientHello is the client's, but for keys, random
// values and sessions. It has sent nothing when it fails.
func (a *Ask) mirror() (u *utls.UConn, err error) {
	defer func() {
		if r := recover(); r != nil { // utls asserts some of its rules by panics
			err = fmt.Errorf("decrypt: the hello cannot be built: %v", r)
		}
	}()
	h := a.hello
	lowest, highest, ok := h.Versions()
	if !ok {
		return nil, errNoVersion
	}
	m := &mirrored{ask: a, hello: h, shape: h.Shape()}
	if err := m.collect(highest); err != nil {
		return nil, err
	}
	u = utls.UClient(a.wire, m.config(), utls.HelloCustom)
	spec := &utls.ClientHelloSpec{TLSVersMin: lowest, TLSVersMax: highest, CipherSuites: m.ciphers, Extensions: m.extensions}
	if err := u.ApplyPreset(spec); err != nil {
		return nil, err
	}
	if err := m.fill(u, highest); err != nil {
		return nil, err
	}
	if err := u.BuildHandshakeState(); err != nil {
		return nil, err
	}
	return u, nil
}

// mirrored is a ClientHello under construction.
type mirrored struct {
	ask        *Ask
	hello      *clienthello.Hello
	shape      string
	resume     bool // the client takes up a session, and one of the origin's may be too
	ciphers    []uint16
	extensions []utls.TLSExtension
	keys       *keyShares
}

// exact is an extension that is sent byte for byte as the client sent it. What it means
// is known to utls by the extension that it embeds.
type exact struct {
	utls.TLSExtension
	id   uint16
	body []byte
}

func (e *exact) Len() int { return 4 + len(e.body) }

func (e *exact) Read(p []byte) (int, error) {
	if len(p) < e.Len() {
		return 0, io.ErrShortBuffer
	}
	n := len(e.body)
	p[0], p[1], p[2], p[3] = byte(e.id>>8), byte(e.id), byte(n>>8), byte(n)
	copy(p[4:], e.body)
	return e.Len(), io.EOF
}

// secretly is renegotiation_info of a client that says the same by a cipher: it is sent
// only when the origin asks for another handshake.
type secretly struct {
	utls.RenegotiationInfoExtension
}

func (s *secretly) Len() int {
	if len(s.RenegotiatedConnection) == 0 {
		return 0
	}
	return s.RenegotiationInfoExtension.Len()
}

func (s *secretly) Read(p []byte) (int, error) {
	if len(s.RenegotiatedConnection) == 0 {
		return 0, io.EOF
	}
	return s.RenegotiationInfoExtension.Read(p)
}

// collect decides what is offered.
func (m *mirrored) collect(highest uint16) error {
	h, reduced := m.hello, m.ask.how.Reduced
	m.ciphers = slices.Clone(h.Ciphers)
	if reduced {
		m.ask.deviation |= flow.DeviationUnknown
		m.ciphers = slices.DeleteFunc(m.ciphers, func(c uint16) bool { return !knownCipher(c) })
		if len(m.ciphers) == 0 {
			return errNothingLeft
		}
	}
	m.resume = !reduced && (h.Has(clienthello.ExtPreSharedKey) || len(h.Body(clienthello.ExtSessionTicket)) > 0)
	held := m.resume && m.ask.target.sessions.has(m.shape)
	if (m.resume || h.Has(clienthello.ExtPreSharedKey)) && !held {
		m.ask.deviation |= flow.DeviationSession
	}
	if len(h.Extensions) > 0 && slices.Contains(h.Ciphers, scsv) && !h.Has(clienthello.ExtRenegotiation) {
		m.extensions = append(m.extensions, &secretly{utls.RenegotiationInfoExtension{Renegotiation: utls.RenegotiateFreelyAsClient}})
	}
	for i, e := range h.Extensions {
		if reduced && leftOut(e.ID) {
			continue
		}
		switch e.ID {
		case clienthello.ExtPreSharedKey:
			if held && i == len(h.Extensions)-1 && m.ask.target.sessions.version(m.shape) == utls.VersionTLS13 {
				m.extensions = append(m.extensions, &utls.UtlsPreSharedKeyExtension{})
			} else {
				m.ask.deviation |= flow.DeviationSession
			}
		case clienthello.ExtEarlyData:
			m.ask.deviation |= flow.DeviationSession // what would go with it is the client's
		default:
			x, err := m.extension(e, highest)
			if err != nil {
				return err
			}
			m.extensions = append(m.extensions, x)
		}
	}
	return nil
}

// leftOut reports whether an extension offers what utls does not speak, or not wholly.
func leftOut(id uint16) bool {
	const applicationSettings, applicationSettingsOld = 17613, 17513
	switch id {
	case clienthello.ExtCompressCert, clienthello.ExtDelegated, clienthello.ExtRecordSizeLimit, applicationSettings, applicationSettingsOld:
		return true
	}
	return false
}

// extension is what is sent for one of the client's.
func (m *mirrored) extension(e clienthello.Extension, highest uint16) (utls.TLSExtension, error) {
	same := &exact{&utls.GenericExtension{Id: e.ID}, e.ID, e.Body}
	switch e.ID {
	case clienthello.ExtServerName:
		same.TLSExtension = &utls.SNIExtension{ServerName: m.ask.target.SNI}
	case clienthello.ExtSessionTicket:
		return &utls.SessionTicketExtension{}, nil
	case clienthello.ExtKeyShare:
		if highest < utls.VersionTLS13 {
			break
		}
		return m.keyShare()
	case clienthello.ExtRenegotiation:
		if bytes.Equal(e.Body, []byte{0}) {
			return &utls.RenegotiationInfoExtension{Renegotiation: utls.RenegotiateFreelyAsClient}, nil
		}
	case clienthello.ExtCompressCert:
		x := &utls.UtlsCompressCertExtension{}
		if _, err := x.Write(e.Body); err == nil && x.Len() == 4+len(e.Body) {
			return x, nil
		}
	case clienthello.ExtALPN:
		if only := m.ask.how.Only; only != "" {
			m.ask.deviation |= flow.DeviationProtocol
			return &utls.ALPNExtension{AlpnProtocols: []string{only}}, nil
		}
		meant(same)
	case clienthello.ExtGroups:
		if m.ask.how.Reduced {
			return m.reducedGroups()
		}
		meant(same)
	case 5, clienthello.ExtPoints, clienthello.ExtSignatures, 50, 17, 18, 23, 45, clienthello.ExtSupportedVersions:
		// status_request, signature_algorithms_cert, status_request_v2, SCT, extended_master_secret, psk_key_exchange_modes
		meant(same)
	}
	return same, nil
}

// meant lets utls know what an extension means, if it can read it.
func meant(e *exact) {
	if w, is := utls.ExtensionFromID(e.id).(utls.TLSExtensionWriter); is {
		if _, err := w.Write(bytes.Clone(e.body)); err == nil {
			e.TLSExtension = w
		}
	}
}

func (m *mirrored) reducedGroups() (utls.TLSExtension, error) {
	x := &utls.SupportedCurvesExtension{}
	for _, g := range m.hello.List(clienthello.ExtGroups, 2) {
		if clienthello.Grease(g) || knownGroup(g) {
			x.Curves = append(x.Curves, utls.CurveID(g))
		}
	}
	if len(x.Curves) == 0 {
		return nil, errNothingLeft
	}
	return x, nil
}

// fill sets what utls would choose by itself.
func (m *mirrored) fill(u *utls.UConn, highest uint16) error {
	hello := u.HandshakeState.Hello
	hello.Vers, hello.CipherSuites = m.hello.Version, m.ciphers
	hello.CompressionMethods = slices.Clone(m.hello.Compressions)
	if m.ask.how.Reduced {
		hello.CompressionMethods = []byte{0}
	}
	hello.SessionId = make([]byte, len(m.hello.SessionID))
	if m.resume && len(hello.SessionId) == 0 && highest < utls.VersionTLS13 {
		hello.SessionId = make([]byte, 32) // by which the library tells that a ticket was taken
	}
	if _, err := rand.Read(hello.SessionId); err != nil {
		return err
	}
	if !m.hello.Has(clienthello.ExtSignatures) { // RFC 5246 section 7.4.1.4.1
		hello.SupportedSignatureAlgorithms = []utls.SignatureScheme{utls.PKCS1WithSHA1, utls.ECDSAWithSHA1}
	}
	if highest < utls.VersionTLS13 {
		return nil
	}
	return m.takeKeys(u)
}

// config is how a connection treats the origin's part.
func (m *mirrored) config() *utls.Config {
	a := m.ask
	return &utls.Config{
		ServerName:             a.target.SNI,
		InsecureSkipVerify:     true, // VerifyConnection does it, and can say what is wrong
		InsecureSkipTimeVerify: true,
		VerifyConnection: func(s utls.ConnectionState) error {
			return a.target.verify(s.PeerCertificates, s.NegotiatedProtocol)
		},
		ClientSessionCache:                 &mirrorCache{a.target, m.shape, m.resume},
		PreferSkipResumptionOnNilExtension: true,
		OmitEmptyPsk:                       true,
		DynamicRecordSizingDisabled:        true,
		GetClientCertificate:               a.mirrorCertificate,
	}
}

func (a *Ask) mirrorCertificate(*utls.CertificateRequestInfo) (*utls.Certificate, error) {
	c := a.clientCertificate()
	return &utls.Certificate{Certificate: c.Certificate, PrivateKey: c.PrivateKey, Leaf: c.Leaf}, nil
}

// likeOwn is for utls what own is for crypto/tls.
func (a *Ask) likeOwn(own *tls.Config) *utls.Config {
	return &utls.Config{
		ServerName:         own.ServerName,
		InsecureSkipVerify: true, // as above
		VerifyConnection: func(s utls.ConnectionState) error {
			return a.target.verify(s.PeerCertificates, s.NegotiatedProtocol)
		},
		NextProtos:                  own.NextProtos,
		MinVersion:                  own.MinVersion,
		CipherSuites:                own.CipherSuites,
		DynamicRecordSizingDisabled: true,
		GetClientCertificate:        a.mirrorCertificate,
	}
}
