package reason

// TLS with the origin.
var (
	TLSAlert      = say("tls-alert", "The origin %s refused the TLS handshake (alert %s).")
	TLSNot        = say("tls-not", "The origin %s does not answer with TLS.")
	TLSClosed     = say("tls-closed", "The origin %s closed the connection inside the TLS handshake.")
	TLSFailed     = say("tls-failed", "The TLS handshake with the origin %s failed: %s.")
	TLSLate       = say("tls-late", "The origin %s did not finish the TLS handshake in time.")
	TLSUnanswered = say("tls-unanswered", "The origin %s ended the TLS connection without an answer (%s).")

	// An origin that wants a client certificate: how it ended TLS, and what helps.
	CertificateWanted = say("client-certificate", "The origin %s insists on a client certificate (%s). %s")
	CertificateLate   = say("client-certificate-late", "The origin %s asked for a client certificate, got none, and did not finish the "+
		"TLS handshake in time. %s")
	CertificateAdd     = say("client-certificate-add", "Add one for this host to the settings.")
	CertificateNotLent = say("client-certificate-not-lent", "There is one in the settings, and other devices do not use it "+
		"(lan.credentials lets them).")
	EndedAlert  = say("ended-alert", "alert %s")
	EndedClosed = say("ended-closed", "the connection was closed")
)

// TLS with the client.
var (
	HelloLate   = say("hello-late", "The client sent no whole ClientHello in time.")
	HelloHidden = say("hello-hidden", "The ClientHello is encrypted (ECH): only %s can be read of it, so the tunnel passed "+
		"unread. To decrypt it, switch ECH off in the client.")
	ClientTLSLate   = say("client-tls-late", "The client did not finish the TLS handshake in time.")
	ClientTLSFailed = say("client-tls-failed", "The TLS handshake with the client failed: %s.")
	NoCertificate   = say("no-certificate", "Posthouse cannot make a certificate for this host: %s.")

	// A client that did not take the certificate: the host, what was seen, after how many
	// milliseconds, at which of how many tries.
	RefusedSure = say("client-refused-sure", "The client refused the certificate for %s (%s after %s ms, %s). It does not trust the "+
		"CA: install it there, or pass this host through.")
	RefusedLikely = say("client-refused-likely", "The client refused the certificate for %s (%s after %s ms, %s). Likely it does not "+
		"trust the CA, or pins: install the CA there, or pass this host through.")
	RefusedPossible = say("client-refused-possible", "The client refused the certificate for %s (%s after %s ms, %s). It may pin, or "+
		"did not need the connection. If it fails, pass this host through.")
	FirstTry = say("first-try", "the first try")
	Tries    = say("tries", "%s of %s tries")

	SeenClosed = say("seen-closed", "closed")
	SeenReset  = say("seen-reset", "reset")
	SeenFailed = say("seen-failed", "failed")
	SeenSilent = say("seen-closed-after", "closed after the handshake")
)

// What is wrong with an origin's certificate.
var (
	CertificateRejected = say("certificate-rejected", "The certificate of %s did not pass: %s.")
	CertificateNone     = say("certificate-none", "the origin sent none")
	CertificateExpired  = say("certificate-expired", "it expired on %s")
	CertificateNotYet   = say("certificate-not-yet", "it is valid only from %s")
	CertificateNames    = say("certificate-names", "it is for %s and not for this host")
	CertificateNameless = say("certificate-nameless", "it names no host at all")
	CertificateSelf     = say("certificate-self-signed", "it is self-signed")
	CertificateIssuer   = say("certificate-issuer", "its issuer, %s, is not trusted on this computer")
	CertificateUnusable = say("certificate-unusable", "it breaks a rule for certificates of servers")

	// Rules of the form, and of strength.
	CertificateTrailing   = say("certificate-trailing", "there are bytes behind its end")
	CertificateTwice      = say("certificate-twice", "it has the extension %s twice")
	CertificateSerial     = say("certificate-serial", "its serial number has a form that is not allowed")
	CertificateVersion    = say("certificate-version", "its version is none that there is")
	CertificateAlgorithms = say("certificate-algorithms", "it names two algorithms for its one signature")
	CertificateAddress    = say("certificate-address", "it is for an address of %s bytes, and there are none of that length",
		"it is for an address of %s byte, and there are none of that length")
	CertificateBadNames   = say("certificate-bad-names", "the names that it is for cannot be read")
	CertificateBadSubject = say("certificate-bad-subject", "its subject or issuer cannot be read")
	CertificateBadTime    = say("certificate-bad-time", "its time cannot be read")
	CertificateBadKey     = say("certificate-bad-key", "its key has a form that cannot be read")
	CertificateForm       = say("certificate-form", "it breaks the form of certificates (%s)")
	CertificateKey        = say("certificate-key", "its key is none that Posthouse can speak TLS with, so pinning it does not help")
	CertificateKeySize    = say("certificate-key-size", "an RSA key of %s bits in its chain is too short to be trusted")
	CertificateSignature  = say("certificate-signature", "it is signed with %s, which can be forged")
	CertificateVouches    = say("certificate-vouches", "a certificate that is to vouch for it breaks a rule: %s")

	NamesTwo  = say("names-two", "%s and %s")
	NamesMore = say("names-more", "%s, %s and %s more")
)
