package flow

import (
	"net/netip"
	"time"
)

// Device is another device that reached the proxy.
type Device struct {
	Addr     netip.Addr
	Allowed  bool // may use the proxy; else its connections are closed before a byte is read
	Requests uint64
	Refused  uint64    // connections closed unread
	First    time.Time // first connection
	Last     time.Time // last connection or request
}
