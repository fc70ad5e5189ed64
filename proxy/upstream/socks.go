package upstream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"posthouse/proxy/http1"
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

var socksReplies = [...]string{1: "general failure", 2: "its rules do not allow it", 3: "the network is unreachable",
	4: "the host is unreachable", 5: "the connection was refused", 6: "the time to live expired",
	7: "it cannot CONNECT", 8: "it does not know this type of address"}

// SOCKSError is a SOCKS5 proxy's answer that opens no connection.
type SOCKSError struct{ Code byte }

func (e *SOCKSError) Error() string {
	if int(e.Code) < len(socksReplies) && socksReplies[e.Code] != "" {
		return "it answered: " + socksReplies[e.Code]
	}
	return fmt.Sprintf("it answered with code %d", e.Code)
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

var errNotSOCKS = errors.New("its answer is not SOCKS5")

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
		return StageAuth, errors.New(withheldLogin)
	case answer[1] == socksNoMethod && !p.hasUser:
		return StageAuth, errors.New("it asks for authentication: write user and password into its URL, socks5://user:password@host:port")
	case answer[1] == socksNoMethod:
		return StageAuth, errors.New("it takes no user and password, and not none either")
	default:
		return StageSpeak, fmt.Errorf("it chose authentication method %d, which was not offered", answer[1])
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
		return StageAuth, errors.New("it does not accept the user and password in its URL")
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
		return nil, errors.New("SOCKS5 takes names of 1 to 255 bytes")
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
