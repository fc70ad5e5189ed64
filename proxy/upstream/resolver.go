package upstream

import (
	"context"
	"net"
)

// systemResolver is the system's, but one that ends when a lookup is called off:
// net's own waits on for its name server, up to five seconds, and its
// goroutines would outlive the proxy.
var systemResolver = &net.Resolver{Dial: dialNameServer}

// dialNameServer opens a connection that is closed once the query it is for is over.
func dialNameServer(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = c.Close() })
	return c, nil
}
