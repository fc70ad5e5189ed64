package decrypt

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Alert is the number of a TLS alert that a peer sent (RFC 8446 section 6.2).
type Alert uint8

// The alerts that say something about a certificate.
const (
	alertBadCertificate         Alert = 42
	alertUnsupportedCertificate Alert = 43
	alertCertificateRevoked     Alert = 44
	alertCertificateExpired     Alert = 45
	alertCertificateUnknown     Alert = 46
	alertUnknownCA              Alert = 48
	alertHandshakeFailure       Alert = 40
	alertAccessDenied           Alert = 49
	alertProtocolVersion        Alert = 70
	alertCertificateRequired    Alert = 116
	alertNoApplicationProtocol  Alert = 120
)

var alertNames = map[Alert]string{
	alertBadCertificate: "bad_certificate", alertUnsupportedCertificate: "unsupported_certificate",
	alertCertificateRevoked: "certificate_revoked", alertCertificateExpired: "certificate_expired",
	alertCertificateUnknown: "certificate_unknown", alertUnknownCA: "unknown_ca",
	alertHandshakeFailure: "handshake_failure", alertAccessDenied: "access_denied",
	alertProtocolVersion: "protocol_version", alertCertificateRequired: "certificate_required",
	alertNoApplicationProtocol: "no_application_protocol",
	20:                         "bad_record_mac", 47: "illegal_parameter", 50: "decode_error", 51: "decrypt_error",
	71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
	109: "missing_extension", 110: "unsupported_extension", 112: "unrecognized_name",
}

func (a Alert) String() string {
	if name := alertNames[a]; name != "" {
		return name
	}
	return fmt.Sprintf("alert %d", uint8(a))
}

// Reason names the alert, as a part of a sentence.
func (a Alert) Reason() flow.Reason { return reason.EndedAlert.With(a.String()) }

// PlainAlert is the error of a handshake that the peer ended with an alert in the
// clear, where crypto/tls expected an encrypted one.
type PlainAlert struct{ Alert }

func (e PlainAlert) Error() string { return "remote error: " + e.Alert.String() }

// RemoteAlert is the alert with which a peer ended a TLS connection.
func RemoteAlert(err error) (Alert, bool) {
	var plain PlainAlert
	if errors.As(err, &plain) {
		return plain.Alert, true
	}
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0, false
	}
	// crypto/tls has its own type for it, without a name for others.
	v := reflect.ValueOf(op.Err)
	if v.Kind() != reflect.Uint8 {
		return 0, false
	}
	return Alert(v.Uint()), true
}

// Certainty is how sure it is that a client refused Posthouse's certificate.
type Certainty uint8

const (
	Possible Certainty = iota + 1 // it left when it had seen the certificate, which has other reasons too
	Likely
	Sure
)

var certaintyNames = [...]string{"", "possible", "likely", "sure"}

func (c Certainty) String() string { return certaintyNames[c] }

// Refusal is what was seen of a client that did not go on with TLS.
type Refusal struct {
	Seen      flow.Reason   // an alert, closed, reset, closed after the handshake
	After     time.Duration // since the certificate was shown
	Certainty Certainty     // that it refused the certificate; 0: it was something else
}

// Refused reads the error of a handshake with a client. ok is false when it does
// not look like a refusal of the certificate; Seen still says what happened.
func Refused(err error, after time.Duration, reset bool) (r Refusal, ok bool) {
	r.After = after
	if alert, is := RemoteAlert(err); is {
		r.Seen = alert.Reason()
		switch alert {
		case alertUnknownCA:
			r.Certainty = Sure
		case alertBadCertificate, alertCertificateUnknown, alertUnsupportedCertificate, alertCertificateExpired, alertCertificateRevoked,
			alertAccessDenied:
			r.Certainty = Likely
		}
		return r, r.Certainty != 0
	}
	switch {
	case reset:
		r.Seen, r.Certainty = reason.SeenReset.With(), Likely
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		r.Seen, r.Certainty = reason.SeenClosed.With(), Likely
	default:
		r.Seen = reason.SeenFailed.With()
	}
	return r, r.Certainty != 0
}

// Silent is a client that finished the handshake and left without a request, as
// those do that pin a certificate and look at it afterwards. Browsers do it too,
// with connections that they made to be ready.
func Silent(after time.Duration) Refusal {
	return Refusal{Seen: reason.SeenSilent.With(), After: after, Certainty: Possible}
}

// Refusals counts, per host, how clients took Posthouse's certificate. Its zero
// value is ready.
type Refusals struct {
	mu     sync.Mutex
	by     map[string]*list.Element // of *HostRefusals
	recent list.List
}

// HostRefusals is what is counted of one host.
type HostRefusals struct {
	Host     string
	Refused  int // handshakes that ended in a refusal
	Accepted int // handshakes after which a request came
	Last     time.Time
	Seen     flow.Reason // of the last refusal
	How      Certainty   // of the last refusal
}

// maxRefusals bounds the hosts that are counted.
const maxRefusals = 512

// Count counts a refusal and returns the count for the host.
func (s *Refusals) Count(host string, r Refusal, now time.Time) HostRefusals {
	return s.update(host, true, func(h *HostRefusals) {
		h.Refused++
		h.Last, h.Seen, h.How = now, r.Seen, r.Certainty
	})
}

// Accepted counts a client that took the certificate and asked for something.
// Hosts without a refusal are not counted.
func (s *Refusals) Accepted(host string) {
	s.update(host, false, func(h *HostRefusals) { h.Accepted++ })
}

func (s *Refusals) update(host string, add bool, change func(*HostRefusals)) HostRefusals {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.by[host]
	if e == nil {
		if !add {
			return HostRefusals{}
		}
		if s.by == nil {
			s.by = make(map[string]*list.Element)
		}
		host = strings.Clone(host)
		e = s.recent.PushFront(&HostRefusals{Host: host})
		s.by[host] = e
		if len(s.by) > maxRefusals {
			oldest := s.recent.Remove(s.recent.Back()).(*HostRefusals)
			delete(s.by, oldest.Host)
		}
	}
	s.recent.MoveToFront(e)
	h := e.Value.(*HostRefusals)
	change(h)
	return *h
}

// All are the hosts with a refusal, the one of the last first.
func (s *Refusals) All() []HostRefusals {
	s.mu.Lock()
	all := make([]HostRefusals, 0, len(s.by))
	for e := s.recent.Front(); e != nil; e = e.Next() {
		all = append(all, *e.Value.(*HostRefusals))
	}
	s.mu.Unlock()
	slices.SortStableFunc(all, func(a, b HostRefusals) int { return b.Last.Compare(a.Last) })
	return all
}

// Describe is what a row says of it.
func (r Refusal) Describe(host string, count HostRefusals) flow.Reason {
	tries := reason.Tries.With(count.Refused, count.Refused+count.Accepted)
	if count.Refused+count.Accepted == 1 {
		tries = reason.FirstTry.With()
	}
	code := reason.RefusedPossible
	switch r.Certainty {
	case Sure:
		code = reason.RefusedSure
	case Likely:
		code = reason.RefusedLikely
	}
	return code.With(clipName(host), r.Seen, r.After.Milliseconds(), tries)
}
