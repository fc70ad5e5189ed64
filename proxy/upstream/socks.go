package upstream

import (
	"encoding/binary"
	"io"
	"net"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// Numbers of RFC 1928 and RFC 1929.
const (
	socksVersion  = 5
	socksNone     = 0    // method: no authentication
	socksPassword = 2    // method: user and password
	socksNoMethod = 0xff // answer: none of the methods offered
	socksConnect  = 1    // command
	socksIPv4     = 1    // address types
	socksName     = 3
	socksIPv6     = 4
)

var socksReplies = [...]flow.ReasonCode{1: reason.SOCKSFailure, 2: reason.SOCKSRules, 3: reason.SOCKSNetwork, 4: reason.SOCKSHost,
	5: reason.SOCKSRefused, 6: reason.SOCKSExpired, 7: reason.SOCKSConnect, 8: reason.SOCKSAddress}

// SOCKSError is a SOCKS5 proxy's answer that opens no connection.
type SOCKSError struct{ Code byte }

func (e *SOCKSError) Error() string { return reason.English(e.Reason()) }

// Reason is what it answered, as a reason.
func (e *SOCKSError) Reason() flow.Reason {
	if int(e.Code) < len(socksReplies) && socksReplies[e.Code] != "" {
		return reason.SOCKSAnswered.With(socksReplies[e.Code])
	}
	return reason.SOCKSCode.With(int(e.Code))
}

// speakSOCKS asks a SOCKS5 proxy for a connection. It reads not a byte more
// than the answers have, so that what follows is the origin's.
func speakSOCKS(c net.Conn, p *Proxy, host string, port uint16) (Stage, error) {
	if stage, err := chooseMethod(c, p); err != nil {
		return stage, err
	}
	request, err := socksRequest(host, port)
	if err != nil {
		return StageTarget, err
	}
	if _, err := c.Write(request); err != nil {
		return StageSpeak, silent(err)
	}
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return StageSpeak, silent(err)
	}
	if head[0] != socksVersion {
		return StageSpeak, errNotSOCKS
	}
	if head[1] != 0 {
		return StageTarget, &SOCKSError{head[1]} // the address behind it says nothing then
	}
	return StageSpeak, skipAddress(c, head[3])
}

var errNotSOCKS = error(reason.New(reason.SOCKSNot))

// chooseMethod agrees on how to authenticate, and does so (RFC 1928 section 3, RFC 1929).
func chooseMethod(c net.Conn, p *Proxy) (Stage, error) {
	hello := []byte{socksVersion, 1, socksNone}
	if p.hasUser {
		hello = []byte{socksVersion, 2, socksNone, socksPassword}
	}
	if _, err := c.Write(hello); err != nil {
		return StageSpeak, silent(err)
	}
	var answer [2]byte
	if _, err := io.ReadFull(c, answer[:]); err != nil {
		return StageSpeak, silent(err)
	}
	switch {
	case answer[0] != socksVersion:
		return StageSpeak, errNotSOCKS
	case answer[1] == socksNone:
		return 0, nil
	case answer[1] == socksPassword && p.hasUser:
	case answer[1] == socksNoMethod && p.withheld:
		return StageAuth, reason.New(reason.ProxyUserUnlent)
	case answer[1] == socksNoMethod && !p.hasUser:
		return StageAuth, reason.New(reason.SOCKSUser)
	case answer[1] == socksNoMethod:
		return StageAuth, reason.New(reason.SOCKSNoMethod)
	default:
		return StageSpeak, reason.New(reason.SOCKSMethod, int(answer[1]))
	}
	login := append([]byte{1, byte(len(p.user))}, p.user...)
	login = append(append(login, byte(len(p.password))), p.password...)
	if _, err := c.Write(login); err != nil {
		return StageSpeak, silent(err)
	}
	if _, err := io.ReadFull(c, answer[:]); err != nil {
		return StageSpeak, silent(err)
	}
	if answer[1] != 0 {
		return StageAuth, reason.New(reason.ProxyUserWrong)
	}
	return 0, nil
}

// socksRequest asks for a connection; names are left to the proxy to resolve.
func socksRequest(host string, port uint16) ([]byte, error) {
	out := []byte{socksVersion, socksConnect, 0}
	a, _ := http1.HostAddr(host)
	switch {
	case a.Is4():
		b := a.As4()
		out = append(append(out, socksIPv4), b[:]...)
	case a.Is6():
		b := a.As16()
		out = append(append(out, socksIPv6), b[:]...)
	case len(host) == 0 || len(host) > 255:
		return nil, reason.New(reason.SOCKSName)
	default:
		out = append(append(out, socksName, byte(len(host))), host...)
	}
	return binary.BigEndian.AppendUint16(out, port), nil
}

// skipAddress reads the address that the proxy is bound to, which is not needed.
func skipAddress(c net.Conn, kind byte) error {
	var n int
	switch kind {
	case socksIPv4:
		n = 4
	case socksIPv6:
		n = 16
	case socksName:
		var length [1]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return silent(err)
		}
		n = int(length[0])
	default:
		return errNotSOCKS
	}
	var rest [255 + 2]byte
	if _, err := io.ReadFull(c, rest[:n+2]); err != nil {
		return silent(err)
	}
	return nil
}
