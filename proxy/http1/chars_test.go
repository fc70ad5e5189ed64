package http1

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// TestCleanTextEverywhere puts every byte at every place of the eight that are looked at together.
func TestCleanTextEverywhere(t *testing.T) {
	for length := 1; length <= 18; length++ {
		for at := range length {
			for b := range 256 {
				text := bytes.Repeat([]byte{'a'}, length)
				text[at] = byte(b)
				want := b >= 0x20 && b != 0x7f || b == '\t'
				if cleanText(text) != want {
					t.Fatalf("%q: %v", text, !want)
				}
			}
		}
	}
}

func TestCleanTextAgainstTheSlowWay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 24)
	for range 200_000 {
		for i := range text {
			text[i] = byte(random.Uint32())
			if random.Uint32()%16 != 0 && !cleanSlow(text[i:i+1]) {
				text[i] = '\t'
			}
		}
		if cleanText(text) != cleanSlow(text) {
			t.Fatalf("%q", text)
		}
	}
}

func TestClassesAreThoseOfTheRFC(t *testing.T) {
	const (
		alnum  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		tchars = alnum + "!#$%&'*+-.^_`|~"
		hosts  = alnum + "-._~!$&'()*+,;=%"
	)
	for b := range 256 {
		c := string([]byte{byte(b)})
		if got := classes[b]&classToken != 0; got != strings.Contains(tchars, c) {
			t.Errorf("token %q: %v", c, got)
		}
		if got := classes[b]&classHost != 0; got != (strings.Contains(hosts, c) || b >= 0x80) {
			t.Errorf("host %q: %v", c, got)
		}
		if got := classes[b]&classTarget != 0; got != (b > 0x20 && b != 0x7f) {
			t.Errorf("target %q: %v", c, got)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "7": 7, "0000000000000000042": 42, "9223372036854775807": 1<<63 - 1,
		"": -1, "9223372036854775808": -1, "9999999999999999999": -1, "00000000000000000042": -1, "1a": -1, "-1": -1, "+1": -1,
		" 1": -1, "1 ": -1, "/": -1, ":": -1, "\xb1": -1} {
		n, ok := parseDecimal([]byte(text))
		if ok != (want >= 0) || ok && n != want {
			t.Errorf("%q: %d %v", text, n, ok)
		}
		if std, err := strconv.ParseInt(text, 10, 64); ok && (err != nil || std != n) {
			t.Errorf("%q: %d, strconv says %d %v", text, n, std, err)
		}
	}
}

func TestFolding(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"Te", "te", true}, {"te", "te", true}, {"t", "te", false}, {"@e", "`e", false}, {"[", "{", false}, {"\xc3\x89", "\xc3\xa9", false}} {
		if EqualFold([]byte(c.a), c.b) != c.want || sameFold([]byte(c.a), []byte(c.b)) != c.want ||
			sameFold([]byte(c.b), []byte(c.a)) != c.want {
			t.Errorf("%q and %q", c.a, c.b)
		}
	}
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	if ErrBareLF.Error() == "" || ErrBareLF.Status != 400 || ErrLineTooLong.Status != 414 || ErrHeadTooLarge.Status != 431 {
		t.Error("statuses")
	}
}
