package proxy

import (
	"bytes"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
)

// An answer that breaks the rules of HTTP but has one meaning passes mended: its
// row says how, and both connections end behind it, so that it cannot matter if
// somebody found another meaning.

// recordMended notes how a part of the answer broke the rules.
func (x *exchange) recordMended(how flow.Mended) {
	if how&^x.mended != 0 {
		x.mended |= how
		x.rec.Mended(how)
	}
}

// typeSpan is where the Content-Type lies in the head as it came. Of a mended one
// that lies there in pieces it is the media type alone.
func typeSpan(resp *http1.Response) capture.Span {
	if resp.Mended == 0 {
		return span(resp.Sent, resp.ContentType)
	}
	media, _, _ := bytes.Cut(resp.ContentType, []byte(";"))
	for _, text := range [...][]byte{resp.ContentType, bytes.TrimRight(media, " \t")} {
		if at := bytes.Index(resp.Sent, text); at >= 0 {
			return capture.Span{Off: uint32(at), Len: uint32(len(text))}
		}
	}
	return capture.Span{}
}
