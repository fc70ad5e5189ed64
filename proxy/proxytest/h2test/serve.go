//lint:file-ignore SA1019 x/net points to net/http, which has no ServeConn for one connection that has been accepted already

package h2test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"

	"golang.org/x/net/http2"
)

// ServeHTTP answers as x/net's HTTP/2 server does, until the test ends.
func (r *Route) ServeHTTP(handler http.HandlerFunc) {
	r.t.Helper()
	server := &http2.Server{}
	r.Serve(func(conn *tls.Conn) { ServeConn(conn, server, handler) })
}

// ServeConn answers on one connection as x/net's server does, until it ends.
func ServeConn(conn net.Conn, server *http2.Server, handler http.HandlerFunc) {
	server.ServeConn(conn, &http2.ServeConnOpts{BaseConfig: &http.Server{ErrorLog: log.New(io.Discard, "", 0)}, Handler: handler})
}
