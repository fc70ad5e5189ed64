package proxy

import (
	"bytes"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// Some schemes of authentication log a connection in, and not a request: NTLM, and
// Negotiate (RFC 4559), which takes several messages to do so. Whatever passes over
// that connection afterwards is the user's. One that carried a step of such a login,
// or was asked for one, therefore belongs to the client connection that it was used
// for (see bound.go): no other client's request goes over it, and no step of the login
// goes over another one.

// connectionSchemes log a connection in. A request that names one of them says so itself.
var connectionSchemes = [...]string{"ntlm", "negotiate", "nego2", "kerberos"}

// messageSchemes hold for the request that carries them (RFC 9110 section 11.2).
// A challenge of any other scheme may be for the connection, and is taken for that:
// it costs no more than a connection that is not shared.
var messageSchemes = [...]string{"basic", "bearer", "digest", "concealed", "dpop", "gnap", "hoba", "mutual", "oauth", "privatetoken",
	"scram-sha-1", "scram-sha-256", "vapid", "token", "apikey", "hawk", "aws4-hmac-sha256"}

func oneOf(scheme []byte, lower []string) bool {
	for _, s := range lower {
		if http1.EqualFold(scheme, s) {
			return true
		}
	}
	return false
}

// givesLogin reports whether the value of an Authorization or Proxy-Authorization
// field is a step of logging a connection in.
func givesLogin(value []byte) bool {
	scheme := bytes.TrimLeft(value, " \t")
	if end := bytes.IndexAny(scheme, " \t"); end >= 0 { // some origins take a tab too
		scheme = scheme[:end]
	}
	return oneOf(scheme, connectionSchemes[:])
}

// asksLogin reports whether the value of a WWW-Authenticate or Proxy-Authenticate
// field asks for one, and whether it is a step in the middle of it.
func asksLogin(value []byte) (asks, step bool) {
	for rest := value; ; {
		c, more, ok := http1.NextChallenge(rest)
		if !ok {
			return asks, step
		}
		if rest = more; !oneOf(c.Scheme, messageSchemes[:]) {
			asks, step = true, step || c.Token()
		}
	}
}

// detectLogin looks at the request's head, while it is there.
func (x *exchange) detectLogin() {
	if !x.req.HasLogin {
		return
	}
	for i := range x.req.Fields {
		switch f := &x.req.Fields[i]; f.Known {
		case http1.ProxyAuthorization:
			if x.passesLogin() {
				x.proxyLogin = true
			} else if x.inside == nil {
				continue // it ends here
			}
			x.login = x.login || givesLogin(f.Value)
		case http1.Authorization:
			x.login = x.login || givesLogin(f.Value)
		}
	}
}

// detectChallenge looks at the head of the final response, and says whom the origin's
// connection belongs to.
func (x *http1Exchange) detectChallenge() {
	asks, step := false, false
	for i := 0; x.resp.HasLogin && i < len(x.resp.Fields); i++ {
		if f := &x.resp.Fields[i]; f.Known == http1.WWWAuthenticate || f.Known == http1.ProxyAuthenticate {
			a, s := asksLogin(f.Value)
			asks, step = asks || a, step || s
		}
	}
	x.origin.Bound = x.origin.Bound || x.login || asks
	x.loginStep = step && (x.resp.Status == 401 || x.resp.Status == 407)
}

// loginLost ends the connection of a client that is in the middle of a login whose
// connection has ended, as it would have ended without Posthouse.
func loginLost() *reply {
	return &reply{failure: flow.FailureOriginClosed, closes: true, why: reason.LoginLost.With()}
}
