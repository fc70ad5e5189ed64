package clientcheck

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/trust"
)

// system is the operating system's store, asked by this process itself through
// the proxy.
func (c *Checkup) system() client {
	r := Result{ID: string(System), Kind: System, Path: trust.SystemStore()}
	return client{r, func(ctx context.Context, r *Result) {
		w := c.o.Host.expect(newToken())
		defer w.forget()
		err := c.askInProcess(ctx, w.token)
		w.until(ctx, settleTime, func(s sighting) bool { return !s.connected || s.asked || !s.refused.IsZero() })
		out := ran{failed: err != nil}
		if err != nil {
			out.stderr = err.Error()
		}
		c.judge(r, w.now(), &out, w.token)
		c.remedies.systemStore(r)
		c.routes.bySystem(ctx, r)
		if r.Route == RouteDirect || r.Route == RouteOther {
			r.Remedies = append(r.Remedies, Remedy{ForRoute, SystemProxy, ""})
		}
	}}
}

// trustsInProcess reports whether the system's store trusts the authority.
func (c *Checkup) trustsInProcess(ctx context.Context) error {
	w := c.o.Host.expect(newToken())
	defer w.forget()
	return c.askInProcess(ctx, w.token)
}

// askInProcess asks the check's host through the proxy, under the system's roots
// as they are now: Go itself reads them once in a process.
func (c *Checkup) askInProcess(ctx context.Context, token string) error {
	roots, err := c.o.Roots()
	if err != nil {
		return err
	}
	transport := &http.Transport{
		Proxy:           http.ProxyURL(&url.URL{Scheme: "http", Host: c.proxy}),
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.o.Host.url(token), nil)
	if err != nil {
		return err
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, host.MaxOutput)); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the check's host answered %s", answer.Status)
	}
	return nil
}
