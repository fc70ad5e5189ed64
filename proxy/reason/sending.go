package reason

// What Posthouse itself sends: why it cannot be, and what came of it.
var (
	SendScheme  = say("send-scheme", "only http and https can be sent to")
	SendHost    = say("send-host", "the address names no host")
	SendHead    = say("send-head", "there is no head to send")
	SendFields  = say("send-fields", "HTTP/2 needs the fields of the head")
	SendPlainH2 = say("send-plain-h2", "HTTP/2 is spoken over TLS alone: take https or HTTP/1.1")
	SendConnect = say("send-connect", "CONNECT opens a tunnel and cannot be sent")
	SendFollow  = say("send-follow", "at most 20 redirects are followed")
	SendTunnel  = say("send-tunnel", "what is inside this tunnel is not known: decrypt the host and ask again")
	SendNoHead  = say("send-no-head", "its head was not recorded")
	SendCut     = say("send-cut", "only the first %s bytes of its body were kept, of %s: raise the limit on bodies")
	SendEvicted = say("send-evicted", "its body has left memory")
	SendNoBody  = say("send-no-body", "its body was not recorded")
	SendOpen    = say("send-open", "its body is still arriving")
	SendChunked = say("send-chunked", "Its chunks are Posthouse's: where the first ones began is not kept.")

	SendCancelled = say("send-cancelled", "You cancelled it.")
	SendLate      = say("send-late", "It was not done within %s, and was ended.")
	SendClosed    = say("send-closed", "The connection that it opened was not kept.")
	SendNotSpoken = say("send-not-spoken", "The origin %s does not speak HTTP/2.")
	SendOwnHello  = say("send-own-hello", "It went with Posthouse's own TLS: the ClientHello of the program is no longer known.")
	SendUnruled   = say("send-unruled", "No rule was asked: its head is no HTTP that can be read in one way.")
	SendMany      = say("send-many", "%s requests are under way already: wait for one to end")

	SendRedirects = say("send-redirects", "it leads on after %s redirects")
	SendLocation  = say("send-location", "the answer leads to %s, which cannot be followed")
	SendUnkept    = say("send-unkept", "the answer was not recorded, so that where it leads is not known")
)
