package message

import (
	"bytes"
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/content"
)

// A HAR has bodies without their content codings, and heads that name those. Here a body
// is as its head says. So an imported one is put into its codings again, without being
// compressed: each of them can hold bytes as they are.

// Recoded puts a body into the codings that a field lists, in their order; ok is false
// where one is not known.
func Recoded(codings string, body []byte) (b []byte, ok bool) {
	b = body
	for c := range strings.SplitSeq(codings, ",") {
		switch strings.ToLower(strings.TrimSpace(c)) {
		case "", "identity", "none", "utf-8", "binary":
		case "gzip", "x-gzip":
			b = gzipped(b)
		case "deflate":
			b = zlibbed(b)
		case "br":
			b = brotlied(b)
		case "zstd":
			b = zstandard(b)
		default:
			return body, false
		}
	}
	return b, true
}

// IsCoded reports whether a body is in its coding all the same.
func IsCoded(codings string, body []byte) bool {
	last := codings
	if i := strings.LastIndexByte(codings, ','); i >= 0 {
		last = codings[i+1:]
	}
	switch strings.ToLower(strings.TrimSpace(last)) {
	case "gzip", "x-gzip":
		return bytes.HasPrefix(body, []byte("\x1f\x8b\x08"))
	case "zstd":
		return bytes.HasPrefix(body, []byte(zstdMagic))
	}
	if utf8.Valid(body) {
		return false
	}
	_, err := content.Decode(codings, body)
	return err == nil
}

// stored is a deflate stream of blocks without compression (RFC 1951 section 3.2.4).
func stored(b, body []byte) []byte {
	const most = 1<<16 - 1
	for {
		n := min(len(body), most)
		final := byte(0)
		if n == len(body) {
			final = 1
		}
		b = append(b, final)
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint16(b, ^uint16(n))
		b = append(b, body[:n]...)
		if body = body[n:]; final == 1 {
			return b
		}
	}
}

// room is the size of a body with what codings put around its blocks.
func room(body []byte) int { return len(body) + len(body)>>12 + 32 }

// gzipped is RFC 1952.
func gzipped(body []byte) []byte {
	b := append(make([]byte, 0, room(body)), "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"...)
	b = stored(b, body)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(body))
	return binary.LittleEndian.AppendUint32(b, uint32(len(body)))
}

// zlibbed is RFC 1950, which is what deflate means.
func zlibbed(body []byte) []byte {
	b := stored(append(make([]byte, 0, room(body)), 0x78, 0x01), body)
	return binary.BigEndian.AppendUint32(b, adler32.Checksum(body))
}

// brotlied is RFC 7932 with uncompressed meta-blocks (section 9.2).
func brotlied(body []byte) []byte {
	const most = 1 << 16
	b := make([]byte, 0, room(body))
	shift := 1 // behind the one bit of the window's size, 0 for 64 KiB
	for len(body) > 0 {
		n := min(len(body), most)
		header := (uint32(n-1)<<3 | 1<<19) << shift // not the last, four nibbles, the length, uncompressed
		b = append(b, byte(header), byte(header>>8), byte(header>>16))
		b = append(b, body[:n]...)
		body, shift = body[n:], 0
	}
	return append(b, 3<<shift) // the last, and empty
}

const zstdMagic = "\x28\xb5\x2f\xfd"

// zstandard is RFC 8878 with raw blocks (section 3.1.1.2.2), for a window of 1 MiB.
func zstandard(body []byte) []byte {
	const most = 128 << 10
	b := append(append(make([]byte, 0, room(body)), zstdMagic...), 0x00, 0x50)
	for {
		n := min(len(body), most)
		header := uint32(n) << 3
		if n == len(body) {
			header |= 1
		}
		b = append(b, byte(header), byte(header>>8), byte(header>>16))
		b = append(b, body[:n]...)
		if body = body[n:]; header&1 == 1 {
			return b
		}
	}
}
