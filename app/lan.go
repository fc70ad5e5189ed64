package app

import (
	"context"
	"slices"

	"posthouse/proxy/flow"
)

// Devices are the other devices that reached the proxy since this program
// started, the one heard of last first; refused ones too. At most 64 are remembered.
func (c *Controller) Devices() []flow.Device { return c.devices.List() }

// retryLAN listens on addresses of the LAN that were not there before.
func (c *Controller) retryLAN() {
	if c.Status().State != Running || c.run.lanErr == nil {
		return
	}
	var fresh []listening
	var lanErr error
	for _, p := range onLAN(c.run.wanted) {
		if slices.ContainsFunc(c.run.addrs, func(l listening) bool { return l.place == p }) {
			continue
		}
		if ln, err := bind(context.Background(), p.addr); err != nil {
			lanErr = err
		} else {
			fresh = append(fresh, listening{p, ln})
		}
	}
	if len(fresh) > 0 {
		c.run.lanErr = lanErr
		c.serve(fresh)
		c.setRunning()
	}
}

func onLAN(places []place) []place {
	return slices.DeleteFunc(slices.Clone(places), func(p place) bool { return !p.lan })
}
