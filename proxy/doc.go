// Package proxy is the engine: it accepts connections, reads requests, routes
// them, forwards them or opens tunnels, and records what passed.
//
// One goroutine owns a client connection and works through its exchanges one
// after the other; a second one runs only while a request body is uploaded, and
// a tunnel is two goroutines. HTTP/2 inside a tunnel that is opened has one for
// each direction, for all of its streams (http2Conn). A sweeper, one per server,
// watches the stages of all connections, so that no exchange sets its own timers.
// Shutdown waits for all goroutines that are started here, but for no more than
// a second for those that wait for a disk (disk).
//
// What it does with a message is in docs/http.md, point by point with the
// section of RFC 9110, RFC 9112 or RFC 6455 that asks for it, and for HTTP/2 in
// docs/decryption.md (RFC 9113). In short: heads go on in the order, case and
// spacing they came in, without what is of one connection alone (RFC 9110 section
// 7.6.1); bodies go on as they came; what is ambiguous is refused. What a person's
// rules and breakpoints change of that is in docs/rules.md and docs/breakpoints.md.
package proxy
