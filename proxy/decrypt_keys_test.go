package proxy_test

import (
	"crypto/tls"
	"slices"
	"testing"
)

// Clients are answered with X25519 where they know it, and with what they know
// where they do not. Origins are offered what the client offers.
func TestKeyExchanges(t *testing.T) {
	for name, c := range map[string]struct {
		offered []tls.CurveID
		want    tls.CurveID
	}{
		"all":           {nil, tls.X25519},
		"hybrid alone":  {[]tls.CurveID{tls.X25519MLKEM768}, tls.X25519MLKEM768},
		"P-256 alone":   {[]tls.CurveID{tls.CurveP256}, tls.CurveP256},
		"hybrid, P-256": {[]tls.CurveID{tls.X25519MLKEM768, tls.CurveP256}, tls.X25519MLKEM768},
	} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, nil)
			client, server := o.client("http/1.1"), o.server("http/1.1")
			client.CurvePreferences = c.offered
			offered := make(chan []tls.CurveID, 1)
			server.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
				offered <- slices.Clone(hello.SupportedCurves)
				return nil, nil
			}
			_, _, agreed := o.shake(client, server)
			if agreed.CurveID != c.want {
				t.Errorf("the client agreed on %v, want %v", agreed.CurveID, c.want)
			}
			if got := <-offered; c.offered != nil && !slices.Equal(got, c.offered) || !slices.Contains(got, c.want) {
				t.Errorf("the origin was offered %v", got)
			}
		})
	}
}
