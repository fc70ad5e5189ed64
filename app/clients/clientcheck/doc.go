// Package clientcheck finds out whether the clients on this computer are set up for
// Posthouse, by trying each: does it trust the certificate, and does it come
// through the proxy?
//
// It owns the check's host, which Posthouse answers itself (Host), the programs
// that it starts and the folder that they run in. A client is tried twice:
//
//   - told to use the proxy, whatever its own settings say, for a host below
//     check.posthouse: whether it trusts the certificate. The name holds a token of
//     this try alone, so that the proxy knows who came, even where TLS fails.
//   - as it is set up, for an address that no connection can be made to but
//     through a proxy, and with any certificate: whether it comes to Posthouse.
//
// Promises: nothing leaves this computer. The check's name is never looked up:
// a client that was told to use the proxy leaves that to the proxy, and the address
// is a multicast one, for which every system refuses TCP immediately. A client whose
// settings name another proxy is not tried but taken at its word. Clients run
// without a shell, in their own folder and process group, for a bounded
// time, with bounded output, at most Options.Parallel together; what is left of
// them is killed. Nothing of the user's is written: browsers run with a new
// profile that holds copies of the user's certificates, and what a program would
// write home (wget's HSTS list, Go's caches) is led elsewhere.
package clientcheck
