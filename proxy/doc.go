// Package proxy is the engine: it accepts connections, reads requests, routes
// them, forwards them or opens tunnels, and records what passed.
//
// One goroutine owns a client connection and works through its exchanges one
// after the other; a second one runs only while a request body is uploaded, and
// a tunnel is two goroutines. A sweeper, one per server, watches the stages of
// all connections, so that no exchange sets its own timers. Whoever starts a
// goroutine here is waited for by Shutdown.
//
// What it does with a message is in docs/http.md, point by point with the
// section of RFC 9110, RFC 9112 or RFC 6455 that asks for it. In short: heads
// go on in the order, case and spacing they came in, without what is of one
// connection alone (RFC 9110 section 7.6.1); bodies go on as they came; what is
// ambiguous is refused.
package proxy
