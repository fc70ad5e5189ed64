// Package faithful holds the engine to what it promises of HTTP/2 and TLS, with
// judges that are independent of it: h2spec, scripted peers that write single frames
// (proxytest/h2test), an origin that tells one client from another
// (proxytest/fingerprint), and the programs that people use. Each judge is tried
// directly, without the proxy, as well: what fails there is the judge's fault. It has
// tests only.
package faithful
