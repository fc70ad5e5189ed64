package app

import (
	"errors"

	"posthouse/app/clients/clientcheck"
)

// ErrNotRunning says that the proxy must run for what was asked.
var ErrNotRunning = errors.New("the proxy does not run: start it first")

// Checkup tries clients with the running proxy; named is the address that
// remedies name, "" for where it listens. It also writes the files that
// the variables of a terminal name, for the remedies to name them too.
func (c *Controller) Checkup(named string) (*clientcheck.Checkup, error) {
	status := c.Status()
	if status.State != Running || len(status.Addrs) == 0 {
		return nil, ErrNotRunning
	}
	return clientcheck.New(clientcheck.Options{Proxy: status.Addrs[0], Host: c.check, Named: named, CAFile: CACertificatePath(),
		Bundle: CABundlePath()})
}
