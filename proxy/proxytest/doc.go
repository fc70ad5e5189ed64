// Package proxytest lets a test of the proxy read like a conversation between a
// client, the running proxy and an origin, over real sockets on the loopback
// interface, byte for byte:
//
//	p := proxytest.Start(t)
//	origin, client := p.Origin(), p.Client()
//
//	client.Send("GET http://{origin}/a HTTP/1.1\r\nHost: {origin}\r\n\r\n")
//	at := origin.Accept()
//	at.Expect("GET /a HTTP/1.1\r\nHost: {origin}\r\n\r\n")
//	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
//	client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
//
// Every step has a deadline (Deadline) and ends the test when it fails, with
// the transcript up to there: ">>" is what a peer sent, "<<" what it got. There
// are no sleeps; a side that stalls is one that takes no step. {origin} stands
// for the address of the first origin in all that is sent and expected, {proxy}
// for that of the proxy.
//
// When the test ends the connections and listeners are closed, the proxy is
// shut down, and goroutines started here have ended.
//
// A Proxy, Origin or Conn is used by one goroutine at a time. Steps are taken
// by the test's own goroutine, or inside a function given to Origin.Serve.
package proxytest
