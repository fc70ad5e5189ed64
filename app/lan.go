package app

import "posthouse/proxy/flow"

// Devices are the other devices that reached the proxy since this program
// started, the one heard of last first; refused ones too. At most 64 are remembered.
func (c *Controller) Devices() []flow.Device { return c.devices.List() }
