package backend

import (
	"slices"
	"testing"
)

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{"0.0.0.0:1": "127.0.0.1:1", ":1": "127.0.0.1:1", "[::]:1": "[::1]:1",
		"10.0.0.1:1": "10.0.0.1:1", "localhost:1": "localhost:1"} {
		if got, err := Reachable(in); got != want || err != nil {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
	if _, err := Reachable("nonsense"); err == nil {
		t.Error("nonsense is an address")
	}
	ours := OwnAddress("127.0.0.1:9876")
	for addr, want := range map[string]bool{"127.0.0.1:9876": true, "localhost:9876": true, "[::1]:9876": true, "127.9.9.9:9876": true,
		"127.0.0.1:9877": false, "10.0.0.1:9876": false, "": false} {
		if ours(addr) != want {
			t.Errorf("%s is ours: %v", addr, !want)
		}
	}
}

func TestExtended(t *testing.T) {
	list := []string{"a", "LOCALHOST"}
	if got := Extended(list, "localhost", "b", "b"); !slices.Equal(got, []string{"a", "LOCALHOST", "b"}) || len(list) != 2 {
		t.Error(got)
	}
}
