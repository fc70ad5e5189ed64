package query

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"posthouse/proxy/flow"
)

// needle is what a word looks for, in each form in which it may have been sent: as it
// is, percent-encoded (RFC 3986 section 2.1), or in a host as an A-label (RFC 5890).
// A word of ASCII that is none of these has one form, and costs no more. Of letters
// beyond ASCII there are the cases of a word: as written, all small, all large, and
// with a large first one.
type needle struct {
	forms   []string // letters of ASCII in lower case
	unicode string   // in lower case, where it is looked for in what A-labels stand for; "" where not
}

func newNeedle(text string) needle {
	n := needle{forms: []string{strings.ToLower(text)}}
	add := func(form string) {
		if form = lowerASCII(form); !slices.Contains(n.forms, form) {
			n.forms = append(n.forms, form)
		}
	}
	if ascii(text) {
		if plain, ok := percentDecoded(text); ok {
			add(plain)
			n.unicode = strings.ToLower(plain)
		}
		if strings.Contains(n.forms[0], aLabel) {
			add(toUnicode(n.forms[0]))
		}
		return n
	}
	n.unicode = n.forms[0]
	first, size := utf8.DecodeRuneInString(n.forms[0])
	title := string(unicode.ToUpper(first)) + n.forms[0][size:]
	for _, form := range [...]string{n.forms[0], text, title, strings.ToUpper(text)} {
		add(form)
		add(percentEncoded(form))
	}
	return n
}

// in reports whether s holds the needle.
func (n *needle) in(s string) bool {
	for _, form := range n.forms {
		if foldContains(s, form) {
			return true
		}
	}
	return false
}

// inHost is in for a host, whose A-labels are read too.
func (n *needle) inHost(host string) bool {
	return n.in(host) || n.unicode != "" && foldContains(host, aLabel) && strings.Contains(unicodeHost(host), n.unicode)
}

// inRow looks in what the list shows of a row.
func (n *needle) inRow(r *flow.Row) bool {
	for _, form := range n.forms {
		if hasWord(r, form) {
			return true
		}
	}
	return n.unicode != "" && (n.inHost(r.Host) || n.inHost(r.TLS.SNI))
}

// needles makes one of each part of a list.
func needles(value string) []needle {
	var all []needle
	for part := range strings.SplitSeq(value, ",") {
		if part != "" {
			all = append(all, newNeedle(part))
		}
	}
	return all
}

// aLabel begins a label of a host that stands for one beyond ASCII.
const aLabel = "xn--"

// hostForms are a host, and its other spelling where it has one.
func hostForms(host string) []string {
	lower := strings.ToLower(host)
	forms := []string{lower}
	if ascii(host) && !strings.Contains(lower, aLabel) {
		return forms // which have no other
	}
	if other, err := idna.ToASCII(lower); err == nil && other != lower {
		forms = append(forms, other)
	}
	if strings.Contains(lower, aLabel) {
		forms = append(forms, toUnicode(lower))
	}
	if host != lower && !ascii(host) {
		forms = append(forms, host)
	}
	return forms
}

// toUnicode leaves labels as they are that stand for nothing.
func toUnicode(host string) string {
	text, _ := idna.ToUnicode(host)
	return text
}

// unicodeHosts remembers what hosts with A-labels stand for, so that a filter over many
// rows reads each once. What is beyond its bound makes it begin anew.
var unicodeHosts struct {
	sync.Mutex
	known map[string]string
}

const maxUnicodeHosts = 1024

func unicodeHost(host string) string {
	c := &unicodeHosts
	c.Lock()
	defer c.Unlock()
	text, ok := c.known[host]
	if !ok {
		if len(c.known) >= maxUnicodeHosts || c.known == nil {
			c.known = map[string]string{}
		}
		text = strings.ToLower(toUnicode(strings.ToLower(host)))
		c.known[strings.Clone(host)] = text
	}
	return text
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] = lower(b[i])
	}
	return string(b)
}

// percentEncoded encodes what no URL may have raw.
func percentEncoded(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// percentDecoded decodes what stands for more than ASCII; ok is false where nothing
// does, or what does is no text.
func percentDecoded(s string) (text string, ok bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, false
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		high, low := 0, 0
		if s[i] == '%' && i+2 < len(s) {
			high, low = hexDigit(s[i+1]), hexDigit(s[i+2])
		}
		if high >= 8 && low >= 0 {
			b.WriteByte(byte(high<<4 | low))
			i, ok = i+2, true
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String(), ok && utf8.ValidString(b.String())
}

func hexDigit(c byte) int {
	return strings.IndexByte("0123456789abcdef", lower(c))
}

// Space reports whether a character parts the words of a filter: the full-width space
// and the like do too.
func Space(r rune) bool { return unicode.IsSpace(r) }

// Quote reports whether a character begins or ends what stands in quotes.
func Quote(r rune) bool { return r == '"' || r == '“' || r == '”' || r == '＂' }

// Narrow is the ASCII character that a full-width one stands for, as input methods
// write them: outside of quotes they mean the same.
func Narrow(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}
