// Package http2 is HTTP/2 on the wire (RFC 9113) for a relay: frames as they lie in a
// buffer, field sections in the order in which they came, and what makes either
// malformed. It dials nothing, decides nothing and starts no goroutine.
//
// Frames are not taken apart and made anew: a frame that passes keeps its flags, its
// padding and its priority. Field sections are the exception, since HPACK (RFC 7541)
// has one table on each side of a relay: a Decoder reads one with golang.org/x/net's
// hpack, and an Encoder writes the same fields in the same order, with what was never
// indexed never indexed.
//
// # Bounds
//
// A field section has at most Limits.Size bytes, counted as RFC 9113 section 6.5.2 has
// it (32 for each field), and Limits.Fields fields. One that has more is read to its
// end, since the tables of both sides must stay alike, and nothing of it is kept. The
// tables hold at most MaxTable bytes. No type here is safe for concurrent use.
package http2
