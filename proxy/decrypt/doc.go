// Package decrypt decides which tunnels are opened and how TLS is spoken on
// both sides of them: which hosts, what an origin's certificate must pass, what
// is shown to the client, and what it means when either side refuses. It dials
// nothing and records nothing; the engine does.
//
// It follows RFC 8446 (TLS 1.3), RFC 5246 (TLS 1.2), RFC 5280 and RFC 6125 (what
// a certificate must pass), RFC 6066 (SNI), RFC 7301 (ALPN).
//
// A Policy is immutable but for bounded caches, and safe for concurrent use, as
// are Refusals. The rules in short:
//
//   - The origin is the target of CONNECT. SNI goes on as the client sent it, and
//     none if it sent none; the certificate must be for that name, or for the
//     target where there is none.
//   - The origin chooses the protocol (ALPN) among those that the client offers
//     and Posthouse speaks, h2 and http/1.1. The client is told the same; where it has to be told
//     before the origin is asked, what that chose last.
//   - The origin gets the client's own ClientHello (mirror.go), with keys of ours.
//   - TLS 1.0 to 1.3: what the client offers. An origin may ask for another handshake.
package decrypt
