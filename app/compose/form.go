package compose

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// Pair is one name and value of a form: Raw is how it is sent, without the & beside it.
type Pair struct {
	Off bool // it is kept, and not sent
	Raw string
}

// ParseForm takes a form apart (application/x-www-form-urlencoded); FormText gives its bytes
// back. Pairs of before that are off stay where they were among the others.
func ParseForm(body []byte, before []Pair) (all []Pair) {
	var pairs []Pair
	if len(body) > 0 {
		for raw := range strings.SplitSeq(string(body), "&") {
			pairs = append(pairs, Pair{Raw: raw})
		}
	}
	on := 0
	for _, p := range before {
		switch {
		case p.Off:
			all = append(all, p)
		case on < len(pairs):
			all = append(all, pairs[on])
			on++
		}
	}
	return append(all, pairs[min(on, len(pairs)):]...)
}

// FormText is the form as it is sent.
func FormText(pairs []Pair) []byte {
	var b strings.Builder
	first := true
	for _, p := range pairs {
		if p.Off {
			continue
		}
		if !first {
			b.WriteByte('&')
		}
		b.WriteString(p.Raw)
		first = false
	}
	return []byte(b.String())
}

// Name is what a person reads and writes. What is no text stays encoded.
func (p *Pair) Name() string {
	name, _, _ := strings.Cut(p.Raw, "=")
	return decoded(name)
}

// Value is what a person reads and writes. What is no text stays encoded.
func (p *Pair) Value() string {
	_, value, _ := strings.Cut(p.Raw, "=")
	return decoded(value)
}

// SetName changes the name; the value stays as it is sent.
func (p *Pair) SetName(name string) error {
	_, value, _ := strings.Cut(p.Raw, "=")
	p.Raw = encoded(name) + "=" + value
	return nil
}

// SetValue changes the value; the name stays as it is sent.
func (p *Pair) SetValue(value string) error {
	name, _, _ := strings.Cut(p.Raw, "=")
	p.Raw = name + "=" + encoded(value)
	return nil
}

// braces are left: what stands between them is a name whose value is put there.
var braces = strings.NewReplacer("%7B%7B", "{{", "%7D%7D", "}}")

func encoded(text string) string { return braces.Replace(url.QueryEscape(text)) }

func decoded(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil || !utf8.ValidString(plain) {
		return text
	}
	return plain
}
