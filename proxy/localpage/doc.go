// Package localpage is what Posthouse itself serves to a browser that reaches
// the proxy instead of an origin: a page that says what this is, the CA's
// certificate, and how each system and client is made to trust it.
//
// It answers GET and HEAD, changes nothing, loads nothing from elsewhere and
// knows no private key. Web pages cannot read it: it allows no other origin,
// and a name that somebody made lead here (DNS rebinding) is refused with 421.
// Guarded does the same for whatever else is served on this computer.
//
// A Handler is safe for use by many goroutines and never waits.
package localpage
