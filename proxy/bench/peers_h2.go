package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// h2Window is the stream window towards the origin of those that have 64 KiB by
// default, in bytes. Of 64 KiB, 256 KiB, 1 MiB and 16 MiB it is the one with which
// both download fastest and for the least CPU.
const h2Window = 256 << 10

func nghttpxCommand(s setup) ([]string, error) {
	return []string{"nghttpx", "--conf=/dev/null", fmt.Sprintf("--workers=%d", s.threads),
		"--frontend=127.0.0.1," + port(s.addr),
		"--backend=127.0.0.1," + port(s.origin) + ";;proto=h2;tls;sni=" + secureHost,
		"--cacert=" + s.roots, "--no-ocsp",
		fmt.Sprintf("--backend-http2-window-size=%d", h2Window),
		"--frontend-http2-max-concurrent-streams=1000",
		"--frontend-http2-read-timeout=1h", "--backend-read-timeout=1h", "--backend-keep-alive-timeout=1h",
		"--no-via", "--no-location-rewrite", "--errorlog-file=/dev/stderr",
		filepath.Join(s.certs, "key.pem"), filepath.Join(s.certs, secureHost+".pem")}, nil
}

const haproxyConfig = `global
	nbthread %[6]d
	maxconn 2000
	tune.h2.initial-window-size %[5]d
defaults
	mode http
	option http-keep-alive
	option splice-auto
	http-reuse always
	timeout connect 10s
	timeout client 1h
	timeout server 1h
frontend clients
	bind %[1]s%[3]s
	default_backend origins
backend origins
	server origin %[2]s pool-purge-delay 1h%[4]s
`

// haproxyCommand is a reverse proxy for one origin, which passes absolute-form
// requests on as they are: plain, or with TLS and HTTP/2 on both sides.
func haproxyCommand(s setup) ([]string, error) {
	front, back := "", ""
	if s.roots != "" {
		pem, err := joinFiles(filepath.Join(s.dir, "front.pem"),
			filepath.Join(s.certs, secureHost+".pem"), filepath.Join(s.certs, "key.pem"))
		if err != nil {
			return nil, err
		}
		front = " ssl crt " + pem + " alpn h2"
		back = " ssl alpn h2 verify required ca-file " + s.roots + " sni str(" + secureHost + ")"
	}
	config, err := writeConfig(s.dir, "haproxy.conf", fmt.Sprintf(haproxyConfig, s.addr, s.origin, front, back, h2Window, s.threads))
	return []string{"haproxy", "-db", "-f", config}, err
}

// haproxyUntuned has a thread for each CPU, as haproxy has unless it is told.
func haproxyUntuned(s setup) ([]string, error) {
	s.threads = runtime.NumCPU()
	return haproxyCommand(s)
}

func joinFiles(path string, parts ...string) (string, error) {
	var all []byte
	for _, part := range parts {
		text, err := os.ReadFile(part)
		if err != nil {
			return "", err
		}
		all = append(all, text...)
	}
	return path, os.WriteFile(path, all, 0o600)
}

// mitmdumpScript leads names below localhost to this computer.
const mitmdumpScript = `def server_connect(data):
    host, port = data.server.address
    if host.endswith(".localhost"):
        data.server.address = ("127.0.0.1", port)
`

// mitmdumpAuthority is where it writes its CA's certificate.
const mitmdumpAuthority = "mitmproxy-ca-cert.pem"

func mitmdumpCommand(s setup) ([]string, error) {
	script, err := writeConfig(s.dir, "localhost.py", mitmdumpScript)
	return []string{"mitmdump", "-q", "--listen-host", "127.0.0.1", "--listen-port", port(s.addr),
		"--set", "confdir=" + s.dir, "--set", "ssl_verify_upstream_trusted_ca=" + s.roots,
		"--set", "stream_large_bodies=1m", "-s", script}, err
}
