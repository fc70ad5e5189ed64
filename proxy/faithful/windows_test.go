package faithful_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/proxytest/h2test"
)

// Where the proxy leaves windows to their two ends, the origin says so: it is x/net's, which
// grants a megabyte. What breaks the rules of windows is an error of its kind (RFC 9113 sections 6.9 and 6.5.2).
func TestWindowsThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		frames []h2test.Frame
		stream bool // the stream's error, not the connection's
		code   http2.ErrCode
	}{
		"no increment":               {[]h2test.Frame{h2test.WindowUpdate(0, 0)}, false, http2.ErrCodeProtocol},
		"no increment of a stream":   {[]h2test.Frame{h2test.WindowUpdate(1, 0)}, true, http2.ErrCodeProtocol},
		"above the greatest":         {[]h2test.Frame{h2test.WindowUpdate(0, 1<<31-1)}, false, http2.ErrCodeFlowControl},
		"of a stream":                {[]h2test.Frame{h2test.WindowUpdate(1, 1<<31-1)}, true, http2.ErrCodeFlowControl},
		"SETTINGS above the highest": {[]h2test.Frame{h2test.Settings(setting(4, 1<<31))}, false, http2.ErrCodeFlowControl},
	} {
		t.Run(name, func(t *testing.T) {
			h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
				route.ServeHTTP(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
				client := route.Client().Start()
				posted(client)
				client.StillThere()
				client.Send(c.frames...)
				if c.stream {
					client.UntilReset(1, c.code)
					client.StillThere()
				} else if codes := client.UntilGone(); !slices.Contains(codes, c.code) {
					t.Errorf("codes %v, want %v", codes, c.code)
				}
			})
		})
	}
}

// Whether more than was granted is the stream's error or the connection's, RFC 9113 section
// 6.9.1 leaves open.
func TestMoreThanWasGranted(t *testing.T) {
	h2test.WithoutRules(t, nil, func(t *testing.T, route *h2test.Route) {
		route.ServeHTTP(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		client := route.Client().Start()
		posted(client)
		client.StillThere()
		piece := h2test.Data(1, strings.Repeat("x", 16384))
		client.Send(slices.Repeat([]h2test.Frame{piece}, 70)...)
		f := client.Until("an error", func(f h2test.Frame) bool {
			return f.Type == http2.FrameRSTStream || f.Type == http2.FrameGoAway
		})
		if f.Code() != http2.ErrCodeFlowControl {
			t.Errorf("%v", f)
		}
	})
}
