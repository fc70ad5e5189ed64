package query_test

import (
	"net/netip"
	"testing"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// A device is found by its address with the zone that a row shows, and without.
func TestDeviceWithAZone(t *testing.T) {
	row := flow.Row{Kind: flow.KindHTTP, Client: netip.MustParseAddrPort("[fe80::1%eth0]:5555")}
	for text, want := range map[string]bool{"device:fe80::1%eth0": true, "device:=fe80::1%eth0": true, "device:fe80::1": true,
		"device:fe80::2%eth0": false} {
		q, err := query.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := q.Match(&row); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
