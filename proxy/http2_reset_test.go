package proxy_test

import (
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
)

// Where the origin resets a stream twice, as for frames that were on their way, the first time says why.
func TestTheFirstResetCountsOverHTTP2(t *testing.T) {
	for name, text := range map[string]string{"body": replaces, "delay": "[[rule]]\nwhen='path:/b'\ndelay.response='50ms'"} {
		t.Run(name, func(t *testing.T) {
			route := ruledRoute(t, text)
			client, origin := route.Open()
			client.Start(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
			origin.Start()
			client.Send(client.Headers(1, on("POST", "/b")...), client.Headers(3, on("GET", "/a")...).End())
			origin.ExpectHead(1)
			origin.ExpectHead(3)
			origin.Send(origin.Headers(1, ":status: 200"), h2test.Data(1, "dog"), h2test.Reset(1, http2.ErrCodeInternal),
				h2test.Reset(1, http2.ErrCodeStreamClosed), h2test.Data(1, "more"), origin.Headers(3, ":status: 204").End())
			client.Until("the other", func(f h2test.Frame) bool { return f.Type == http2.FrameHeaders && f.Stream == 3 })
			client.Send(h2test.WindowUpdate(1, 1000))
			got := ""
			client.Until("DATA", func(f h2test.Frame) bool {
				if f.Type == http2.FrameData {
					got += string(f.Content())
				}
				return len(got) >= len("dog")
			})
			client.UntilReset(1, http2.ErrCodeInternal)
			if row, _, _ := finishedAt(route, "/b"); got != "dog" || row.Failure != flow.FailureTruncated {
				t.Errorf("%q %+v", got, row)
			}
			goesOn(client, origin)
		})
	}
}
