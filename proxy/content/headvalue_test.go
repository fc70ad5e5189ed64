package content

import "testing"

// The value of one field is as it is among all of them, whatever the head.
func FuzzHeadValue(f *testing.F) {
	for _, head := range []string{
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n", "H\r\ncontent-type: a\r\ncontent-type: b\r\n",
		"H\ncontent-type: a\ncontent-type: b", "H\r\nContent-Type: a\r\n b\r\n", "H\r\n\r\nContent-Type: a\r\n",
		"\r\n\r\nHTTP/1.1 200\r\nContent-Type: a",
		"H\r\nContent-Type : \ta \t\r\n", "H\r\nContent-Types: a\r\ncontent-type:b\r\n", ":status: 200\r\ncontent-type: x\r\n",
		"H\r\nContent-Type: \xff\r\n",
		"H\r\ncontent-type: a\x00b\r\n", "H\r\ncontent-type\r\n", "H\r\n\ncontent-type: z\r\n", "H\r\ncontent-type:\r\n",
	} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		_, fields := Fields(head)
		if got, want := HeadValue(head, "content-type"), Value(fields, "content-type"); got != want {
			t.Errorf("%q has %q, not %q", head, got, want)
		}
	})
}
