package lan_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"posthouse/app/lan"
)

func on(name string, prefixes ...string) lan.Interface {
	i := lan.Interface{Name: name, Up: true}
	for _, p := range prefixes {
		i.Addrs = append(i.Addrs, netip.MustParsePrefix(p))
	}
	return i
}

func tunnel(i lan.Interface) lan.Interface { i.PointToPoint = true; return i }

// As the interfaces are on computers of people, from the likeliest on.
func TestRank(t *testing.T) {
	loopback := on("lo", "127.0.0.1/8", "::1/128")
	loopback.Loopback = true
	down := on("wlan9", "192.168.9.9/24")
	down.Up = false
	for name, c := range map[string]struct {
		all  []lan.Interface
		want []string
	}{
		"Linux laptop": {
			[]lan.Interface{loopback, on("docker0", "172.17.0.1/16"), on("br-1f0c", "172.18.0.1/16"),
				tunnel(on("tailscale0", "100.101.1.2/32")),
				on("enp3s0", "10.0.0.5/8"), on("virbr0", "192.168.122.1/24"), tunnel(on("wg0", "10.8.0.2/24")), down,
				on("wlp2s0", "2001:db8::7/64", "fe80::1/64", "fd00::7/64", "192.168.1.20/24")},
			[]string{"192.168.1.20 wlp2s0 0", "fd00::7 wlp2s0 0", "2001:db8::7 wlp2s0 0", "10.0.0.5 enp3s0 1", "10.8.0.2 wg0 3",
				"100.101.1.2 tailscale0 3",
				"172.18.0.1 br-1f0c 4", "172.17.0.1 docker0 4", "192.168.122.1 virbr0 4"},
		},
		"Mac": {
			[]lan.Interface{on("bridge100", "192.168.64.1/24"), on("awdl0", "fe80::3/64"), tunnel(on("utun3", "10.9.0.3/32")),
				on("en0", "192.168.1.3/24"), on("en5", "169.254.9.9/16")},
			[]string{"192.168.1.3 en0 1", "10.9.0.3 utun3 3", "192.168.64.1 bridge100 4", "169.254.9.9 en5 5"},
		},
		"Windows": {
			[]lan.Interface{on("vEthernet (WSL (Hyper-V firewall))", "172.30.0.1/20"),
				on("VirtualBox Host-Only Network", "192.168.56.1/24"), on("Ethernet", "169.254.1.1/16"),
				on("OpenVPN TAP-Windows6", "10.7.0.2/24"), on("以太网 2", "192.168.3.3/24"), on("Wi-Fi", "192.168.1.30/24")},
			[]string{"192.168.1.30 Wi-Fi 0", "192.168.3.3 以太网 2 1", "10.7.0.2 OpenVPN TAP-Windows6 3",
				"192.168.56.1 VirtualBox Host-Only Network 4",
				"172.30.0.1 vEthernet (WSL (Hyper-V firewall)) 4", "169.254.1.1 Ethernet 5"},
		},
		"a server, and what is odd": {
			[]lan.Interface{on("strange", "192.168.5.5/24"), on("eth0", "203.0.113.9/24", "10.1.1.1/24", "0.0.0.0/0", "224.0.0.1/4")},
			[]string{"10.1.1.1 eth0 1", "203.0.113.9 eth0 1", "192.168.5.5 strange 2"},
		},
		"nothing but itself": {[]lan.Interface{loopback, down}, nil},
	} {
		for range 2 { // whatever order the system lists them in
			var got []string
			for _, a := range lan.Rank(c.all) {
				if !a.Network.Contains(a.Addr) {
					t.Errorf("%s: %v is not in %v", name, a.Addr, a.Network)
				}
				got = append(got, fmt.Sprintf("%v %s %d", a.Addr, a.Interface, a.Kind))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s:\ngot  %q\nwant %q", name, got, c.want)
			}
			slices.Reverse(c.all)
		}
	}
}

// This computer's own are ranked alike, whatever it has.
func TestAddresses(t *testing.T) {
	all, err := lan.Addresses()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Addr.IsLoopback() || !a.Network.Contains(a.Addr) || a.Interface == "" {
			t.Errorf("%+v", a)
		}
	}
	if !slices.IsSortedFunc(all, func(a, b lan.Address) int { return int(a.Kind) - int(b.Kind) }) {
		t.Errorf("%v", all)
	}
}
