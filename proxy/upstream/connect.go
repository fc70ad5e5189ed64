package upstream

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// Bounds of a proxy's answer to CONNECT.
const (
	maxAnswerHead   = 64 << 10 // bytes
	maxAnswerFields = 200
	maxAnswers      = 10 // interim responses before the final one
)

var answerLimits = http1.Limits{StartLine: 8 << 10, Head: maxAnswerHead, Fields: maxAnswerFields}

// speakConnect sends a CONNECT request (RFC 9110 section 9.3.6) and reads its
// answer. What breaks the rules and has one meaning is mended.
func speakConnect(c *Conn, p *Proxy, head []byte) (mended flow.Mended, stage Stage, err error) {
	if _, err := c.Write(head); err != nil {
		return 0, StageSpeak, silent(err)
	}
	reader := http1.ResponseReader{Tunnel: true}
	var resp http1.Response
	for range maxAnswers {
		reader.Reset()
		if err := readHead(c, &reader, &resp); err != nil {
			return 0, StageSpeak, err
		}
		if resp.Mended != 0 {
			mended |= resp.Mended | flow.MendedConnect
		}
		switch {
		case resp.Status == 407:
			return 0, StageAuth, &ChallengeError{Challenged(p, &resp)}
		case resp.Status >= 300:
			return 0, StageTarget, &StatusError{resp.Status, clean(string(resp.Reason))}
		case resp.Status >= 200:
			// Content-Length and Transfer-Encoding mean nothing here: what follows is the tunnel.
			c.Discard(len(resp.Sent))
			return mended, 0, nil
		case resp.Status == 101:
			return 0, StageSpeak, reason.New(reason.ProxySwitched)
		}
		c.Discard(len(resp.Sent))
	}
	return 0, StageSpeak, reason.New(reason.ProxyInterims)
}

func readHead(c *Conn, reader *http1.ResponseReader, resp *http1.Response) error {
	for {
		if b := c.Buffered(); len(b) > 0 {
			n, err := reader.Read(resp, b, &answerLimits)
			if err != nil {
				return &reason.Error{Why: reason.ProxyMalformed.With(reason.Of(err)), Err: err}
			}
			if n > 0 {
				return nil
			}
		}
		err := c.Fill()
		if err == socket.ErrFull {
			if c.Grow(maxAnswerHead+1) != nil {
				return http1.ErrHeadTooLarge
			}
			err = c.Fill()
		}
		if err != nil {
			return silent(err)
		}
	}
}

// maxSent bounds what is kept of an answer that opened nothing, in bytes: as much as a row has of it.
const maxSent = 16 << 10

// KeepSent copies what waits in the connection, which failed with err, into its DialError.
func KeepSent(err error, c *Conn) {
	var d *DialError
	if b := c.Buffered(); len(b) > 0 && errors.As(err, &d) {
		d.Sent = bytes.Clone(b[:min(len(b), maxSent)])
	}
}

// silent finds words for a proxy that closed the connection instead of answering.
func silent(err error) error {
	if err == io.EOF || socket.IsReset(err) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errEnded
	}
	return err
}

// ChallengeError is an upstream proxy that wants a login before it opens a tunnel.
type ChallengeError struct{ wants flow.Reason }

func (e *ChallengeError) Error() string { return reason.English(e.wants) }

// Reason is what it asks for.
func (e *ChallengeError) Reason() flow.Reason { return e.wants }

// errEnded is a proxy that ended the connection instead of answering.
var errEnded = error(reason.New(reason.ProxyClosed))

// Ended reports whether an upstream proxy ended the connection without an answer.
func Ended(err error) bool { return errors.Is(err, errEnded) }

// StatusError is an upstream proxy's answer to CONNECT that opens no tunnel.
type StatusError struct {
	Status int
	Phrase string // the reason phrase, cut at 128 bytes
}

func (e *StatusError) Error() string { return reason.English(e.Reason()) }

// Reason is what it answered, as a reason.
func (e *StatusError) Reason() flow.Reason {
	return reason.ProxyAnswered.With(strings.TrimSpace(strconv.Itoa(e.Status) + " " + e.Phrase))
}

// maxReason bounds what is repeated of another proxy's words, in bytes.
const maxReason = 128

func clean(reason string) string {
	return strings.ToValidUTF8(strings.TrimSpace(reason[:min(len(reason), maxReason)]), "\ufffd")
}

// Challenged says what a 407 answer of the proxy p asks for, and what to do.
func Challenged(p *Proxy, resp *http1.Response) flow.Reason {
	schemes := challenges(resp)
	basic := len(schemes) == 0
	for _, s := range schemes {
		basic = basic || strings.EqualFold(s, "Basic")
	}
	switch {
	case p.withheld:
		return reason.ProxyUserUnlent.With() // a client that is not lent the login that there is
	case !basic:
		return reason.ProxySchemes.With(either(schemes))
	case p.authorization != "":
		return reason.ProxyUserWrong.With()
	}
	return reason.ProxyUser.With()
}

// either joins texts by "or".
func either(texts []string) (all flow.Reason) {
	for i, text := range texts {
		if i == 0 {
			all = reason.Text.With(text)
			continue
		}
		all = reason.Or.With(all, text)
	}
	return all
}

// maxChallenges bounds how many authentication schemes are named.
const maxChallenges = 8

// challenges are the schemes that Proxy-Authenticate fields name (RFC 9110 section 11.7.1).
func challenges(resp *http1.Response) []string {
	var schemes []string
	for i := range resp.Fields {
		f := &resp.Fields[i]
		if f.Known != http1.ProxyAuthenticate {
			continue
		}
		for rest := f.Value; ; {
			c, more, ok := http1.NextChallenge(rest)
			if !ok {
				break
			}
			if len(c.Scheme) <= 32 && len(schemes) < maxChallenges {
				schemes = append(schemes, string(c.Scheme))
			}
			rest = more
		}
	}
	return schemes
}
