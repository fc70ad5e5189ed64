package content_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/content"
)

func TestParts(t *testing.T) {
	const form = "multipart/form-data; boundary=\"b b\""
	field := func(name, value string) string {
		return fmt.Sprintf("--b b\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, value)
	}
	for _, c := range []struct {
		name, contentType, body string
		want                    []content.Part
	}{
		{"fields", form, field("a", "1") + field("ü", "--b bc\r\n --b b\r\n") + "--b b--\r\nepilogue",
			[]content.Part{{Name: "a", Body: []byte("1")}, {Name: "ü", Body: []byte("--b bc\r\n --b b\r\n")}}},
		{"a file", form, "preamble\r\n--b b \t\r\ncontent-type: image/png\r\nContent-Disposition: form-data; name=f; " +
			"filename=\"x;y.png\"\r\n\r\n\x00\n\r\n--b b--",
			[]content.Part{{Name: "f", File: "x;y.png", ContentType: "image/png", Body: []byte("\x00\n")}}},
		{"bare line feeds", form, "--b b\nContent-Disposition: form-data; name=a\n\n1\n\n2\n--b b--\n",
			[]content.Part{{Name: "a", Body: []byte("1\n\n2")}}},
		{"cut", form, field("a", "1") + "--b b\r\n\r\nno he", []content.Part{{Name: "a", Body: []byte("1")}, {Body: []byte("no he")}}},
		{"cut at the boundary", form, field("a", "1") + "--b b", []content.Part{{Name: "a", Body: []byte("1")}}},
		{"empty", form, "--b b\r\n\r\n\r\n--b b--", []content.Part{{Body: []byte{}}}},
		{"a boundary without quotes", "multipart/mixed; boundary=a=b/c:d", "--a=b/c:d\r\n\r\n1\r\n--a=b/c:d--",
			[]content.Part{{Body: []byte("1")}}},
		{"a name without quotes", form, "--b b\r\nContent-Disposition: form-data; name=f; filename=my cat.png\r\n\r\n1\r\n--b b--",
			[]content.Part{{Name: "f", File: "my cat.png", Body: []byte("1")}}},
		{"a name of RFC 8187", form, "--b b\r\nContent-Disposition: form-data; name=f; filename=x; " +
			"filename*=UTF-8''%E4%B8%AD.txt\r\n\r\n1\r\n--b b--", []content.Part{{Name: "f", File: "中.txt", Body: []byte("1")}}},
		{"a name of RFC 2047", form, "--b b\r\nContent-Disposition: form-data; name=f; filename=\"=?GBK?B?1tA=?=.txt\"\r\n\r\n1\r\n--b b--",
			[]content.Part{{Name: "f", File: "中.txt", Body: []byte("1")}}},
		{"a name in GBK", form, "--b b\r\nContent-Disposition: form-data; name=f; filename=\"\xd6\xd0\xce\xc4.txt\"\r\n\r\n1\r\n--b b--",
			[]content.Part{{Name: "f", File: "中文.txt", Body: []byte("1")}}},
		{"empty parts", form, "--b b\r\n--b b\r\n--b b--", []content.Part{{Body: []byte{}}}},
		{"no boundary", "multipart/form-data", field("a", "1"), nil},
		{"another boundary", "multipart/form-data; boundary=c", field("a", "1"), nil},
		{"long boundary", "multipart/form-data; boundary=" + strings.Repeat("b", 71), "--" + strings.Repeat("b", 71) + "\n\nx", nil},
	} {
		got, more := content.Parts(c.contentType, []byte(c.body))
		for i := range got {
			got[i].Head = nil
		}
		if !reflect.DeepEqual(got, c.want) || more {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got, _ := content.Parts("multipart/byteranges; boundary=X",
		[]byte("--X\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/5\r\n\r\nab\r\n--X--")); len(got) != 1 ||
		content.Value(got[0].Head, "content-range") != "bytes 0-1/5" || got[0].ContentType != "text/plain" {
		t.Errorf("the head of a part: %q", got)
	}
	many := strings.Repeat(field("a", "1"), content.MaxParts)
	if got, more := content.Parts(form, []byte(many+"--b b--")); len(got) != content.MaxParts || more {
		t.Errorf("%d parts, more: %v", len(got), more)
	}
	if got, more := content.Parts(form, []byte(many+field("b", "2"))); len(got) != content.MaxParts || !more {
		t.Errorf("%d parts, more: %v", len(got), more)
	}
}

// FuzzParts: parts follow each other in the body, which they do not write to.
func FuzzParts(f *testing.F) {
	for _, body := range []string{"--X\r\nA: b\r\n\r\nv\r\n--X--", "--X\n\nv\n--X", "--X--", "\n--X \n--X\n",
		"--X\nContent-Disposition: form-data; name=\"\xff\n\n"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sent, total := string(body), 0
		parts, _ := content.Parts("multipart/mixed; boundary=X", body)
		for _, p := range parts {
			total += len(p.Body)
		}
		if total > len(body) || len(parts) > content.MaxParts || string(body) != sent {
			t.Errorf("%d parts of %d bytes in %q", len(parts), total, sent)
		}
	})
}

// Quotes that are never closed are looked at one time, not each to the end.
func TestOpenQuotesTakeNoTime(t *testing.T) {
	start := time.Now()
	got := content.Parameters(`a; ` + strings.Repeat(`"\`, 1<<17) + `; b=c`)
	if took := time.Since(start); took > time.Second || got["b"] != "c" {
		t.Errorf("%v, %q", took, got["b"])
	}
}
