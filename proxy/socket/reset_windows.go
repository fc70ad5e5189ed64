package socket

import (
	"errors"

	"golang.org/x/sys/windows"
)

// IsReset reports whether the peer broke the connection off.
func IsReset(err error) bool {
	return errors.Is(err, windows.WSAECONNRESET) || errors.Is(err, windows.WSAECONNABORTED)
}

// IsRefused reports whether nothing listens at the address.
func IsRefused(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }

// IsTimedOut reports whether the system gave a connection up because its peer
// answers neither data nor keep-alive probes.
func IsTimedOut(err error) bool { return errors.Is(err, windows.WSAETIMEDOUT) }

// IsPassing reports whether accepting failed for a reason of the network or of
// one connection that says nothing about the next.
func IsPassing(err error) bool {
	return errors.Is(err, windows.WSAENETDOWN) || errors.Is(err, windows.WSAECONNABORTED) ||
		errors.Is(err, windows.ERROR_NETNAME_DELETED) || IsReset(err)
}

// IsExhausted reports whether this process or system has no descriptors, memory or ports left.
func IsExhausted(err error) bool {
	return errors.Is(err, windows.WSAEMFILE) || errors.Is(err, windows.WSAENOBUFS)
}
