package macos

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/app/desktop/sysproxy/macos/macostest"
)

func TestMacWantsAnAdministrator(t *testing.T) {
	f := macostest.New()
	f.NoAdmin = true
	n := &networkSetup{f.Run}
	snap, err := n.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Apply(t.Context(), n.Plan(snap.Values, "127.0.0.1:9876")); !errors.Is(err, ErrAdmin) {
		t.Errorf("it says %v", err)
	}
	sets := slices.DeleteFunc(f.Calls, func(call string) bool { return !strings.HasPrefix(call, "-set") })
	if len(sets) != 1 {
		t.Errorf("it is asked again and again: %q", sets)
	}
}

// A password could not be put back: such a proxy is left alone.
func TestProxyWithAPasswordIsRefused(t *testing.T) {
	for _, state := range []string{"on", "off"} {
		f := macostest.New()
		f.Parts["Wi-Fi/secureweb"] = []string{state, "10.1.1.1", "3128", "auth"}
		n := &networkSetup{f.Run}
		snap, err := n.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Refuse(snap.Values); !errors.Is(err, ErrCredentials) || !strings.Contains(err.Error(), "Wi-Fi") {
			t.Errorf("%s: %v", state, err)
		}
		if s := n.Summary(snap.Values); state == "on" && s.HTTPS != "10.1.1.1:3128" {
			t.Errorf("%+v", s)
		}
		snap.Values["Wi-Fi/active"] = backend.Value{Text: "false", Set: true}
		if err := n.Refuse(snap.Values); err != nil {
			t.Errorf("a service that is switched off: %v", err)
		}
	}
}

func TestNetworkSummary(t *testing.T) {
	f := macostest.New()
	f.Parts["Wi-Fi/web"] = []string{"on", "10.1.1.1", "3128"}
	n := &networkSetup{f.Run}
	snap, err := n.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if s := n.Summary(snap.Values); s.Mode != backend.ModeManual || s.HTTP != "10.1.1.1:3128" || s.HTTPS != "" {
		t.Errorf("%+v", s)
	}
	f.Parts["Wi-Fi/web"] = []string{"on", "127.0.0.1", "9876"}
	snap, _ = n.Read(context.Background())
	if s := n.Summary(n.Off(snap.Values, backend.OwnAddress("127.0.0.1:9876"))); s.Mode != backend.ModeNone {
		t.Errorf("ourselves as the previous state: %+v", s)
	}
}
