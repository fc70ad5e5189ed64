// Package clients lets the programs that people use ask one origin directly and through
// the proxy, and compares what the origin saw of them (proxytest/fingerprint): TLS, the
// opening of HTTP/2, fields in order. It has tests only. A program that is missing is a
// skip that names it, or a failure where CI is set and make test installs it.
package clients
