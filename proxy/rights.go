package proxy

import (
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/upstream"
)

// Rights are what a client may use of this computer beside its network. This
// computer's own clients have all of them, other devices those in Config.Lend.
type Rights struct {
	Loopback    bool // programs that listen for this computer alone, and link-local addresses
	Credentials bool // the user's client certificates, and the login of the upstream proxy
}

var allRights = Rights{Loopback: true, Credentials: true}

// outward reports whether clients with these rights use connections alone that were
// dialed where nothing of this computer is. Credentials need no such mark: the target
// and the upstream proxy without them are others.
func (r Rights) outward() bool { return !r.Loopback }

// narrower reports whether r lacks something that o has.
func (r Rights) narrower(o Rights) bool {
	return o.Loopback && !r.Loopback || o.Credentials && !r.Credentials
}

// rights are what the client may use now.
func (c *conn) rights(config *Config) Rights {
	if c.fromLAN {
		return config.Lend
	}
	return allRights
}

// dialerFor is how a client's origins are connected to.
func (s *Server) dialerFor(r Rights) *upstream.Dialer {
	if r.Loopback {
		return &s.dialer
	}
	return &s.outward
}

// upstreamFor is the upstream proxy that a request for host and port goes through, nil for none.
func (x *exchange) upstreamFor(host []byte, port uint16) *upstream.Proxy {
	if x.sender.direct() {
		return nil
	}
	via := x.config.Upstream.For(host, port)
	if via != nil && !x.rights.Credentials {
		return via.WithoutLogin()
	}
	return via
}

// denied refuses a host that an upstream proxy would resolve, and that is local
// by what is written. Where there is none, addresses are judged when they are dialed.
func (x *exchange) denied(via *upstream.Proxy, host []byte) *reply {
	if via == nil || x.rights.Loopback || !upstream.NamesLocal(string(host)) {
		return nil
	}
	return deniedReply(string(host))
}

func deniedReply(host string) *reply {
	return errorReply(403, flow.FailureNotAllowed, reason.LoopbackDenied.With(host))
}
