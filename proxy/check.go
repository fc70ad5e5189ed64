package proxy

import (
	"net/http"
	"time"

	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// Check is a host that Posthouse answers itself, in TLS and with the check's own
// certificate, so that it can be tried whether a client trusts that and comes this
// way. No request for it leaves this computer, whatever else the configuration
// says of upstream proxies and of what is decrypted. The methods are called on
// clients' goroutines, by many concurrently, and must not wait.
type Check interface {
	// Is reports whether a host, a name or an address without brackets, is the
	// check's. It is asked for every request and allocates nothing.
	Is(host []byte) bool
	// Open is told of a tunnel to the host and says how it is opened. The error is
	// a sentence for the client, which is answered 503 with it.
	Open(host string) (*decrypt.Policy, error)
	// Refused is told of a client that did not take the certificate, or left when
	// it had seen it.
	Refused(host string, r decrypt.Refusal)
	// ServeHTTP answers what is asked inside, as Config.Local does, and what is asked
	// of https://posthouse/.
	http.Handler
}

// checks reports whether a host is the check's.
func (c *Config) checks(host []byte) bool { return c.Check != nil && c.Check.Is(host) }

// answersTunnel reports whether a tunnel ends in Posthouse: at the check's host, or at
// the proxy's own page in TLS, https://posthouse/, which the check answers too.
func (c *Config) answersTunnel(to *http1.Authority) bool {
	return c.Check != nil && (c.Check.Is(to.Host) || to.Port == 443 && http1.EqualFold(to.Host, MagicHost))
}

// openCheck answers CONNECT to the check's host: the same as for an origin that
// is decrypted, without an origin.
func (x opening) openCheck() bool {
	check := x.config.Check
	host, port := string(x.auth.Host), x.auth.Port // the head's memory is used again
	p, err := check.Open(host)
	if err != nil {
		return x.answer(errorReply(503, flow.FailureTLS, reason.CheckFailed.With(reason.Of(err))))
	}
	in := newInterception(p, x.http1Exchange)
	in.check = check
	if _, err := x.conn.socket.Write([]byte(established)); err != nil {
		return x.answer(gone())
	}
	x.rec.Opened(200, time.Now())
	info, what := x.awaitHello()
	switch what {
	case openEnded:
		return x.endOpening(flow.FailureNone, flow.Reason{})
	case openLate:
		return x.endOpening(flow.FailureTLS, reason.HelloLate.With())
	case openOther:
		return x.endOpening(flow.FailureTLS, reason.CheckPlain.With())
	}
	offer, http := decrypt.OfferOf(info.ServerName, info.Protocols)
	if !http {
		return x.endOpening(flow.FailureTLS, reason.CheckNoHTTP.With())
	}
	in.hello = helloTLS(&info)
	x.rec.SetTLS(in.hello)
	if !x.srv.handshakes.enter(x.conn) {
		return x.endOpening(flow.FailureLimit, reason.HandshakeLimit.With())
	}
	defer x.srv.handshakes.leave(x.conn)
	in.target = p.Target(host, port, offer)
	return x.handshakeClient(in, in.target.Fallback())
}
