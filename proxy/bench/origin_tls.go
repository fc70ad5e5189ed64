package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// The origin's names inside TLS. What is below localhost is this computer
// (RFC 6761 section 6.3), so no name server is asked.
const secureHost = "bench.localhost"

// visitHost is the nth host that is visited once.
func visitHost(n int) string { return fmt.Sprintf("host-%d.localhost", n) }

// nginxHost is a host with its own certificate, chosen by SNI.
const nginxHost = `	server {
		listen %[1]s ssl%[2]s;
		server_name %[3]s;
		ssl_certificate %[4]s/%[3]s.pem;
		root %[5]s/files;
	}
`

// nginxClosing closes each connection after its answer, which says whether the
// connection's session was taken up ("r") or new (".").
const nginxClosing = `	server {
		listen %[1]s ssl%[2]s;
		ssl_certificate %[3]s/%[4]s.pem;
		root %[5]s/files;
		keepalive_timeout 0;
		add_header %[6]s $ssl_session_reused;
	}
`

// sessionField is the field of the closing server's answers.
const sessionField = "X-Session-Reused"

// nginxTLS is what all of them share. Sessions are taken up with tickets only,
// as everywhere with TLS 1.3.
const nginxTLS = `	ssl_certificate_key %[1]s/key.pem;
	ssl_protocols TLSv1.2 TLSv1.3;
	server_names_hash_max_size 65536;
`

// secureConfig writes the certificates of the origin's hosts, visits of them to
// be visited once, and returns their part of nginx' configuration.
func (o *origin) secureConfig(dir, options string, visits int) (string, error) {
	certs := filepath.Join(dir, "tls")
	o.certs = certs
	if err := os.Mkdir(certs, 0o755); err != nil {
		return "", err
	}
	ca, err := newAuthority()
	if err != nil {
		return "", err
	}
	o.rootsFile = filepath.Join(dir, "origin-ca.pem")
	if err := os.WriteFile(o.rootsFile, ca.pem(), 0o644); err != nil {
		return "", err
	}
	key, err := writeKey(filepath.Join(certs, "key.pem"))
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, nginxTLS, certs)
	fmt.Fprintf(&text, nginxClosing, o.secured[closing], options, certs, secureHost, dir, sessionField)
	hosts := []string{secureHost}
	for n := range visits {
		hosts = append(hosts, visitHost(n))
	}
	for i, host := range hosts {
		cert, err := ca.issue(host, int64(i+2), key)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(certs, host+".pem"), cert, 0o644); err != nil {
			return "", err
		}
		fmt.Fprintf(&text, nginxHost, o.secured[keeping], options, host, certs, dir)
		options = "" // those of a socket are given once
	}
	return text.String(), nil
}

func writeKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// authority is host and port of one of the origin's servers inside TLS.
func (o *origin) authority(s server) string { return secureHost + ":" + port(o.secured[s]) }

// visitAuthority is host and port of the nth host that is visited once.
func (o *origin) visitAuthority(n int) string { return visitHost(n) + ":" + port(o.secured[keeping]) }
