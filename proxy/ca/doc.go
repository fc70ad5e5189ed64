// Package ca is the certificate authority of one user: it makes the CA, keeps
// it in a folder, and signs the certificates (leaves) under which Posthouse
// shows what is inside a TLS connection.
//
// The CA is one file, ca.pem, with the certificate and its private key, so that
// no crash leaves one without the other. It is written atomically, is
// never overwritten except by Replace, and is refused when others can read it.
// The private key leaves this package only into that file.
//
// Leaves follow RFC 5280, RFC 6125 and what browsers ask for (CA/Browser Forum
// baseline requirements): a subject alternative name, serverAuth, a short life.
// They share one key that lives as long as the process and is never written.
//
// An Authority is safe for use by many goroutines concurrently. Its cache of leaves
// is bounded (CacheSize), and a leaf that many ask for is made once.
package ca
