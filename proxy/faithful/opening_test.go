package faithful_test

import (
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
)

// A row tells what was HTTP/2's own: the stream, the opening of the client's connection,
// the priority; and the fields stand in the order in which they came.
func TestRowsTellWhatIsHTTP2sOwn(t *testing.T) {
	route := h2test.Through(t, nil)
	client, origin := route.Open()
	client.SendPreface()
	client.Send(openings[3].frames...)
	client.Send(h2test.Settings(setting(4, 100)))
	lines := request("GET", "/", "z: 1", "cookie: a=1", "a: 2", "cookie: b=2")
	client.Send(client.Headers(15, lines...).Prioritized(http2.PriorityParam{StreamDep: 11, Weight: 41}).End())
	early, late := h2test.PriorityUpdate(17, "u=1, i"), h2test.PriorityUpdate(15, "u=5")
	client.Send(early, late)
	client.Send(client.Headers(17, lines...).Prioritized(http2.PriorityParam{StreamDep: 11, Weight: 41}).End())
	client.Send(client.Headers(19, lines...).Prioritized(http2.PriorityParam{StreamDep: 11, Weight: 41}).End())
	origin.ExpectPreface()
	for _, f := range append(openings[3].frames, h2test.Settings(setting(4, 100))) {
		origin.Expect(f.String())
	}
	origin.Send(h2test.Settings())
	for _, stream := range []uint32{15, 17, 19} {
		origin.ExpectFields(stream, lines...)
		if stream == 15 {
			origin.Expect(early.String())
			origin.Expect(late.String())
		}
		origin.Send(origin.Headers(stream, ":status: 204").End())
	}
	const opening = "1:65536;4:131072;5:16384|12517377|3:0:0:201,5:0:0:101,7:0:0:1,9:0:7:1,11:0:3:1|m,s,a,p"
	for id, want := range map[flow.ID]flow.HTTP2{
		2: {Stream: 15, Opening: opening, Priority: "u=5"},
		3: {Stream: 17, Opening: opening, Priority: "u=1, i"},
		4: {Stream: 19, Opening: opening, Priority: "0:11:42"},
	} {
		route.Proxy.Row(func(r flow.Row) bool { return r.ID == id && r.Phase.Final() })
		x := route.Proxy.Exchange(id)
		if x.HTTP2 != want {
			t.Errorf("row %d tells %+v, want %+v", id, x.HTTP2, want)
		}
		if want := strings.Join(lines, "\r\n") + "\r\n\r\n"; string(x.RequestHead) != want {
			t.Errorf("its head is %q", x.RequestHead)
		}
	}
}
