package flow

import (
	"crypto/tls"
	"strings"
)

// TLSOutcome says what became of the TLS inside a tunnel.
type TLSOutcome uint8

const (
	TLSNone           TLSOutcome = iota // plain HTTP, or a tunnel that was not opened
	TLSDecrypted                        // opened: both TLS connections stand
	TLSBadCertificate                   // opened, but the origin's certificate did not pass (see Problem)
	TLSRefused                          // the client did not take Posthouse's certificate
	TLSFailed                           // opened towards the client, but there is no TLS with the origin
	TLSPlain                            // opened, and plain HTTP is in it: shown without a padlock
)

var tlsOutcomeCodes = [...]string{"", "decrypted", "bad-certificate", "refused", "failed", "plain"}

func (p TLSOutcome) String() string {
	if int(p) < len(tlsOutcomeCodes) {
		return tlsOutcomeCodes[p]
	}
	return "unknown"
}

// Problem is what is wrong with an origin's certificate, as a set of checks.
type Problem uint8

const (
	ProblemExpired           Problem = 1 << iota // its time is over
	ProblemNotYetValid                           // its time has not begun
	ProblemWrongHost                             // it is for other names
	ProblemSelfSigned                            // signed by itself alone
	ProblemUnknownAuthority                      // who vouches for it is not trusted here
	ProblemUnusable                              // another rule is broken: its key usage, its signature, a name constraint
	ProblemClientCertificate                     // not of the certificate: the origin asked for one of the client's and got none
)

var problemCodes = [...]string{"expired", "not-yet-valid", "wrong-host", "self-signed", "unknown-authority", "unusable",
	"client-certificate-required"}

// Codes are the names of the checks that failed, in a fixed order.
func (p Problem) Codes() []string {
	var codes []string
	for i, code := range problemCodes {
		if p&(1<<i) != 0 {
			codes = append(codes, code)
		}
	}
	return codes
}

func (p Problem) String() string { return strings.Join(p.Codes(), ",") }

// Trust says why an origin's certificate was accepted.
type Trust uint8

const (
	TrustNone     Trust = iota // it was not, or there is none
	TrustRoots                 // it passed all checks
	TrustPinned                // the settings pin it for the host
	TrustInsecure              // checks are switched off
)

var trustCodes = [...]string{"", "roots", "pinned", "insecure"}

func (t Trust) String() string {
	if int(t) < len(trustCodes) {
		return trustCodes[t]
	}
	return "unknown"
}

// Deviation says in what the ClientHello that an origin got is not the client's own, as a
// set. Keys, random values and session tickets are Posthouse's in any case.
type Deviation uint8

const (
	DeviationOwn      Deviation = 1 << iota // it is Posthouse's own: the client's cannot be mirrored
	DeviationSession                        // the client resumes a session, and none of the origin's is held
	DeviationKeyShare                       // key shares of groups that are unknown here
	DeviationUnknown                        // the origin chose what cannot be spoken here: that is no longer offered
	DeviationProtocol                       // only the protocol that the client's connection has is offered
)

var deviationCodes = [...]string{"own", "session", "key-share", "unsupported", "protocol"}

// Codes are the names of the differences, in a fixed order.
func (d Deviation) Codes() []string {
	var codes []string
	for i, code := range deviationCodes {
		if d&(1<<i) != 0 {
			codes = append(codes, code)
		}
	}
	return codes
}

// TLSState is what TLS agreed on with one peer. The zero value is no TLS.
type TLSState struct {
	Version uint16 // such as 0x0304
	Cipher  uint16 // cipher suite, IANA's number
	ALPN    string // "h2", "http/1.1", or "" for none
	Resumed bool   // an earlier session was taken up again
	JA4     JA4    // fingerprint of the ClientHello on this side
}

// VersionName is such as "TLS 1.3", "" for no TLS.
func (s TLSState) VersionName() string {
	if s.Version == 0 {
		return ""
	}
	return tls.VersionName(s.Version)
}

// CipherName is such as "TLS_AES_128_GCM_SHA256", "" for no TLS.
func (s TLSState) CipherName() string {
	if s.Version == 0 {
		return ""
	}
	return tls.CipherSuiteName(s.Cipher)
}

// Secure is what is known of both TLS connections of a decrypted exchange.
type Secure struct {
	Outcome     TLSOutcome
	Problem     Problem
	Trust       Trust
	Deviation   Deviation
	Client      TLSState
	Origin      TLSState
	Fingerprint [32]byte // SHA-256 of the origin's certificate; zero if there is none
	Chain       [][]byte // certificates as the origin sent them, DER, its own first; nil if none is kept
}
