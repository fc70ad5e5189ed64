//go:build unix

package socket

import (
	"errors"
	"syscall"
)

// IsReset reports whether the peer broke the connection off.
func IsReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}

// IsRefused reports whether nothing listens at the address.
func IsRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// IsTimedOut reports whether the system gave a connection up because its peer
// answers neither data nor keep-alive probes.
func IsTimedOut(err error) bool { return errors.Is(err, syscall.ETIMEDOUT) }

// IsPassing reports whether accepting failed for a reason of the network or of
// one connection that says nothing about the next (accept(2)).
func IsPassing(err error) bool {
	for _, e := range [...]syscall.Errno{syscall.ECONNABORTED, syscall.ENETDOWN, syscall.ENETUNREACH, syscall.EHOSTDOWN,
		syscall.EHOSTUNREACH,
		syscall.EPROTO, syscall.ENOPROTOOPT, syscall.EPERM, syscall.ETIMEDOUT} {
		if errors.Is(err, e) {
			return true
		}
	}
	return IsReset(err)
}

// IsExhausted reports whether this process or system has no descriptors, memory or ports left.
func IsExhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS) ||
		errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.EADDRNOTAVAIL)
}
