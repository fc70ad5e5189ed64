// Command goproxy is a forward proxy made of github.com/elazarl/goproxy, with
// its limits set in its favour. With -authority it looks into TLS.
package main

import (
	"crypto/tls"
	"flag"
	"log"
	"net/http"
	"os"
	"sync"

	"github.com/elazarl/goproxy"

	"posthouse/proxy/bench/peer/setup"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "`ADDR` to listen on")
	roots := flag.String("roots", "", "`FILE` of roots that origins may have")
	authority := flag.String("authority", "", "look into TLS, and write the CA's certificate to `FILE`")
	untuned := flag.Bool("untuned", false, "its own RSA CA, and a new certificate for each connection, as without settings")
	flag.Parse()
	proxy := goproxy.NewProxyHttpServer()
	// net/http keeps two idle connections a host by default: it would dial for
	// most requests of 64 clients.
	proxy.Tr.MaxIdleConns = 0
	proxy.Tr.MaxIdleConnsPerHost = 1024
	proxy.Tr.DisableCompression = true
	proxy.Tr.Proxy = nil
	if *authority != "" {
		proxy.Tr.DialContext = setup.Dial
		proxy.Tr.TLSClientConfig = &tls.Config{RootCAs: setup.Roots(*roots)}
		lookInside(proxy, *authority, *untuned)
	}
	log.Fatal(http.ListenAndServe(*listen, proxy))
}

func lookInside(proxy *goproxy.ProxyHttpServer, file string, untuned bool) {
	ca := &goproxy.GoproxyCa
	text := goproxy.CA_CERT
	if !untuned {
		// The leaves' keys are of the CA's kind: with RSA each costs some 50 ms.
		cert, key := setup.Authority("goproxy")
		ca = &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
		text = setup.PEM(cert)
		proxy.CertStore = &store{certs: map[string]*tls.Certificate{}}
	}
	action := &goproxy.ConnectAction{Action: goproxy.ConnectMitm, TLSConfig: goproxy.TLSConfigFromCA(ca)}
	proxy.OnRequest().HandleConnect(goproxy.FuncHttpsHandler(func(host string, _ *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
		return action, host
	}))
	if err := os.WriteFile(file, text, 0o644); err != nil {
		log.Fatal(err)
	}
}

// store keeps the leaves.
type store struct {
	mu    sync.Mutex
	certs map[string]*tls.Certificate
}

func (s *store) Fetch(host string, generate func() (*tls.Certificate, error)) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.certs[host]; c != nil {
		return c, nil
	}
	c, err := generate()
	if err == nil {
		s.certs[host] = c
	}
	return c, err
}
