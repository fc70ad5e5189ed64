package socket

import (
	"context"
	"net"
	"net/netip"
)

// Listen listens on a TCP address. Keep-alive probes are left to KeepAlive.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	config := net.ListenConfig{KeepAlive: -1}
	if to, err := netip.ParseAddrPort(addr); err == nil && to.Addr().IsLoopback() {
		config.SetMultipathTCP(false) // within this computer there is one path
	}
	ln, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return takeOver(ln), nil
}
