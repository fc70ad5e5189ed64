package ui

import "posthouse/app/switches/systemproxy"

// SystemProxy is the switch that points this computer at the proxy. Set returns before
// it is done; Watch's channel has something after each change.
type SystemProxy interface {
	Status() systemproxy.Status
	Set(on bool)
	Watch() (changes <-chan struct{}, stop func())
}

// noSystem stands in where there is none.
type noSystem struct{}

func (noSystem) Status() systemproxy.Status {
	return systemproxy.Status{Phase: systemproxy.Unavailable}
}
func (noSystem) Set(bool)                         {}
func (noSystem) Watch() (<-chan struct{}, func()) { return nil, func() {} }
