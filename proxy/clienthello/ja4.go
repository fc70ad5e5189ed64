package clienthello

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// JA4 is the fingerprint by which origins tell clients apart, as FoxIO defines it:
// version, server name, counts and ALPN; ciphers sorted; extensions sorted, with the
// signature algorithms in the client's order.
func (h *Hello) JA4() string {
	if h.ja4 != "" {
		return h.ja4
	}
	kinds := make([]uint16, 0, len(h.Extensions))
	for _, e := range h.Extensions {
		kinds = append(kinds, e.ID)
	}
	return h.fingerprint(kinds)
}

// Shape is the JA4 of the hello without what comes and goes from one connection of a
// client to the next: taking up a session, and padding.
func (h *Hello) Shape() string {
	var kinds []uint16
	for _, e := range h.Extensions {
		if e.ID != ExtPreSharedKey && e.ID != ExtEarlyData && e.ID != ExtPadding {
			kinds = append(kinds, e.ID)
		}
	}
	return h.fingerprint(kinds)
}

func (h *Hello) fingerprint(kinds []uint16) string {
	ciphers, kinds := withoutGrease(h.Ciphers), withoutGrease(kinds)
	name := byte('i')
	if h.Has(ExtServerName) {
		name = 'd'
	}
	counts := [2]int{min(len(ciphers), 99), min(len(kinds), 99)}
	kinds = slices.DeleteFunc(kinds, func(k uint16) bool { return k == ExtServerName || k == ExtALPN })
	slices.Sort(ciphers)
	slices.Sort(kinds)
	last := list(kinds)
	if s := withoutGrease(h.List(ExtSignatures, 2)); len(s) > 0 && len(last) > 0 {
		last = append(append(last, '_'), list(s)...)
	}
	b := make([]byte, 0, len("t13d1516h2_8daaf6152771_b0da82dd1658"))
	b = append(append(b, 't'), h.ja4Version()...)
	b = append(b, name)
	for _, n := range counts {
		b = append(b, '0'+byte(n/10), '0'+byte(n%10))
	}
	b = append(append(b, h.ja4Protocol()...), '_')
	b = append(appendDigest(b, list(ciphers)), '_')
	return string(appendDigest(b, last))
}

func withoutGrease(all []uint16) []uint16 {
	return slices.DeleteFunc(slices.Clone(all), Grease)
}

func (h *Hello) ja4Version() string {
	highest := uint16(0)
	if h.Has(ExtSupportedVersions) {
		for _, v := range withoutGrease(h.List(ExtSupportedVersions, 1)) {
			highest = max(highest, v)
		}
	} else {
		highest = h.Version
	}
	switch highest {
	case 0x0304:
		return "13"
	case 0x0303:
		return "12"
	case 0x0302:
		return "11"
	case 0x0301:
		return "10"
	case 0x0300:
		return "s3"
	}
	return "00"
}

// ja4Protocol is the first and last letter of the first protocol of ALPN.
func (h *Hello) ja4Protocol() string {
	r := reader{b: h.Body(ExtALPN)}
	names := r.vector(2)
	name := names.vector(1).b
	if len(name) == 0 {
		return "00"
	}
	first, last := name[0], name[len(name)-1]
	if alphanumeric(first) && alphanumeric(last) {
		return string([]byte{first, last})
	}
	return hex.EncodeToString([]byte{first})[:1] + hex.EncodeToString([]byte{last})[1:]
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// list is the numbers as four hexadecimal digits each, with commas between them.
func list(all []uint16) []byte {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 5*len(all))
	for i, v := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15])
	}
	return b
}

func appendDigest(to, list []byte) []byte {
	if len(list) == 0 {
		return append(to, "000000000000"...)
	}
	sum := sha256.Sum256(list)
	return hex.AppendEncode(to, sum[:6])
}
