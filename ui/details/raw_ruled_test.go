package details

import (
	"strings"
	"testing"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// Raw shows what rules made of a body, without its coding, and no more than a bound of it.
func TestRawShowsBodiesAfterRules(t *testing.T) {
	for text, most := range map[string]int{"<new>": 1000, strings.Repeat("long line\n", 1<<20): maxRuledText + 1000} {
		zipped, err := content.Encode("gzip", []byte(text), true)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{text, string(zipped)} {
			x := flow.Exchange{ResponseHead: []byte("HTTP/1.1 200 OK\r\n\r\n")}
			if body != text {
				x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
			}
			x.Ruled.ResponseBody = flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}
			shown := rawText(&x)
			if !strings.Contains(shown, text[:5]) || len(shown) > most*2 {
				t.Errorf("%.300q (%d bytes)", shown, len(shown))
			}
		}
	}
}
