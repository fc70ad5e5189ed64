package app

import (
	"crypto/x509"
	"fmt"

	"posthouse/app/clients/shellenv"
	"posthouse/app/clients/trust"
	"posthouse/app/desktop/sysproxy/backend"
)

// reachable is where a program on this computer finds what listens on addr; what is
// no address stays as it is.
func reachable(addr string) string {
	if there, err := backend.Reachable(addr); err == nil {
		return there
	}
	return addr
}

// Addr is where programs on this computer are to be pointed: the address that
// the proxy listens on, or, while it does not, the one that it would.
func (c *Controller) Addr() string {
	if s := c.Status(); s.State == Running && len(s.Addrs) > 0 {
		return reachable(s.Addrs[0])
	}
	return reachable(c.Settings().Addrs()[0])
}

// Environment is what the variables of a terminal are to name. While decryption
// is on, and there is a CA, it writes the CA's certificate and the bundle beside
// it, so it may take as long as a disk does. What an error tells of is left out
// of the options; they can be used all the same.
func (c *Controller) Environment() (shellenv.Options, error) {
	cert, err := c.decryption.Certificate()
	if cert == nil {
		return shellenv.Options{Proxy: c.Addr()}, err
	}
	return environment(c.Addr(), cert)
}

// environment is the variables' options for a proxy and a CA. It writes the CA's files.
func environment(proxy string, cert *x509.Certificate) (shellenv.Options, error) {
	o := shellenv.Options{Proxy: proxy}
	path := CACertificatePath()
	if err := trust.WriteCertificate(path, cert); err != nil {
		return o, fmt.Errorf("the CA's certificate could not be written to %s: %w", path, withoutName(err))
	}
	o.CA, path = path, CABundlePath()
	if err := trust.WriteBundle(path, cert); err != nil {
		return o, fmt.Errorf("the system's certificates and the CA's could not be written to %s: %w", path, withoutName(err))
	}
	o.Bundle = path
	return o, nil
}
