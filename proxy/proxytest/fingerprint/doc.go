// Package fingerprint is an origin that tells one client from another, as those do that
// defend sites from bots: by its ClientHello (JA3, and JA4 as FoxIO defines it), by how
// it opens HTTP/2 (SETTINGS in order, the connection's WINDOW_UPDATE, priorities, the
// order of pseudo-header fields), and by the fields of its requests in order. A client
// that looks the same directly and through the proxy has not been changed on the way.
//
// It reads the ClientHello itself, over however many records, and leaves TLS to crypto/tls.
package fingerprint
