package redact

import (
	"bytes"
	"strings"
)

// encodings looks through texts without the encoding that is in them.
type encodings struct{ *scan }

// encoded looks through a part without percent-encoding. What is masked there is written as in a URL.
func (s encodings) encoded(from, to int) {
	d, ok := percentDecoded(s.b[from:to])
	if !ok {
		return
	}
	there := len(s.edits)
	s.within(d, from, func(in *scan) { in.anyText(0, len(in.b)) })
	for i := there; i < len(s.edits); i++ {
		s.edits[i].plus = true
		s.edits[i].quote = quotesEncoded.Replace(s.edits[i].quote)
	}
}

// quotesEncoded are quotes as a URL has them.
var quotesEncoded = strings.NewReplacer(`"`, "%22", "'", "%27", `\`, "%5C")

// encodedRuns looks through what may be percent-encoded as a whole, up to what no URL has.
func (s encodings) encodedRuns(from, to int) {
	for at := from; ; {
		n := bytes.IndexByte(s.b[at:to], '%')
		if n < 0 {
			return
		}
		begin, end := at+n, at+n
		for begin > at && begin+maxEncoded > end && !endsParam(s.b[begin-1]) {
			begin--
		}
		if begin > at && s.b[begin-1] == '\\' { // half an escape is no part of it
			begin = min(end, begin+1)
		}
		for end < to && end-begin < maxEncoded && !endsParam(s.b[end]) {
			end++
		}
		if hasEncoded(s.b[begin:end]) {
			s.encoded(begin, end)
		}
		at = max(end, at+n+1)
	}
}

// maxEncoded is the longest text that is read without percent-encoding as a whole, in bytes.
const maxEncoded = 16 << 10

// hasEncoded reports whether an equals sign, a quote or an at sign is percent-encoded: there may
// be a URL or JSON in a URL.
func hasEncoded(b []byte) bool {
	for {
		n := bytes.IndexByte(b, '%')
		if n < 0 || n+2 >= len(b) {
			return false
		}
		if high, low := b[n+1], b[n+2]; high == '3' && low|0x20 == 'd' || high == '2' && low == '2' || high == '4' && low == '0' {
			return true
		}
		b = b[n+1:]
	}
}
