// Command martian is a forward proxy made of github.com/google/martian, with
// its limits set in its favour. With -authority it looks into TLS.
package main

import (
	"crypto/tls"
	"flag"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/google/martian/v3"
	mlog "github.com/google/martian/v3/log"
	"github.com/google/martian/v3/mitm"

	"posthouse/proxy/bench/peer/setup"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "`ADDR` to listen on")
	roots := flag.String("roots", "", "`FILE` of roots that origins may have")
	authority := flag.String("authority", "", "look into TLS, and write the CA's certificate to `FILE`")
	flag.Parse()
	mlog.SetLevel(mlog.Silent)
	proxy := martian.NewProxy()
	transport := &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true}
	if *authority != "" {
		transport.DialContext = setup.Dial
		transport.TLSClientConfig = &tls.Config{RootCAs: setup.Roots(*roots)}
		// The leaves' key is RSA, one for all: the library leaves no choice.
		cert, key := setup.Authority("martian")
		config, err := mitm.NewConfig(cert, key)
		if err != nil {
			log.Fatal(err)
		}
		proxy.SetMITM(config)
		if err := os.WriteFile(*authority, setup.PEM(cert), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	proxy.SetRoundTripper(transport)
	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(proxy.Serve(ln))
}
