package clienthello

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
)

// Extension is one extension, its body as sent.
type Extension struct {
	ID   uint16
	Body []byte
}

// Hello is a whole ClientHello in its parts, all in the order in which they were sent.
type Hello struct {
	Record       uint16 // version of the first record's header
	Version      uint16 // legacy_version
	SessionID    []byte
	Ciphers      []uint16
	Compressions []byte
	Extensions   []Extension

	ja4 string // as JA4 has it, "" where that has not been found yet
}

// Extensions that are looked at.
const (
	ExtServerName        = extensionServerName
	ExtGroups            = 10
	ExtPoints            = 11
	ExtSignatures        = 13
	ExtALPN              = extensionALPN
	ExtPadding           = 21
	ExtCompressCert      = 27
	ExtRecordSizeLimit   = 28
	ExtDelegated         = 34
	ExtSessionTicket     = 35
	ExtPreSharedKey      = 41
	ExtEarlyData         = 42
	ExtSupportedVersions = extensionSupportedVersions
	ExtCookie            = 44
	ExtKeyShare          = 51
	ExtEncryptedHello    = 0xfe0d
	ExtRenegotiation     = 0xff01
)

// ParseHello takes a ClientHello apart that Parse found in first. ok is false for one
// that breaks a rule of its form: an extension that appears twice, bytes that nothing
// accounts for. It keeps no part of first.
func ParseHello(first []byte) (h *Hello, ok bool) {
	message, result := handshake(first)
	if result != Found {
		return nil, false
	}
	h = &Hello{Record: binary.BigEndian.Uint16(first[1:])}
	if !h.parse(reader{b: bytes.Clone(message)}) {
		return nil, false
	}
	h.ja4 = h.JA4()
	return h, true
}

// JA4Of is the JA4 of the hello that ParseHello takes apart.
func JA4Of(first []byte) (ja4 string, ok bool) {
	message, result := handshake(first)
	if result != Found {
		return "", false
	}
	var h Hello
	if !h.parse(reader{b: message}) {
		return "", false
	}
	return h.JA4(), true
}

func (h *Hello) parse(r reader) bool {
	h.Version = uint16(r.number(2))
	r.bytes(32) // random
	h.SessionID = r.vector(1).b
	ciphers := r.vector(2)
	h.Compressions = r.vector(1).b
	if r.short || h.Version>>8 != 3 || len(h.SessionID) > 32 || len(ciphers.b)%2 != 0 || len(ciphers.b) == 0 || len(h.Compressions) == 0 {
		return false
	}
	h.Ciphers = ciphers.numbers()
	if len(r.b) == 0 {
		return true
	}
	extensions := r.vector(2)
	if r.short || len(r.b) > 0 {
		return false
	}
	for len(extensions.b) > 0 {
		e := Extension{ID: uint16(extensions.number(2))}
		e.Body = extensions.vector(2).b
		if extensions.short || h.Has(e.ID) || len(h.Extensions) == maxExtensions {
			return false
		}
		h.Extensions = append(h.Extensions, e)
	}
	return true
}

// maxExtensions bounds the extensions of a hello that is taken apart.
const maxExtensions = 128

// numbers reads the rest as numbers of two bytes.
func (r *reader) numbers() []uint16 {
	all := make([]uint16, 0, len(r.b)/2)
	for len(r.b) >= 2 {
		all = append(all, uint16(r.number(2)))
	}
	return all
}

// Has reports whether there is an extension.
func (h *Hello) Has(id uint16) bool {
	return slices.ContainsFunc(h.Extensions, func(e Extension) bool { return e.ID == id })
}

// Body is an extension's body, nil where there is none or it is empty.
func (h *Hello) Body(id uint16) []byte {
	for _, e := range h.Extensions {
		if e.ID == id {
			return e.Body
		}
	}
	return nil
}

// List is the vector of two-byte numbers that an extension consists of, behind a length
// of size bytes; nil where it is not that.
func (h *Hello) List(id uint16, size int) []uint16 {
	r := reader{b: h.Body(id)}
	list := r.vector(size)
	if r.short || len(r.b) > 0 || len(list.b)%2 != 0 {
		return nil
	}
	return list.numbers()
}

// Versions is the lowest and the highest version of TLS that is offered, from 1.0 to
// 1.3; ok is false where there is none.
func (h *Hello) Versions() (lowest, highest uint16, ok bool) {
	offered := []uint16{h.Version}
	if h.Has(ExtSupportedVersions) {
		offered = h.List(ExtSupportedVersions, 1)
	} else if h.Version >= 0x0301 {
		lowest, highest = 0x0301, min(h.Version, 0x0303)
		return lowest, highest, true
	}
	for _, v := range offered {
		if v < 0x0301 || v > 0x0304 {
			continue
		}
		if lowest == 0 || v < lowest {
			lowest = v
		}
		highest = max(highest, v)
	}
	return lowest, highest, lowest != 0
}

// KeyShare is one of the client's public keys (RFC 8446 section 4.2.8).
type KeyShare struct {
	Group uint16
	Key   []byte
}

// KeyShares are those that the client sends; ok is false where they break the form.
func (h *Hello) KeyShares() (all []KeyShare, ok bool) {
	r := reader{b: h.Body(ExtKeyShare)}
	list := r.vector(2)
	for len(list.b) > 0 && !list.short {
		all = append(all, KeyShare{uint16(list.number(2)), list.vector(2).b})
	}
	return all, !r.short && !list.short && len(r.b) == 0
}

// Protocols are those of ALPN; ok is false where they break the form.
func (h *Hello) Protocols() (all []string, ok bool) {
	r := reader{b: h.Body(ExtALPN)}
	list := r.vector(2)
	for len(list.b) > 0 && !list.short {
		name := list.vector(1)
		if len(name.b) == 0 {
			return nil, false
		}
		all = append(all, string(name.b))
	}
	return all, !r.short && !list.short && len(r.b) == 0 && len(all) > 0
}

// Encrypted reports whether the hello hides another one (encrypted_client_hello): it
// names a server that is not the host that the client wants. Programs that hide nothing
// send the extension too, with bytes that mean nothing, and the name of the host. h may be nil.
func (h *Hello) Encrypted(name, host string) bool {
	if h == nil || name == "" || strings.EqualFold(strings.TrimSuffix(name, "."), strings.TrimSuffix(host, ".")) {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return false // nothing tells
	}
	body := h.Body(ExtEncryptedHello)
	return len(body) > 0 && body[0] == 0 // the outer one
}

// Grease reports whether a number is one that means nothing on purpose (RFC 8701).
func Grease(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }
