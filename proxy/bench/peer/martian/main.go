// Command martian is a plain forward proxy made of github.com/google/martian,
// with its limits set in its favour.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"

	"github.com/google/martian/v3"
	mlog "github.com/google/martian/v3/log"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "`ADDR` to listen on")
	flag.Parse()
	mlog.SetLevel(mlog.Silent)
	proxy := martian.NewProxy()
	proxy.SetRoundTripper(&http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true})
	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(proxy.Serve(ln))
}
