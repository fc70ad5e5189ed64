// Package outgoing holds the requests that Posthouse itself sends: made from what passed,
// or composed. A Message says what is sent, byte for byte, and how; proxy.Server.Send sends
// it through the engine as any request, so that it has a row, rules and timings as any other.
//
// A message goes as it stands. What a client of the engine would be refused for (a false
// length, a field without a colon, two Hosts) is sent all the same: HTTP/1 takes the bytes of
// Head. HTTP/2 has no such freedom: what RFC 9113 calls malformed is refused, with a word.
//
// Messages are plain values; a Sending is safe for concurrent use. The package opens no
// sockets: Wire writes a message into one end of a pipe whose other end the engine reads.
package outgoing
