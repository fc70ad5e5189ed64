package socket

import (
	"errors"

	"golang.org/x/sys/windows"
)

// IsReset reports whether the peer broke the connection off.
func IsReset(err error) bool {
	return errors.Is(err, windows.WSAECONNRESET) || errors.Is(err, windows.WSAECONNABORTED)
}

// IsRefused reports whether nobody listens at the address.
func IsRefused(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }

// IsExhausted reports whether this process or system has no descriptors, memory or ports left.
func IsExhausted(err error) bool {
	return errors.Is(err, windows.WSAEMFILE) || errors.Is(err, windows.WSAENOBUFS)
}
