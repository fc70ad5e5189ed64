package message

import (
	"strings"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
)

// Kept is a body of which all bytes are at hand, cut at a limit; what is cut off is freed, where it is
// more than an eighth.
func Kept(b []byte, limit int64) flow.Body {
	switch size := int64(len(b)); {
	case size == 0:
		return flow.Body{}
	case size > limit && size-limit <= limit/8:
		return flow.Body{State: flow.BodyCut, Size: size, Bytes: b[:limit:limit]}
	case size > limit:
		return flow.Body{State: flow.BodyCut, Size: size, Bytes: append([]byte(nil), b[:limit]...)}
	default:
		return flow.Body{State: flow.BodyWhole, Size: size, Bytes: b}
	}
}

// Missing is a body of which the size alone is known.
func Missing(size int64) flow.Body {
	if size <= 0 {
		return flow.Body{}
	}
	return flow.Body{State: flow.BodyNotRecorded, Size: size}
}

const (
	maxTrailer       = 64 << 10 // bytes of a trailer section
	maxTrailerFields = 1000
)

// Unframed is a body without the chunks that its head says it comes in, and its trailer
// section. Bytes that are not in chunks whatever the head says stay as they are: programs
// decode bodies and keep the head. The payload takes the place of the chunks in body.
func Unframed(head, body []byte) (payload, trailer []byte) {
	_, fields := content.Fields(head)
	coding := content.Value(fields, "Transfer-Encoding")
	if len(body) == 0 || !strings.HasSuffix(strings.ToLower(strings.TrimSpace(coding)), "chunked") {
		return body, nil
	}
	c := http1.Chunks{MaxTrailer: maxTrailer, MaxFields: maxTrailerFields}
	payload = body[:0]
	for rest := body; len(rest) > 0 && !c.Done(); {
		n, data, err := c.Next(rest)
		if err != nil {
			if len(payload) > 0 {
				break // it broke off, or goes on with something else
			}
			return body, nil
		}
		payload = append(payload, data...)
		rest = rest[n:]
	}
	if c.Done() {
		trailer = append(trailer, c.SentTrailer()...)
	}
	return payload, trailer
}
