package clienthello

import (
	"crypto/tls"
	"encoding/binary"
	"strings"
	"testing"
)

// numbers is a list of two-byte numbers behind its length of size bytes.
func numbers(size int, all ...uint16) []byte {
	b := []byte{byte(2 * len(all))}
	if size == 2 {
		b = []byte{0, byte(2 * len(all))}
	}
	for _, n := range all {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return b
}

// The lists of FoxIO's own example, in their technical details of JA4: the result is theirs.
func TestJA4OfTheDefinition(t *testing.T) {
	h := Hello{Version: 0x0303, Ciphers: []uint16{0x1a1a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8,
		0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035}}
	bodies := map[uint16][]byte{ExtALPN: []byte("\x00\x03\x02h2"), ExtSupportedVersions: numbers(1, 0x2a2a, 0x0304, 0x0303),
		ExtSignatures: numbers(2, 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)}
	for _, id := range []uint16{0x3a3a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b,
		0xff01, 0x000b, 0x000a, 0x0015, 0x4a4a} {
		h.Extensions = append(h.Extensions, Extension{id, bodies[id]})
	}
	if got := h.JA4(); got != "t13d1516h2_8daaf6152771_e5627efa2ab1" {
		t.Error(got)
	}
	few := Hello{Version: 0x0301}
	if got := few.JA4(); got != "t10i000000_000000000000_000000000000" {
		t.Error(got)
	}
	for range 150 {
		few.Ciphers = append(few.Ciphers, 1)
	}
	if got := few.JA4(); !strings.HasPrefix(got, "t10i990000_") {
		t.Error(got)
	}
}

// The fingerprint of a hello is that of what was sent, and another for what is made of it.
func TestJA4IsThatOfTheHello(t *testing.T) {
	first := record(t, &tls.Config{ServerName: "a.test", NextProtos: []string{"h2"}})
	h, ok := ParseHello(first)
	sent, found := JA4Of(first)
	if !ok || !found || h.JA4() != sent || !strings.HasPrefix(sent, "t13d") {
		t.Fatalf("%v %v: %q", ok, found, sent)
	}
	if got := h.For("").JA4(); !strings.HasPrefix(got, "t13i") {
		t.Errorf("without a name %q", got)
	}
	if got := h.For("b.test").JA4(); got != sent {
		t.Errorf("for another name %q, not %q", got, sent)
	}
	if _, found := JA4Of(first[:100]); found {
		t.Error("half a hello has one")
	}
}
