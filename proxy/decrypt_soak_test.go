package proxy_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/proxytest"
)

// Clients that call off, reconnect and upload beside each other get their own
// answers and no others, over either protocol.
func TestDecryptedClientsBesideEachOther(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("h2=%v", h2), func(t *testing.T) {
			ca, issuer := proxytest.NewAuthority(t, "CA"), proxytest.NewAuthority(t, "Origins' CA")
			policy, err := decrypt.New(decrypt.Options{Hosts: []string{"*"}, Minter: ca, Roots: issuer.Pool()})
			if err != nil {
				t.Fatal(err)
			}
			p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Decrypt: policy}})
			origin := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				_, _ = fmt.Fprintf(w, "%s %d ", r.URL.Path, len(body))
				_, _ = w.Write(body)
			}))
			origin.EnableHTTP2 = h2
			origin.TLS = &tls.Config{Certificates: []tls.Certificate{issuer.Issue(t, nil)}}
			origin.StartTLS()
			t.Cleanup(origin.Close)
			at, _ := url.Parse("http://" + p.Addr())
			end := time.Now().Add(2 * time.Second)
			var wg sync.WaitGroup
			for worker := range 16 {
				wg.Go(func() {
					transport := &http.Transport{Proxy: http.ProxyURL(at), ForceAttemptHTTP2: h2,
						TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}}
					defer transport.CloseIdleConnections()
					for i := 0; time.Now().Before(end); i++ {
						if err := oneOfMany(transport, fmt.Sprintf("%s/%d/%d", origin.URL, worker, i)); err != nil {
							t.Error(err)
							return
						}
						if rand.IntN(10) == 0 {
							transport.CloseIdleConnections()
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// oneOfMany sends its own body and looks whether it comes back, or calls off.
func oneOfMany(transport *http.Transport, to string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	calledOff := rand.IntN(4) == 0
	if calledOff {
		time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, cancel)
	}
	body := bytes.Repeat([]byte{byte('a' + rand.IntN(26))}, rand.IntN(100_000))
	req, err := http.NewRequestWithContext(ctx, "POST", to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := transport.RoundTrip(req)
	if err == nil {
		defer func() { _ = res.Body.Close() }()
		var got []byte
		if got, err = io.ReadAll(res.Body); err == nil {
			if want := fmt.Sprintf("%s %d %s", req.URL.Path, len(body), body); string(got) != want {
				return fmt.Errorf("%s was answered %d %.80q", to, res.StatusCode, got)
			}
		}
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: %w", to, err)
	}
	return nil
}
