package decrypt

import (
	"bytes"
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/rand"
	"errors"
	"slices"

	utls "github.com/refraction-networking/utls"

	"posthouse/proxy/clienthello"
	"posthouse/proxy/flow"
)

// keyShares are keys of ours for the groups of the client's, in the same order.
type keyShares struct {
	sent   []utls.KeyShare
	curves map[uint16]*ecdh.PrivateKey
	hybrid *mlkem.DecapsulationKey768
	under  *ecdh.PrivateKey // X25519 below the hybrid
}

// hybridGroup is X25519MLKEM768, of which a share is the ML-KEM key with the X25519 key behind it.
const hybridGroup = uint16(utls.X25519MLKEM768)

var curveOf = map[uint16]ecdh.Curve{
	uint16(utls.X25519): ecdh.X25519(), uint16(utls.CurveP256): ecdh.P256(), uint16(utls.CurveP384): ecdh.P384(),
	uint16(utls.CurveP521): ecdh.P521(),
}

func knownGroup(g uint16) bool { return g == hybridGroup || curveOf[g] != nil }

var knownCiphers = func() map[uint16]bool {
	all := map[uint16]bool{scsv: true, utls.TLS_FALLBACK_SCSV: true,
		utls.DISABLED_TLS_RSA_WITH_AES_256_CBC_SHA256:         true,
		utls.DISABLED_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384: true,
		utls.DISABLED_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384:   true}
	for _, c := range append(utls.CipherSuites(), utls.InsecureCipherSuites()...) {
		all[c.ID] = true
	}
	return all
}()

func knownCipher(c uint16) bool { return clienthello.Grease(c) || knownCiphers[c] }

var errKeyShares = errors.New("decrypt: the client's key shares cannot be read")

// keyShare is the extension with our keys. A group that is unknown here is left out.
func (m *mirrored) keyShare() (utls.TLSExtension, error) {
	shares, ok := m.hello.KeyShares()
	if !ok {
		return nil, errKeyShares
	}
	k := &keyShares{curves: make(map[uint16]*ecdh.PrivateKey)}
	m.keys = k
	for _, s := range shares {
		switch {
		case clienthello.Grease(s.Group):
			k.sent = append(k.sent, utls.KeyShare{Group: utls.CurveID(s.Group), Data: bytes.Clone(s.Key)})
		case !knownGroup(s.Group):
			m.ask.deviation |= flow.DeviationKeyShare
		default:
			if err := k.add(s.Group, sameX25519(shares)); err != nil {
				return nil, err
			}
		}
	}
	if len(k.curves) == 0 && k.hybrid == nil {
		// The library wants one, where the client leaves the choice to the origin.
		m.ask.deviation |= flow.DeviationKeyShare
		if err := k.add(uint16(utls.X25519), false); err != nil {
			return nil, err
		}
	}
	return &utls.KeyShareExtension{KeyShares: slices.Clone(k.sent)}, nil
}

// sameX25519 reports whether the client uses one X25519 key for two groups, as some do.
func sameX25519(all []clienthello.KeyShare) bool {
	var plain, hybrid []byte
	for _, s := range all {
		switch {
		case s.Group == uint16(utls.X25519):
			plain = s.Key
		case s.Group == hybridGroup && len(s.Key) > 32:
			hybrid = s.Key[len(s.Key)-32:]
		}
	}
	return len(plain) == 32 && bytes.Equal(plain, hybrid)
}

// add makes a key for a group; shared is whether X25519 has one key in both groups.
func (k *keyShares) add(group uint16, shared bool) error {
	key, err := k.curveKey(group, shared)
	if err != nil {
		return err
	}
	if group == hybridGroup {
		if k.hybrid, err = mlkem.GenerateKey768(); err != nil {
			return err
		}
		k.under = key
		public := k.hybrid.EncapsulationKey().Bytes()
		data := append(append(make([]byte, 0, len(public)+32), public...), key.PublicKey().Bytes()...)
		k.sent = append(k.sent, utls.KeyShare{Group: utls.CurveID(group), Data: data})
		return nil
	}
	k.curves[group] = key
	k.sent = append(k.sent, utls.KeyShare{Group: utls.CurveID(group), Data: key.PublicKey().Bytes()})
	return nil
}

// curveKey is the key for the curve of a group, or of X25519 the one that was made for the other group.
func (k *keyShares) curveKey(group uint16, shared bool) (*ecdh.PrivateKey, error) {
	x25519 := uint16(utls.X25519)
	switch {
	case group == hybridGroup:
		if had := k.curves[x25519]; shared && had != nil {
			return had, nil
		}
		group = x25519
	case group == x25519 && shared && k.under != nil:
		return k.under, nil
	}
	return curveOf[group].GenerateKey(rand.Reader)
}

// takeKeys gives the library the keys. It has room for one beside the hybrid: which one
// that is is settled when the origin has chosen.
func (m *mirrored) takeKeys(u *utls.UConn) error {
	if m.keys == nil {
		return errKeyShares // TLS 1.3 without a share: the library cannot
	}
	k := m.keys
	for _, e := range u.Extensions {
		if share, is := e.(*utls.KeyShareExtension); is {
			share.KeyShares = k.sent // ApplyPreset has put its own GREASE in
		}
	}
	state := &u.HandshakeState.State13
	state.KeyShareKeys = &utls.KeySharePrivateKeys{Mlkem: k.hybrid, MlkemEcdhe: k.under, Ecdhe: k.under}
	for _, s := range k.sent {
		if key := k.curves[uint16(s.Group)]; key != nil {
			state.KeyShareKeys.Ecdhe = key
			break
		}
	}
	m.ask.wire.choose = func(group uint16) {
		keys := *u.HandshakeState.State13.KeyShareKeys
		switch {
		case group == hybridGroup && k.under != nil:
			keys.Ecdhe = k.under
		case k.curves[group] != nil:
			keys.Ecdhe = k.curves[group]
		}
		u.HandshakeState.State13.KeyShareKeys = &keys
	}
	return nil
}
