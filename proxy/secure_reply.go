package proxy

import (
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"posthouse/proxy/capture"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// handshakeReply finds the words for TLS with the origin that did not come
// about, and notes in in.secure what is known.
func (c *conn) handshakeReply(in *interception, err error, unanswered bool) *reply {
	if c.watch.gone.Load() {
		return gone()
	}
	if c.srv.base.Err() != nil || c.wasCut() {
		return c.cutReply()
	}
	name := portText(in.asked())
	in.secure.Outcome, in.secure.Problem = flow.TLSFailed, 0
	var bad *decrypt.CertificateError
	if errors.As(err, &bad) {
		in.secure.Outcome, in.secure.Problem = flow.TLSBadCertificate, bad.Problem
		in.secure.Fingerprint, in.secure.Chain = bad.Fingerprint, bad.Chain
		return certificateReply(bad)
	}
	if unanswered {
		in.secure.Problem = flow.ProblemClientCertificate
	}
	alert, isAlert := decrypt.RemoteAlert(err)
	switch {
	case c.watch.expired.Load():
		c.forgive()
		return lateHandshake(in, unanswered)
	case unanswered:
		return errorReply(502, flow.FailureTLS, reason.CertificateWanted.With(name, howEnded(err), in.certificateAdvice()))
	case isAlert:
		return errorReply(502, flow.FailureTLS, reason.TLSAlert.With(name, alert.String()))
	case decrypt.NotTLS(err):
		return errorReply(502, flow.FailureTLS, reason.TLSNot.With(name))
	case err == io.EOF, err == io.ErrUnexpectedEOF, socket.IsReset(err):
		return errorReply(502, flow.FailureTLS, reason.TLSClosed.With(name))
	}
	return errorReply(502, flow.FailureTLS, reason.TLSFailed.With(name, reason.Of(err)))
}

func lateHandshake(in *interception, unanswered bool) *reply {
	name := portText(in.asked())
	why := reason.TLSLate.With(name)
	if unanswered {
		why = reason.CertificateLate.With(name, in.certificateAdvice())
	}
	return errorReply(504, flow.FailureTLS, why)
}

// certificateAdvice says what helps with an origin that wants a client certificate.
func (in *interception) certificateAdvice() flow.ReasonCode {
	if in.asked().Withheld() {
		return reason.CertificateNotLent
	}
	return reason.CertificateAdd
}

// howEnded says with what a peer ended TLS.
func howEnded(err error) flow.Reason {
	if alert, ok := decrypt.RemoteAlert(err); ok {
		return alert.Reason()
	}
	return reason.EndedClosed.With()
}

var problemsInChinese = []struct {
	problem flow.Problem
	words   string
}{
	{flow.ProblemExpired, "它已过期"}, {flow.ProblemNotYetValid, "它尚未生效"}, {flow.ProblemWrongHost, "它不属于此主机"},
	{flow.ProblemSelfSigned, "它是自签名的"}, {flow.ProblemUnknownAuthority, "它的签发者不受本机信任"},
	{flow.ProblemUnusable, "它违反服务器证书的规则"},
}

// certificateReply is the page in place of an origin whose certificate did not pass.
func certificateReply(e *decrypt.CertificateError) *reply {
	r := errorReply(502, flow.FailureTLS, e.Reason())
	var b strings.Builder
	b.WriteString("Posthouse: 502 Bad Gateway\n\nThe certificate of " + e.Host + " did not pass, so nothing was sent to it:\n\n")
	for _, why := range e.Reasons() {
		b.WriteString("  - " + reason.English(why) + "\n")
	}
	b.WriteString("\nIts SHA-256 fingerprint is\n\n  " + hex.EncodeToString(e.Fingerprint[:]) + "\n\n")
	b.WriteString("If you know that this is right, trust this certificate for this host in Posthouse,\n")
	b.WriteString("or name its issuer among the extra roots in the settings. Otherwise somebody may be\nlistening between you and " +
		e.Host + ".\n")
	// It is made before the request that says which language is wanted.
	b.WriteString("\n----\n\n" + e.Host + " 的证书未通过检查，因此没有向它发送任何内容：\n\n")
	for _, p := range problemsInChinese {
		if e.Problem&p.problem != 0 {
			b.WriteString("  - " + p.words + "\n")
		}
	}
	if len(e.Chain) == 0 {
		b.WriteString("  - 服务器没有发送证书\n")
	}
	b.WriteString("\n它的 SHA-256 指纹见上方。如果您确认它没有问题，请在 Posthouse 中为此主机信任此证书，\n" +
		"或在设置的“其他根证书”中加入其签发者。否则，可能有人正在窃听您与 " + e.Host + " 之间的通信。\n")
	r.body = b.String()
	return r
}

// originError is an origin that ended TLS instead of answering.
type originError struct {
	err           error
	certRequested bool // for a client certificate, and got none
	secure        *flow.Secure
}

func (e *originError) Error() string { return e.err.Error() }
func (e *originError) Unwrap() error { return e.err }

func isAlert(err error) bool {
	_, is := decrypt.RemoteAlert(err)
	return is
}

// asOriginError tells an origin that ends TLS with an alert, or that asked for a
// client certificate and closes, from one that just closes.
func asOriginError(o *upstream.Conn, err error) error {
	if o.TLS == nil {
		return err
	}
	requested := o.CertUnanswered != nil && o.CertUnanswered() && !o.Used
	if !isAlert(err) && !(requested && err == errOriginSilent) {
		return err
	}
	return &originError{err, requested, o.TLS}
}

// originReply finds the words for an originError.
func (in *interception) originReply(rec *capture.Record, e *originError) *reply {
	name := portText(in.asked())
	if !e.certRequested {
		return errorReply(502, flow.FailureTLS, reason.TLSUnanswered.With(name, howEnded(e.err)))
	}
	s := *e.secure
	s.Client, s.Problem, s.Outcome = in.secure.Client, s.Problem|flow.ProblemClientCertificate, flow.TLSFailed
	rec.SetSecure(&s)
	return errorReply(502, flow.FailureTLS, reason.CertificateWanted.With(name, howEnded(e.err), in.certificateAdvice()))
}
