package reason

// How a client's side ended.
var (
	ClientLeft       = say("client-left", "The client closed the connection before the answer.")
	ClientLeftMidway = say("client-left-midway", "The client closed the connection before the answer was complete.")
	ClientTookNot    = say("client-took-not", "The client did not take the answer in time.")
	StreamLeft       = say("stream-left", "The client left before the answer was complete.")
	HeadLate         = say("head-late", "The request head did not arrive in time.")
	BodyLate         = say("body-late", "The request body did not arrive in time.")
	BodyCut          = say("body-cut", "The request body ended early.")
	LoginLost        = say("login-lost", "The connection that the client was logging in on (NTLM or Negotiate) has ended. Such a "+
		"login cannot go on over another connection, so the client's connection is closed too.")
)

// Why there is no connection to an origin.
var (
	NameUnknown   = say("name-unknown", "the name is not known")
	NameEmpty     = say("name-without-address", "the name has no address")
	NameNoAddress = say("name-no-ipv4", "not a valid IPv4 address")
	LeadsTo       = say("leads-to", "it leads to %s")

	DNSLate           = say("dns-late", "The name of %s was not resolved in time. Check the network and the name server.")
	DNSNotFound       = say("dns-not-found", "The host %s was not found: %s. Check the spelling and the name server.")
	ConnectLate       = say("connect-late", "The origin %s did not accept the connection in time.")
	OriginRefused     = say("origin-refused", "The origin %s refused the connection. Is its server running?")
	OriginUnreachable = say("origin-unreachable", "The origin %s cannot be reached: %s.")
)

// Why an answer did not come. The first argument is whom the connection leads to.
var (
	AnswerLate  = say("answer-late", "The %s did not answer in time.")
	Vanished    = say("vanished", "The %s vanished: it no longer acknowledges anything. Has the network changed? Try again.")
	Silent      = say("closed-unanswered", "The %s closed the connection without an answer.")
	ClosedAlike = say("closed-reused", "The %s closed a connection that was used before, without an answer. It may have worked "+
		"on the request, which is not one to send again, so the client's connection was closed too.")
	HeadBroke       = say("head-broke", "The connection to the %s broke inside the response head.")
	AnswerMalformed = say("answer-malformed", "The answer of the %s is not valid HTTP/1.1: %s.")

	UploadVanished = say("upload-vanished", "The origin vanished while it was sent the request body. Has the network changed? Try "+
		"again.")
	UploadStuck  = say("upload-stuck", "The origin stopped taking the request body.")
	ContinueLate = say("continue-late", "The client asked whether to send the request body, and the origin did not say so in time.")
	StreamReset  = say("stream-reset", "The origin %s reset the stream (%s).")
	NotSpoken    = say("protocol-not-spoken", "The origin %s no longer speaks %s.")
)

// How an answer's body broke off.
var (
	BodyStopped  = say("body-stopped", "The origin stopped sending before the end of the body.")
	BodyVanished = say("body-vanished", "The origin vanished before the end of the body: it no longer acknowledges anything. Has the "+
		"network changed?")
	BodyMalformed = say("body-malformed", "The response body is broken: %s.")
	BodyClosed    = say("body-closed", "The origin closed the connection before the end of the body.")
	BodyBare      = say("body-no-close-notify", "The origin ended the connection without a TLS close_notify, so the body may lack its "+
		"end.")
	BodyReset  = say("body-reset", "The origin reset the connection before the end of the body.")
	BodyBroke  = say("body-broke", "The connection to the origin broke before the end of the body: %s.")
	BodyStream = say("body-stream-reset", "The origin reset the stream before the end of the body (%s).")
)

// How a tunnel ended. The first argument is the side.
var (
	TunnelReset    = say("tunnel-reset", "The %s reset the connection.")
	TunnelVanished = say("tunnel-vanished", "The %s vanished: it no longer acknowledges anything. Has the network changed?")
	TunnelIdle     = say("tunnel-idle", "Nothing passed for %s.")
	TunnelBare     = say("tunnel-no-close-notify", "The %s ended the connection without a TLS close_notify.")
	TunnelBroke    = say("tunnel-broke", "The connection to the %s broke: %s.")
)

