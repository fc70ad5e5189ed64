package process

import "net/netip"

// inTheWay reports whether who listens at one address keeps others from another with the same port.
func inTheWay(listens, wanted netip.Addr) bool {
	return listens == wanted.Unmap() || !wanted.IsValid() || wanted.IsUnspecified() || listens.IsUnspecified()
}
