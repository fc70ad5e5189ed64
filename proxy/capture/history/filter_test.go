package history

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"unicode/utf16"

	"posthouse/proxy/flow"
)

// A filter never rules out what is there, whatever its letters' case, coding and charset.
func TestAFilterHoldsWhatIsThere(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(`{"Token":"AbCdEf"}`))
	_ = z.Close()
	var wide []byte
	for _, u := range utf16.Encode([]rune("\ufeffHello Wide World")) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, c := range map[string]struct {
		head string
		body []byte
		word string
	}{
		"head":       {"HTTP/1.1 200 OK\r\nX-Secret: Value\r\n\r\n", nil, "x-secret: value"},
		"body":       {"", []byte("SOME Text"), "some text"},
		"gzip":       {"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", zipped.Bytes(), "token\":\"abcdef"},
		"wrong gzip": {"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", []byte("not zipped"), "not zipped"},
		"utf-16":     {"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-16\r\n\r\n", wide, "wide world"},
		"kelvin":     {"", []byte("3 \u212aELVIN and \u017ftrange"), "kelvin"},
		"long s":     {"", []byte("3 \u212aELVIN and \u017ftrange"), "strange"},
		"chinese":    {"", []byte("你好abc世界"), "好abc世"},
		"short":      {"", []byte("xy"), "zz"},
	} {
		tr := newTrigrams()
		tr.addExchange(&flow.Exchange{ResponseHead: []byte(c.head), ResponseBody: flow.Body{Bytes: c.body}})
		if !mayHold(tr.filter(), c.word) {
			t.Errorf("%s: %q was ruled out", name, c.word)
		}
		if mayHold(tr.filter(), "qqqzzzjjjxxx") {
			t.Errorf("%s: nothing is ruled out", name)
		}
	}
	for _, broken := range []string{"", "\x00", "\x09", "\xff\x01", strings.Repeat("\x12", 10)} {
		if !mayHold([]byte(broken), "word") {
			t.Errorf("%q rules something out", broken)
		}
	}
}

// However much there is, a filter has 32 KiB at most.
func TestAFilterIsBounded(t *testing.T) {
	tr := newTrigrams()
	r := newTraffic(false)
	for range 100 {
		addText(tr, r.token(100_000))
	}
	if n := len(tr.filter()); n > 1+32<<10 {
		t.Errorf("%d bytes", n)
	}
}
