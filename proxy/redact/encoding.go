package redact

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

// How secrets are escaped in JSON, in JavaScript within pages, and in HTML.
var (
	escaper  = strings.NewReplacer(`"`, `\"`, `\`, `\\`)
	unicoded = strings.NewReplacer("&", `\u0026`, "<", `\u003c`, ">", `\u003e`, "'", `\u0027`, "=", `\u003d`, "+", `\u002b`)
	markedUp = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")
)

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// isTokenByte is what JSON Web Tokens and most other tokens are made of.
func isTokenByte(c byte) bool {
	return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-' || c == '_' || c == '.'
}

// decoding is a text without an encoding, and where each of its bytes came from.
type decoding struct {
	text []byte
	at   []int // one longer than text
}

// percentDecoded undoes percent-encoding; ok is whether there was any.
func percentDecoded(b []byte) (d decoding, ok bool) {
	if bytes.IndexByte(b, '%') < 0 {
		return d, false
	}
	d = decoding{make([]byte, 0, len(b)), make([]int, 0, len(b)+1)}
	for i := 0; i < len(b); i++ {
		d.at = append(d.at, i)
		if b[i] == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]) {
			d.text = append(d.text, unhex(b[i+1])<<4|unhex(b[i+2]))
			i += 2
			ok = true
			continue
		}
		d.text = append(d.text, b[i])
	}
	d.at = append(d.at, len(b))
	return d, ok
}

// unpercent is a value without percent-encoding, without the places.
func unpercent(b []byte) []byte {
	if d, ok := percentDecoded(b); ok {
		return d.text
	}
	return b
}

// unescaped undoes JSON's escapes once. What is none stays.
func unescaped(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			out = append(out, b[i])
			continue
		}
		i++
		switch c := b[i]; c {
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'u':
			if i+4 < len(b) {
				if r, err := strconv.ParseUint(string(b[i+1:i+5]), 16, 32); err == nil {
					out = utf8.AppendRune(out, rune(r))
					i += 4
					continue
				}
			}
			out = append(out, '\\', 'u')
		default:
			out = append(out, c)
		}
	}
	return out
}

// basic are the user and the password of Basic credentials (RFC 7617), "" for none.
func basic(credentials []byte) []byte {
	text := bytes.TrimRight(credentials, "=")
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if pair, err := e.AppendDecode(nil, text); err == nil && bytes.IndexByte(pair, ':') >= 0 {
			return pair
		}
	}
	return nil
}
