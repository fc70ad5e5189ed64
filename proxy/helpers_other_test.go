//go:build !linux

package proxy_test

import "testing"

// knowsPeers says whether the system tells a peer that closed from one that ended its sending side only.
const knowsPeers = false

// blackHole is an address that takes no connection and refuses none.
func blackHole(t *testing.T) string {
	t.Helper()
	t.Skip("needs a listener whose queue can be filled")
	return ""
}
