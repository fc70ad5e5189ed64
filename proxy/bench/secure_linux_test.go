package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secureTalk is talk inside TLS, with the tunnel that CONNECT asks for before
// it. The certificate is for host.
func secureTalk(t *testing.T, host string, reply func(n int, request []byte) []byte) *instance {
	ca, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	key, err := writeKey(filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := ca.issue(host, 2, key)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{block.Bytes}, PrivateKey: key}}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go answerSecurely(conn, config, reply)
		}
	}()
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	return &instance{addr: ln.Addr().String(), roots: pool}
}

func answerSecurely(conn net.Conn, config *tls.Config, reply func(n int, request []byte) []byte) {
	defer conn.Close()
	buf := make([]byte, 4096)
	if n, err := conn.Read(buf); err != nil || !bytes.HasPrefix(buf[:n], []byte("CONNECT ")) {
		return
	}
	if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	inner := tls.Server(conn, config)
	defer inner.Close()
	for n := 0; ; n++ {
		m, err := inner.Read(buf)
		if err != nil {
			return
		}
		if _, err := inner.Write(reply(n, buf[:m])); err != nil {
			return
		}
	}
}

func right(int, []byte) []byte { return append([]byte(smallHead), smallBody...) }

func TestSecureLoadCountsRequests(t *testing.T) {
	in := secureTalk(t, "a.localhost", right)
	for _, fresh := range []bool{false, true} {
		r, err := secureLoad{in: in, authority: "a.localhost:1", connections: 2, duration: 50 * time.Millisecond,
			fresh: fresh}.run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if r.requests == 0 || uint64(r.requests) != r.latencies.count || r.seconds < 0.05 {
			t.Errorf("fresh %v: %d requests, %d latencies, %v s", fresh, r.requests, r.latencies.count, r.seconds)
		}
	}
}

func TestSecureLoadTakesUpSessions(t *testing.T) {
	in := secureTalk(t, "a.localhost", func(n int, request []byte) []byte {
		return []byte(strings.Replace(string(right(n, request)), "\r\n\r\n", "\r\n"+sessionField+": r\r\n\r\n", 1))
	})
	for _, resume := range []bool{false, true} {
		r, err := secureLoad{in: in, authority: "a.localhost:1", connections: 2, duration: 50 * time.Millisecond,
			fresh: true, resume: resume}.run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		want := int64(0)
		if resume {
			want = r.requests
		}
		if r.resumed != want || r.reused != r.requests {
			t.Errorf("resume %v: %d connections, %d took up a session, %d to the origin", resume, r.requests, r.resumed, r.reused)
		}
	}
}

func TestSecureLoadFindsWrongAnswers(t *testing.T) {
	flipped := bytes.Clone(smallBody)
	flipped[500] ^= 1
	for name, reply := range map[string]func(int, []byte) []byte{
		"a wrong body": func(n int, _ []byte) []byte {
			if n == 3 {
				return append([]byte(smallHead), flipped...)
			}
			return right(n, nil)
		},
		"a longer answer": func(n int, _ []byte) []byte {
			if n == 3 {
				return append(right(n, nil), 'x')
			}
			return right(n, nil)
		},
		"a status": func(int, []byte) []byte {
			return []byte(strings.Replace(smallHead, "200", "502", 1) + string(smallBody))
		},
	} {
		load := secureLoad{in: secureTalk(t, "a.localhost", reply), authority: "a.localhost:1", connections: 1, duration: 10 * time.Second}
		if _, err := load.run(context.Background()); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// A proxy that passes a tunnel on as it is shows the origin's certificate, or
// another that its own CA did not sign.
func TestSecureClientTrustsTheContenderAlone(t *testing.T) {
	in, other := secureTalk(t, "a.localhost", right), secureTalk(t, "a.localhost", right)
	in.roots = other.roots
	if _, err := visit(in, "a.localhost:1", smallPath, smallSize, nil); err == nil {
		t.Error("a certificate of somebody else's CA is taken")
	}
	if _, err := visit(other, "b.localhost:1", smallPath, smallSize, nil); err == nil {
		t.Error("a certificate for another host is taken")
	}
}

func TestDropToEndCountsBytes(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	const size = 3<<20 + 17
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Write(make([]byte, size))
		_ = conn.Close()
	}()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if n, err := dropToEnd(conn.(*net.TCPConn)); n != size || err != nil {
		t.Errorf("%d of %d bytes, %v", n, size, err)
	}
}

func TestSecureConfigHasCertificateForEachHost(t *testing.T) {
	dir := t.TempDir()
	o := &origin{}
	text, err := o.secureConfig(dir, " reuseport", 3)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(text, "server {") != 5 || strings.Count(text, "reuseport") != 2 {
		t.Errorf("the configuration is\n%s", text)
	}
	roots, err := readRoots(o.rootsFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{secureHost, visitHost(0), visitHost(2)} {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "tls", host+".pem"), filepath.Join(dir, "tls", "key.pem"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: host}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if err := os.WriteFile(o.rootsFile, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readRoots(o.rootsFile); err == nil {
		t.Error("a file without certificates is taken")
	}
}
