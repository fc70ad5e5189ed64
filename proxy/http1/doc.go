// Package http1 is the message syntax of HTTP/1.1 (RFC 9112): heads kept byte
// for byte, parsed strictly, and the framing of bodies. It decides no policy,
// dials nothing and reads no sockets: bytes in, meaning or an Error out.
//
// A parsed head aliases the bytes that it was parsed from; nothing is copied,
// decoded or put into a map, so order, case, duplicates and spacing survive.
// Values are reused from message to message: parsing allocates nothing in
// steady state.
//
// What is ambiguous is refused, because two readers of one message that
// disagree is what request smuggling lives on (RFC 9112 section 11.2):
//
//   - Lines end in CR LF. A bare LF is refused everywhere, although RFC 9112
//     section 2.2 would allow a recipient to accept it in heads.
//   - Content-Length is digits, once. Transfer-Encoding is "chunked", once,
//     never beside Content-Length and never in HTTP/1.0.
//   - No obs-fold, no space before the colon, no empty name, no NUL or other
//     control (HTAB inside values aside), exactly one Host in HTTP/1.1.
//
// That holds for requests. Of answers a ResponseReader, and Chunks with Mends, take
// more: what breaks the rules but has one meaning is written out as it should have
// been, and the same parser reads that. A debugging proxy must be able to show
// what browsers show. Both connections end behind such an answer.
//
// Nothing here is safe for concurrent use; a value has one owner.
package http1
