package app

import (
	"net/http"

	"posthouse/proxy"
	"posthouse/proxy/ca"
	"posthouse/proxy/localpage"
)

// page is what the proxy serves at its own address and at http://posthouse/.
func page(authority func() *ca.Authority) http.Handler {
	return localpage.New(localpage.Options{CA: func() localpage.CA {
		if authority == nil {
			return nil
		}
		if a := authority(); a != nil {
			return a
		}
		return nil // and not an interface that holds a nil Authority
	}})
}

// engine is how the proxy behaves by these settings.
func (c *Controller) engine(s *Settings) proxy.Config {
	config := s.engine()
	config.Local = c.page
	if d := c.decryption.Load(); d != nil {
		config.Decrypt = d.policy
	}
	return config
}
