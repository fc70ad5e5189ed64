package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/proxy/localpage"
)

// debugHeadTime is how long a request head may take.
const debugHeadTime = 10 * time.Second

// debugServer serves profiles of the running program.
type debugServer struct {
	server *http.Server
	wg     sync.WaitGroup
}

// checkDebugAddr lets only loopback addresses pass: profiles are not for others.
func checkDebugAddr(addr string) error {
	if addr == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return errors.New("-debug-addr needs host:port, such as 127.0.0.1:6060")
	}
	if !backend.IsLoopback(host) {
		return errors.New("-debug-addr takes loopback addresses only, such as 127.0.0.1:6060")
	}
	return nil
}

func serveDebug(addr string, stderr io.Writer) (*debugServer, error) {
	d := &debugServer{}
	if addr == "" {
		return d, nil
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("profiles cannot be served on %s: %w", addr, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	d.server = &http.Server{Handler: localpage.Guarded(mux), ReadHeaderTimeout: debugHeadTime}
	d.wg.Go(func() { _ = d.server.Serve(ln) })
	_, _ = fmt.Fprintf(stderr, "profiles on http://%s/debug/pprof/\n", ln.Addr())
	return d, nil
}

// index lists the profiles; its page has its own style.
func index(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	pprof.Index(w, r)
}

func (d *debugServer) close() {
	if d.server != nil {
		_ = d.server.Close()
		d.wg.Wait()
	}
}
