// Command goproxy is a plain forward proxy made of github.com/elazarl/goproxy,
// with its limits set in its favour.
package main

import (
	"flag"
	"log"
	"net/http"

	"github.com/elazarl/goproxy"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "`ADDR` to listen on")
	flag.Parse()
	proxy := goproxy.NewProxyHttpServer()
	// net/http keeps two idle connections a host by default: it would dial for
	// most requests of 64 clients.
	proxy.Tr.MaxIdleConns = 0
	proxy.Tr.MaxIdleConnsPerHost = 1024
	proxy.Tr.DisableCompression = true
	proxy.Tr.Proxy = nil
	log.Fatal(http.ListenAndServe(*listen, proxy))
}
