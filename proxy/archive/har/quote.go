package har

import (
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// What stands here puts JSON behind a slice. Members are followed by a comma each, which
// end takes back.

func name(b []byte, n string) []byte {
	return append(append(append(b, '"'), n...), '"', ':')
}

// quoted writes a text; bytes that are no UTF-8 become U+FFFD.
func quoted[T string | []byte](b []byte, text T) []byte {
	b, _ = jsontext.AppendQuote(b, text) // the error says that there was such a byte
	return b
}

func text[T string | []byte](b []byte, n string, value T) []byte {
	return append(quoted(name(b, n), value), ',')
}

func number(b []byte, n string, value int64) []byte {
	return append(strconv.AppendInt(name(b, n), value, 10), ',')
}

// millis writes a duration in milliseconds, as exact as it is.
func millis(b []byte, n string, d time.Duration) []byte {
	b = name(b, n)
	b = strconv.AppendInt(b, int64(d/time.Millisecond), 10)
	if rest := int64(d % time.Millisecond); rest > 0 {
		digits := strconv.AppendInt(nil, int64(time.Millisecond)+rest, 10)
		digits[0] = '.'
		for digits[len(digits)-1] == '0' {
			digits = digits[:len(digits)-1]
		}
		b = append(b, digits...)
	}
	return append(b, ',')
}

func base64Text(b []byte, n string, value []byte) []byte {
	b = append(name(b, n), '"')
	b = base64.StdEncoding.AppendEncode(b, value)
	return append(b, '"', ',')
}

// exact writes bytes so that they come back: as a text, or as {"base64": ...}.
func exact[T string | []byte](b []byte, n string, value T) []byte {
	if utf8.ValidString(string(value)) {
		return text(b, n, value)
	}
	return end(base64Text(append(name(b, n), '{'), "base64", []byte(value)), '}')
}

// end closes an object or an array that members were put into.
func end(b []byte, with byte) []byte {
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	return append(b, with, ',')
}
