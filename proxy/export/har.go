package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"posthouse/proxy/archive/har"
	"posthouse/proxy/flow"
	"posthouse/proxy/shellquote"
)

// writeEntry is an entry of a HAR, by lines.
func writeEntry(x *flow.Exchange) Copy {
	if weight(x) > mostText {
		return none(ManyTooLong)
	}
	return harText(har.Entry(x))
}

// writeHAR is a HAR of several exchanges.
func writeHAR(all iter.Seq[*flow.Exchange]) Copy {
	var out bytes.Buffer
	w := har.NewWriter(&out)
	var said notes
	size := 0
	for x := range all {
		if weight(x) <= mostText {
			size += len(har.Entry(x)) + 1
		}
		if weight(x) > mostText || size > mostText {
			said.add(ManyTooLong)
			break
		}
		_ = w.Write(x) // a buffer takes all
	}
	_ = w.Close()
	if size == 0 {
		return Copy{Notes: said}
	}
	c := harText(out.Bytes())
	c.Notes = append(c.Notes, said...)
	return c
}

// weight is the least that an exchange takes in a HAR, in bytes.
func weight(x *flow.Exchange) int {
	n := len(x.RequestHead) + len(x.ResponseHead)
	for _, b := range x.Bodies() {
		n += len(b.Bytes)
	}
	return n
}

// harText is JSON by lines, in which all that does not show is escaped.
func harText(text []byte) Copy {
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil || out.Len() > mostText {
		out.Reset()
		out.Write(text)
	}
	shown := escapeJSON(out.String())
	if len(shown) > mostText {
		return none(ManyTooLong)
	}
	return Copy{Text: shown}
}

// escapeJSON writes what stands in strings and does not show as escapes; outside of
// strings there is none.
func escapeJSON(text string) string {
	if !strings.ContainsFunc(text, odd) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch {
		case !odd(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func odd(r rune) bool {
	return r >= 0x7f && (r == utf8.RuneError || !shellquote.Safe(string(r)))
}
