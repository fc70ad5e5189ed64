package fingerprint

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Extensions that a fingerprint looks into (IANA's registry).
const (
	extServerName          = 0
	extGroups              = 10
	extPointFormats        = 11
	extSignatureAlgorithms = 13
	extALPN                = 16
	extVersions            = 43
	extKeyShare            = 51
)

// maxHello bounds a ClientHello; those of browsers with post-quantum shares have some 2 KiB.
const maxHello = 1 << 17

// Hello is a ClientHello. Lists keep their order, and GREASE (RFC 8701).
type Hello struct {
	Records []int  // bytes of each record that carried it
	Raw     []byte // the handshake message, its header included

	Version      uint16 // legacy_version
	Ciphers      []uint16
	Extensions   []uint16
	Versions     []uint16 // supported_versions
	Groups       []uint16
	KeyShares    []uint16
	Algorithms   []uint16 // signature_algorithms
	PointFormats []byte
	ALPN         []string
	SNI          string
}

var errHello = errors.New("not a ClientHello")

// ReadHello reads records from r through the end of a ClientHello. What it read is
// returned, whether or not it is one.
func ReadHello(r io.Reader) (h Hello, read []byte, err error) {
	var message []byte
	for {
		head := make([]byte, 5)
		n, err := io.ReadFull(r, head)
		read = append(read, head[:n]...)
		if err != nil {
			return h, read, err
		}
		size := int(binary.BigEndian.Uint16(head[3:]))
		if head[0] != 22 || size == 0 || len(message)+size > maxHello {
			return h, read, errHello
		}
		body := make([]byte, size)
		n, err = io.ReadFull(r, body)
		read = append(read, body[:n]...)
		if err != nil {
			return h, read, err
		}
		h.Records, message = append(h.Records, size), append(message, body...)
		if len(message) >= 4 {
			if end := 4 + (int(message[1])<<16 | int(message[2])<<8 | int(message[3])); len(message) >= end {
				h.Raw = message[:end]
				return h, read, h.parse()
			}
		}
	}
}

// reader takes apart what TLS length-prefixes (RFC 8446 section 3.4). After an error all is empty.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, min(n, 8))
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) u8() int  { return int(r.take(1)[0]) }
func (r *reader) u16() int { return int(binary.BigEndian.Uint16(r.take(2))) }

func (r *reader) list8() reader  { return reader{b: r.take(r.u8()), bad: r.bad} }
func (r *reader) list16() reader { return reader{b: r.take(r.u16()), bad: r.bad} }

func (r *reader) numbers() (all []uint16) {
	for len(r.b) > 0 && !r.bad {
		all = append(all, uint16(r.u16()))
	}
	return all
}

func (h *Hello) parse() error {
	r := reader{b: h.Raw}
	if r.u8() != 1 {
		return errHello
	}
	r.take(3)
	h.Version = uint16(r.u16())
	r.take(32)
	r.list8()
	ciphers := r.list16()
	h.Ciphers = ciphers.numbers()
	r.list8() // compression methods
	if len(r.b) == 0 && !r.bad {
		return nil
	}
	extensions := r.list16()
	for len(extensions.b) > 0 && !extensions.bad {
		kind := uint16(extensions.u16())
		h.Extensions = append(h.Extensions, kind)
		h.extension(kind, extensions.list16())
	}
	if r.bad || ciphers.bad || extensions.bad {
		return errHello
	}
	return nil
}

func (h *Hello) extension(kind uint16, r reader) {
	switch kind {
	case extServerName:
		names := r.list16()
		names.u8()
		name := names.list16()
		h.SNI = string(name.b)
	case extGroups:
		list := r.list16()
		h.Groups = list.numbers()
	case extPointFormats:
		list := r.list8()
		h.PointFormats = list.b
	case extSignatureAlgorithms:
		list := r.list16()
		h.Algorithms = list.numbers()
	case extALPN:
		for list := r.list16(); len(list.b) > 0 && !list.bad; {
			name := list.list8()
			h.ALPN = append(h.ALPN, string(name.b))
		}
	case extVersions:
		list := r.list8()
		h.Versions = list.numbers()
	case extKeyShare:
		for list := r.list16(); len(list.b) > 0 && !list.bad; {
			h.KeyShares = append(h.KeyShares, uint16(list.u16()))
			list.list16()
		}
	}
}

// isGREASE reports whether a value is one of those that stand for nothing (RFC 8701 section 2).
func isGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

func withoutGREASE(all []uint16) []uint16 {
	return slices.DeleteFunc(slices.Clone(all), isGREASE)
}

var ja4Versions = map[uint16]string{0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2"}

// JA4 as FoxIO's technical details define it, for TLS over TCP.
func (h *Hello) JA4() string {
	version := h.Version
	if all := withoutGREASE(h.Versions); len(all) > 0 {
		version = slices.Max(all)
	}
	code := ja4Versions[version]
	if code == "" {
		code = "00"
	}
	domain := "i"
	if slices.Contains(h.Extensions, extServerName) {
		domain = "d"
	}
	ciphers, extensions := withoutGREASE(h.Ciphers), withoutGREASE(h.Extensions)
	head := fmt.Sprintf("t%s%s%02d%02d%s", code, domain, min(len(ciphers), 99), min(len(extensions), 99), h.ja4ALPN())

	slices.Sort(ciphers)
	rest := slices.DeleteFunc(extensions, func(e uint16) bool { return e == extServerName || e == extALPN })
	slices.Sort(rest)
	text := hexList(rest)
	if algorithms := withoutGREASE(h.Algorithms); len(algorithms) > 0 {
		text += "_" + hexList(algorithms)
	}
	return head + "_" + hash12(hexList(ciphers)) + "_" + hash12(text)
}

// ja4ALPN is the first and the last character of the first protocol.
func (h *Hello) ja4ALPN() string {
	if len(h.ALPN) == 0 || h.ALPN[0] == "" {
		return "00"
	}
	first := h.ALPN[0]
	a, z := first[0], first[len(first)-1]
	if !isAlphanumeric(a) || !isAlphanumeric(z) {
		digits := hex.EncodeToString([]byte{a, z})
		a, z = digits[0], digits[3]
	}
	return string([]byte{a, z})
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func hexList(all []uint16) string {
	words := make([]string, len(all))
	for i, v := range all {
		words[i] = fmt.Sprintf("%04x", v)
	}
	return strings.Join(words, ",")
}

func hash12(text string) string {
	if text == "" {
		return strings.Repeat("0", 12)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:12]
}

// JA3Text is what JA3 hashes: order matters in it.
func (h *Hello) JA3Text() string {
	formats := make([]uint16, len(h.PointFormats))
	for i, f := range h.PointFormats {
		formats[i] = uint16(f)
	}
	return strings.Join([]string{strconv.Itoa(int(h.Version)), decimals(withoutGREASE(h.Ciphers)), decimals(withoutGREASE(h.Extensions)),
		decimals(withoutGREASE(h.Groups)), decimals(formats)}, ",")
}

func decimals(all []uint16) string {
	words := make([]string, len(all))
	for i, v := range all {
		words[i] = strconv.Itoa(int(v))
	}
	return strings.Join(words, "-")
}

// JA3 is the MD5 of JA3Text.
func (h *Hello) JA3() string {
	sum := md5.Sum([]byte(h.JA3Text()))
	return hex.EncodeToString(sum[:])
}
