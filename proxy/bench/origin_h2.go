package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// oneCipher is the one that every leg of the HTTP/2 works uses, whatever a contender
// prefers: neither the load nor the origin takes another.
const oneCipher = "TLS_AES_128_GCM_SHA256"

// opensslConfig makes nghttpd, which has no option for it, take only that.
const opensslConfig = `openssl_conf = all
[all]
ssl_conf = tls
[tls]
system_default = default
[default]
Ciphersuites = ` + oneCipher + "\n"

// startH2 starts the servers that speak HTTP/2.
func (o *origin) startH2(ctx context.Context, dir string) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	o.secured[multiplexed] = addr
	config, err := writeConfig(dir, "openssl.cnf", opensslConfig)
	if err != nil {
		return err
	}
	key, cert := filepath.Join(o.certs, "key.pem"), filepath.Join(o.certs, secureHost+".pem")
	o.h2, err = startProcess(ctx, "nghttpd", dir, "", []string{"nghttpd", "--address=127.0.0.1", "--workers=2",
		"--htdocs=" + filepath.Join(dir, "files"), "--max-concurrent-streams=1000", port(addr), key, cert},
		[]string{"OPENSSL_CONF=" + config}, addr)
	if err != nil {
		return err
	}
	if o.quiet, err = startQuiet(cert, key); err != nil {
		return err
	}
	o.secured[unfinished] = o.quiet.addr
	return nil
}

// The answer of a quietServer; between the two parts it is quiet.
const (
	quietPath  = "/quiet"
	quietBegin = "data: begin\n\n"
	quietEnd   = "data: end\n\n"
)

// quietServer begins answers and leaves them open until it is told to end them.
type quietServer struct {
	addr   string
	server http.Server
	done   chan struct{}
	open   atomic.Int64 // answers that have begun and not ended

	mu    sync.Mutex
	ended chan struct{} // closed when the answers under way are to end
}

func startQuiet(cert, key string) (*quietServer, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	q := &quietServer{addr: ln.Addr().String(), done: make(chan struct{}), ended: make(chan struct{})}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		_ = ln.Close()
		return nil, err
	}
	q.server.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 1000}
	q.server.ErrorLog = log.New(io.Discard, "", 0) // whoever only looked whether it listens
	q.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	q.server.Handler = http.HandlerFunc(q.answer)
	go func() {
		defer close(q.done)
		if err := q.server.ServeTLS(ln, "", ""); !errors.Is(err, http.ErrServerClosed) {
			fmt.Println("the server of quiet answers:", err) // whoever waits for one finds out
		}
	}()
	return q, nil
}

func (q *quietServer) stop() {
	q.end()
	_ = q.server.Close()
	<-q.done
}

func (q *quietServer) answer(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 2 {
		http.Error(w, "HTTP/2 alone is spoken here", http.StatusHTTPVersionNotSupported)
		return
	}
	if r.URL.Path != quietPath {
		_, _ = w.Write(smallBody) // a write that fails shows at the client
		return
	}
	q.mu.Lock()
	ended := q.ended
	q.mu.Unlock()
	q.open.Add(1)
	defer q.open.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, quietBegin)
	_ = http.NewResponseController(w).Flush()
	select {
	case <-ended:
	case <-r.Context().Done():
	}
	_, _ = io.WriteString(w, quietEnd)
}

// end ends the answers under way.
func (q *quietServer) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	close(q.ended)
	q.ended = make(chan struct{})
}
