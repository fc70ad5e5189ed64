package backend

import (
	"net"
	"slices"
	"time"
)

// answerLimit bounds the look at a previous proxy on this computer.
const answerLimit = 300 * time.Millisecond

// Dead are the addresses of a manual proxy on this computer that do not take
// connections. Proxies elsewhere are not asked.
func (s Summary) Dead() []string {
	var dead []string
	if s.Mode != ModeManual {
		return nil
	}
	for _, addr := range []string{s.HTTP, s.HTTPS, s.SOCKS} {
		if addr != "" && !slices.Contains(dead, addr) && !answers(addr) {
			dead = append(dead, addr)
		}
	}
	return dead
}

// answers reports whether a proxy on this computer takes connections. Others are
// not asked: that is not for us to do.
func answers(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || !IsLoopback(host) {
		return true
	}
	c, err := net.DialTimeout("tcp", addr, answerLimit)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
