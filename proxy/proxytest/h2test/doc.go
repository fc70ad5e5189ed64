// Package h2test lets a test speak HTTP/2 frame by frame, as a client and as an
// origin, directly or through the running proxy:
//
//	h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
//		client, origin := route.Open()
//		client.Start(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20})
//		origin.Start()
//		client.Send(client.Headers(1, ":method: GET", ":scheme: https", ":authority: a.example", ":path: /").End())
//		origin.ExpectFields(1, ":method: GET", ":scheme: https", ":authority: a.example", ":path: /")
//		origin.Send(origin.Headers(1, ":status: 200", "!set-cookie: a=b"), h2test.Data(1, "hi").End())
//		client.ExpectFields(1, ":status: 200", "!set-cookie: a=b")
//		client.Expect(`DATA 1 END_STREAM "hi"`)
//	})
//
// What holds directly must hold through the proxy: a test that fails directly is
// wrong itself. The judges are independent of the engine: this package reads and
// writes frames by itself, takes HPACK from x/net and TLS from crypto/tls.
//
// A Frame is written as it stands, whatever RFC 9113 says of it: any flags, any
// payload, on any stream. A field is a line, "name: value"; "!" before it means
// "never indexed" (RFC 7541 section 6.2.3). Every step has a deadline and ends the
// test when it fails, with the transcript up to there, as in proxytest.
//
// A Peer is used by one goroutine at a time. Wire is the same without a test
// around it, for goroutines that serve.
package h2test
