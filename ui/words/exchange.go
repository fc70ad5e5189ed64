package words

import (
	"strconv"
	"time"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// FailureText says in plain words why an exchange failed.
func FailureText(f flow.Failure) string { return i18n.T("failure." + f.String()) }

// RemedyText says what a person can do about it.
func RemedyText(f flow.Failure) string { return i18n.T("remedy." + f.String()) }

// KindText says how an exchange was handled.
func KindText(r *flow.Row) string {
	switch {
	case r.Kind == flow.KindTunnel && r.TLS.Outcome == flow.TLSPlain:
		return i18n.T("kind.tunnel_plain")
	case r.Kind == flow.KindTunnel && (r.TLS.Outcome == flow.TLSDecrypted || r.TLS.Outcome == flow.TLSBadCertificate):
		return i18n.T("kind.tunnel_decrypted")
	case r.Kind == flow.KindTunnel:
		return i18n.T("kind.tunnel")
	case r.Kind == flow.KindUpgraded:
		return i18n.T("kind.upgraded")
	case r.Kind == flow.KindLocal:
		return i18n.T("kind.local")
	}
	return i18n.T("kind.http")
}

// PhaseText says how far an exchange has come.
func PhaseText(r *flow.Row) string {
	switch {
	case r.LeftStream():
		return i18n.T("phase.left")
	case r.Phase == flow.PhaseFailed && r.Failure == flow.FailureClientGone && r.Status != 0:
		return i18n.T("phase.cut")
	case r.Phase == flow.PhaseFailed:
		return i18n.T("phase.failed")
	case r.Phase == flow.PhaseDone:
		return i18n.T("phase.done")
	case r.Phase == flow.PhaseResponse && r.Kind != flow.KindHTTP && r.Kind != flow.KindLocal:
		return i18n.T("phase.open")
	case r.Phase == flow.PhaseResponse:
		return i18n.T("phase.response")
	}
	return i18n.T("phase.request")
}

// ExactSize is a size in three digits, and to the byte where that says more.
func ExactSize(n int64) string {
	if n < 1024 {
		return i18n.N("details.bytes", int(n), CountText(n))
	}
	return i18n.T("details.exact", SizeText(n), i18n.N("details.bytes", 2, CountText(n)))
}

// StepText is a short duration, down to microseconds.
func StepText(d time.Duration) string {
	if d > 0 && d < time.Millisecond {
		return strconv.FormatInt(max(1, d.Microseconds()), 10) + " µs"
	}
	if d <= 0 {
		return "0 ms"
	}
	return DurationText(d)
}