// What went wrong with an upstream proxy, whose URL is the first argument.
var (
	ProxyLoop = say("proxy-loop", "The upstream proxy %s is Posthouse itself. Name another one in the settings (proxy.upstream), "+
		"or none.")
	ProxyDNSLate     = say("proxy-dns-late", "The upstream proxy %s was not resolved in time. Check the network and the name server.")
	ProxyNotFound    = say("proxy-not-found", "The upstream proxy %s was not found: %s. Check it in the settings (proxy.upstream).")
	ProxyConnectLate = say("proxy-connect-late", "The upstream proxy %s did not accept the connection in time.")
	ProxyRefused     = say("proxy-refused", "The upstream proxy %s refused the connection. Is it running? Check it in the settings "+
		"(proxy.upstream).")
	ProxyUnreachable = say("proxy-unreachable", "The upstream proxy %s cannot be reached: %s.")
	ProxyTLSLate     = say("proxy-tls-late", "The upstream proxy %s did not finish the TLS handshake in time.")
	ProxyTLS         = say("proxy-tls", "The upstream proxy %s: the TLS handshake failed: %s.")
	ProxyCredentials = say("proxy-credentials", "The upstream proxy %s wants other credentials: %s.")
	ProxyTarget      = say("proxy-opened-nothing", "The upstream proxy %s opened no connection to %s: %s.")
	ProxyLate        = say("proxy-late", "The upstream proxy %s did not answer in time for %s.")
	ProxyUnusable    = say("proxy-unusable", "The upstream proxy %s cannot be used: %s. Check it in the settings (proxy.upstream).")
	ProxyWantsLogin  = say("proxy-wants-login", "The upstream proxy %s wants the client to log in: %s.")

	ProxyAnswered   = say("proxy-answered", "it answered %s")
	ProxyClosed     = say("proxy-closed", "it closed the connection instead of answering")
	ProxyMalformed  = say("proxy-malformed", "its answer is not valid HTTP/1.1: %s")
	ProxySwitched   = say("proxy-switched", "it switched protocols without being asked to")
	ProxyInterims   = say("proxy-interim-flood", "it sent too many interim responses")
	ProxySchemes    = say("proxy-schemes", "it asks for %s, and Posthouse can only do Basic")
	Or              = say("or", "%s or %s")
	ProxyUser       = say("proxy-user", "it asks for a user and password: write them into its URL, http://user:password@host:port")
	ProxyUserWrong  = say("proxy-user-wrong", "it does not accept the user and password in its URL")
	ProxyUserUnlent = say("proxy-user-not-lent", "it asks for a user and password, and other devices do not use those of this computer "+
		"(lan.credentials in the settings lets them)")

	SOCKSNot      = say("socks-not", "its answer is not SOCKS5")
	SOCKSUser     = say("socks-user", "it asks for authentication: write user and password into its URL, socks5://user:password@host:port")
	SOCKSNoMethod = say("socks-no-method", "it takes no user and password, and not none either")
	SOCKSMethod   = say("socks-method", "it chose authentication method %s, which was not offered")
	SOCKSName     = say("socks-name", "SOCKS5 takes names of 1 to 255 bytes")
	SOCKSAnswered = say("socks-answered", "it answered: %s")
	SOCKSCode     = say("socks-code", "it answered with code %s")
	SOCKSFailure  = say("socks-failure", "general failure")
	SOCKSRules    = say("socks-rules", "its rules do not allow it")
	SOCKSNetwork  = say("socks-network", "the network is unreachable")
	SOCKSHost     = say("socks-host", "the host is unreachable")
	SOCKSRefused  = say("socks-refused", "the connection was refused")
	SOCKSExpired  = say("socks-expired", "the time to live expired")
	SOCKSConnect  = say("socks-connect", "it cannot CONNECT")
	SOCKSAddress  = say("socks-address", "it does not know this type of address")
)
