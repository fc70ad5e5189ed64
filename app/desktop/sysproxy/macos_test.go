package sysproxy

import (
	"context"
	"slices"
	"strings"
	"testing"

	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/app/desktop/sysproxy/macos"
	"posthouse/app/desktop/sysproxy/macos/macostest"
)

// macSection is what switching on leaves in the journal.
func macSection(t *testing.T, n backend.Backend) backend.Section {
	t.Helper()
	snap, err := n.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := backend.Section{Backend: n.Name(), Before: snap.Values, Wrote: n.Plan(snap.Values, "127.0.0.1:9876")}
	if err := n.Apply(t.Context(), s.Wrote); err != nil {
		t.Fatal(err)
	}
	return s
}

// A service that is switched off while it points at Posthouse would point at a
// dead port when it is switched on again.
func TestServiceSwitchedOffMeanwhileIsPutBack(t *testing.T) {
	f := macostest.New()
	n := macos.New(f.Run)
	s := macSection(t, n)
	f.Services[0] = "*Wi-Fi"
	snap, err := n.Read(t.Context())
	if err != nil || !s.InForce(snap.Values, n.Ties(s.Before)) {
		t.Errorf("it is taken for somebody else's: %v", err)
	}
	var report Report
	if err := undoSection(t.Context(), n, s, &report); err != nil || f.Parts["Wi-Fi/web"][0] != "off" {
		t.Errorf("%v: %v", f.Parts["Wi-Fi/web"], err)
	}
}

// One that is gone was not switched off by anyone, and keeps no other from being put back.
func TestServiceThatIsGoneIsLeft(t *testing.T) {
	f := macostest.New()
	n := macos.New(f.Run)
	s := macSection(t, n)
	f.Services = f.Services[1:]
	for _, part := range []string{"web", "secureweb", "socksfirewall", "auto", "discovery", "bypass"} {
		delete(f.Parts, "Wi-Fi/"+part)
	}
	snap, err := n.Read(t.Context())
	if err != nil || !s.InForce(snap.Values, n.Ties(s.Before)) {
		t.Errorf("it is taken for somebody else's: %v", err)
	}
	var report Report
	if err := undoSection(t.Context(), n, s, &report); err != nil || f.Parts["USB 10/100 LAN/web"][0] != "off" {
		t.Errorf("%v: %v", f.Parts["USB 10/100 LAN/web"], err)
	}
}

func TestServiceThatRefusesKeepsNoOtherBack(t *testing.T) {
	f := macostest.New()
	n := macos.New(f.Run)
	s := macSection(t, n)
	f.Fixed = " Büro: 2.OG (*)/web " // the first
	var report Report
	err := undoSection(t.Context(), n, s, &report)
	if err == nil || !strings.Contains(err.Error(), "Büro") || !strings.Contains(err.Error(), "The parameters were not valid") {
		t.Errorf("it says %v", err)
	}
	for _, service := range []string{"Wi-Fi", "USB 10/100 LAN"} {
		if f.Parts[service+"/web"][0] != "off" {
			t.Errorf("%s is %v", service, f.Parts[service+"/web"])
		}
	}
}

func TestNetworkSetup(t *testing.T) {
	for name, before := range map[string]func(f *macostest.Tool){
		"none":              func(*macostest.Tool) {},
		"manual":            func(f *macostest.Tool) { f.Parts["Wi-Fi/web"] = []string{"on", "10.1.1.1", "3128"} },
		"pac":               func(f *macostest.Tool) { f.Parts["Wi-Fi/auto"] = []string{"on", "http://x/p.pac"} },
		"wpad":              func(f *macostest.Tool) { f.Parts["USB 10/100 LAN/discovery"][0] = "on" },
		"bypass":            func(f *macostest.Tool) { f.Parts["Wi-Fi/bypass"] = nil },
		"script remembered": func(f *macostest.Tool) { f.Parts["Wi-Fi/auto"] = []string{"off", "http://x/p.pac?a:b"} },
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			f := macostest.New()
			before(f)
			want := f.Picture()
			n := macos.New(f.Run)
			snap, err := n.Read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			s := backend.Section{Backend: n.Name(), Before: snap.Values, Wrote: n.Plan(snap.Values, "127.0.0.1:9876")}
			if err := n.Apply(ctx, s.Wrote); err != nil {
				t.Fatal(err)
			}
			for _, service := range []string{"Wi-Fi", "USB 10/100 LAN", " Büro: 2.OG (*)/web "} {
				for _, part := range []string{"web", "secureweb"} {
					if p := f.Parts[service+"/"+part]; !slices.Equal(p, []string{"on", "127.0.0.1", "9876"}) {
						t.Errorf("%s/%s is %v", service, part, p)
					}
				}
				if f.Parts[service+"/auto"][0] != "off" || f.Parts[service+"/discovery"][0] != "off" ||
					!slices.Contains(f.Parts[service+"/bypass"], "localhost") {
					t.Errorf("%s: %s", service, f.Picture())
				}
			}
			var report Report
			if err := undoSection(ctx, n, s, &report); err != nil || len(report.Restored) != len(s.Wrote) {
				t.Errorf("%v, %v", report, err)
			}
			// The tool does not take an empty address: ours stays, switched off.
			if got := strings.ReplaceAll(f.Picture(), "[off 127.0.0.1 9876]", "[off  0]"); got != want {
				t.Errorf("restored\n%s\nwant\n%s", got, want)
			}
			for _, call := range f.Calls {
				if strings.HasPrefix(call, "-set") && strings.Contains(call, "Old Modem") {
					t.Errorf("a service that is switched off was touched: %s", call)
				}
			}
		})
	}
}
