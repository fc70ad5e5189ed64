package app

import (
	"time"

	"posthouse/app/settings"
	"posthouse/proxy"
)

// engineConfig is the part of the settings that the proxy follows.
func engineConfig(s *settings.Settings) proxy.Config {
	t := &s.Proxy.Timeouts
	none := func(d settings.Duration) time.Duration {
		if d == 0 {
			return -1 // for the engine a zero is its default, below zero is none
		}
		return time.Duration(d)
	}
	chain, _ := s.Proxy.Chain() // Validate has found it good
	return proxy.Config{
		Via:      s.Proxy.Via,
		Upstream: chain,
		Limits:   proxy.Limits{MaxConnections: s.Proxy.MaxConnections, MaxHead: int(s.Proxy.MaxHead), MaxFields: s.Proxy.MaxFields},
		Timeouts: proxy.Timeouts{
			ClientHead: none(t.ClientHead), ClientIdle: none(t.ClientIdle), ClientBody: none(t.ClientBody), Dial: none(t.Dial),
			Response: none(t.Response), OriginBody: none(t.OriginBody), TunnelIdle: none(t.TunnelIdle),
		},
	}
}
