package sysproxy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// fakeTool answers as networksetup does on macOS 14.
type fakeTool struct {
	parts    map[string][]string // service/part: on or off, and what follows; "auth" at the end of a proxy with a password
	services []string            // as the tool lists them
	noAdmin  bool
	fixed    string // a service that takes nothing
	calls    []string
}

func newFakeTool() *fakeTool {
	f := &fakeTool{parts: map[string][]string{}, services: []string{"Wi-Fi", "*Old Modem", "USB 10/100 LAN", " Büro: 2.OG (*)/web "}}
	for _, service := range f.services {
		service = strings.TrimPrefix(service, "*")
		for _, part := range []string{"web", "secureweb", "socksfirewall"} {
			f.parts[service+"/"+part] = []string{"off", "", "0"}
		}
		f.parts[service+"/auto"] = []string{"off", "(null)"}
		f.parts[service+"/discovery"] = []string{"off"}
		f.parts[service+"/bypass"] = []string{"*.local", "169.254/16"}
	}
	return f
}

func (f *fakeTool) run(_ context.Context, name string, args ...string) (string, error) {
	if name != networkSetupTool {
		return "", fmt.Errorf("what is %s", name)
	}
	f.calls = append(f.calls, strings.Join(args, " "))
	if args[0] == "-listallnetworkservices" {
		return "An asterisk (*) denotes that a network service is disabled.\n" + strings.Join(f.services, "\n") + "\n", nil
	}
	if _, there := f.parts[args[1]+"/web"]; !there {
		return args[1] + " is not a recognized network service.\n** Error: The parameters were not valid.\n", errors.New("exit status 4")
	}
	if strings.HasPrefix(args[0], "-set") {
		switch {
		case f.noAdmin:
			return "** Error: Command requires admin privileges.\n", errors.New("exit status 14")
		case f.fixed == args[1]:
			return "** Error: The parameters were not valid.\n", nil // it does not always tell by its status
		case len(args) > 2 && args[2] == "":
			return "** Error: The parameters were not valid.\n", errors.New("exit status 4")
		}
	}
	word := map[string]string{"on": "Yes", "off": "No"}
	verb, service := args[0][1:4], args[1]
	what, isState := strings.CutSuffix(args[0][4:], "state")
	switch {
	case what == "proxyautodiscovery" && verb == "get":
		return "Auto Proxy Discovery: " + map[string]string{"on": "On", "off": "Off"}[f.parts[service+"/discovery"][0]] + "\n", nil
	case what == "proxyautodiscovery":
		f.parts[service+"/discovery"][0] = args[2]
	case what == "proxybypassdomains" && verb == "get":
		if len(f.parts[service+"/bypass"]) == 0 {
			return "There aren't any bypass domains set on " + service + ".\n", nil
		}
		return strings.Join(f.parts[service+"/bypass"], "\n") + "\n", nil
	case what == "proxybypassdomains":
		f.parts[service+"/bypass"] = args[2:]
		if args[2] == "Empty" {
			f.parts[service+"/bypass"] = nil
		}
	case what == "autoproxyurl" && verb == "get":
		p := f.parts[service+"/auto"]
		return fmt.Sprintf("URL: %s\nEnabled: %s\n", p[1], word[p[0]]), nil
	case what == "autoproxyurl":
		f.parts[service+"/auto"] = []string{"on", args[2]}
	case what == "autoproxy" && isState:
		f.parts[service+"/auto"][0] = args[2]
	case isState:
		f.parts[service+"/"+strings.TrimSuffix(what, "proxy")][0] = args[2]
	case verb == "get":
		p := f.parts[service+"/"+strings.TrimSuffix(what, "proxy")]
		return fmt.Sprintf("Enabled: %s\nServer: %s\nPort: %s\nAuthenticated Proxy Enabled: %d\n", word[p[0]], p[1], p[2], len(p)-3), nil
	default:
		f.parts[service+"/"+strings.TrimSuffix(what, "proxy")] = []string{"on", args[2], args[3]}
	}
	return "", nil
}

func (f *fakeTool) picture() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(f.parts)) {
		fmt.Fprintln(&b, key, f.parts[key])
	}
	return b.String()
}

func TestNetworkSetup(t *testing.T) {
	for name, before := range map[string]func(f *fakeTool){
		"none":              func(*fakeTool) {},
		"manual":            func(f *fakeTool) { f.parts["Wi-Fi/web"] = []string{"on", "10.1.1.1", "3128"} },
		"pac":               func(f *fakeTool) { f.parts["Wi-Fi/auto"] = []string{"on", "http://x/p.pac"} },
		"wpad":              func(f *fakeTool) { f.parts["USB 10/100 LAN/discovery"][0] = "on" },
		"bypass":            func(f *fakeTool) { f.parts["Wi-Fi/bypass"] = nil },
		"script remembered": func(f *fakeTool) { f.parts["Wi-Fi/auto"] = []string{"off", "http://x/p.pac?a:b"} },
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			f := newFakeTool()
			before(f)
			want := f.picture()
			n := &networkSetup{f.run}
			snap, err := n.read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			s := section{Backend: n.name(), Before: snap.Values, Wrote: n.plan(snap.Values, "127.0.0.1:9876")}
			if err := n.apply(ctx, s.Wrote); err != nil {
				t.Fatal(err)
			}
			for _, service := range []string{"Wi-Fi", "USB 10/100 LAN", " Büro: 2.OG (*)/web "} {
				for _, part := range []string{"web", "secureweb"} {
					if p := f.parts[service+"/"+part]; !slices.Equal(p, []string{"on", "127.0.0.1", "9876"}) {
						t.Errorf("%s/%s is %v", service, part, p)
					}
				}
				if f.parts[service+"/auto"][0] != "off" || f.parts[service+"/discovery"][0] != "off" || !slices.Contains(f.parts[service+"/bypass"], "localhost") {
					t.Errorf("%s: %s", service, f.picture())
				}
			}
			var report Report
			if err := undoSection(ctx, n, s, &report); err != nil || len(report.Restored) != len(s.Wrote) {
				t.Errorf("%v, %v", report, err)
			}
			// The tool does not take an empty address: ours stays, switched off.
			if got := strings.ReplaceAll(f.picture(), "[off 127.0.0.1 9876]", "[off  0]"); got != want {
				t.Errorf("restored\n%s\nwant\n%s", got, want)
			}
			for _, call := range f.calls {
				if strings.HasPrefix(call, "-set") && strings.Contains(call, "Old Modem") {
					t.Errorf("a service that is switched off was touched: %s", call)
				}
			}
		})
	}
}

// macSection is what switching on leaves in the journal.
func macSection(t *testing.T, n *networkSetup) section {
	t.Helper()
	snap, err := n.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := section{Backend: n.name(), Before: snap.Values, Wrote: n.plan(snap.Values, "127.0.0.1:9876")}
	if err := n.apply(t.Context(), s.Wrote); err != nil {
		t.Fatal(err)
	}
	return s
}

// A service that is switched off while it points at Posthouse would point at a
// dead port when it is switched on again.
func TestServiceSwitchedOffMeanwhileIsPutBack(t *testing.T) {
	f := newFakeTool()
	n := &networkSetup{f.run}
	s := macSection(t, n)
	f.services[0] = "*Wi-Fi"
	snap, err := n.read(t.Context())
	if err != nil || !inForce(s, snap.Values, n.ties(s.Before)) {
		t.Errorf("it is taken for somebody else's: %v", err)
	}
	var report Report
	if err := undoSection(t.Context(), n, s, &report); err != nil || f.parts["Wi-Fi/web"][0] != "off" {
		t.Errorf("%v: %v", f.parts["Wi-Fi/web"], err)
	}
}

// One that is gone is nobody's doing, and keeps no other from being put back.
func TestServiceThatIsGoneIsLeft(t *testing.T) {
	f := newFakeTool()
	n := &networkSetup{f.run}
	s := macSection(t, n)
	f.services = f.services[1:]
	for _, part := range []string{"web", "secureweb", "socksfirewall", "auto", "discovery", "bypass"} {
		delete(f.parts, "Wi-Fi/"+part)
	}
	snap, err := n.read(t.Context())
	if err != nil || !inForce(s, snap.Values, n.ties(s.Before)) {
		t.Errorf("it is taken for somebody else's: %v", err)
	}
	var report Report
	if err := undoSection(t.Context(), n, s, &report); err != nil || f.parts["USB 10/100 LAN/web"][0] != "off" {
		t.Errorf("%v: %v", f.parts["USB 10/100 LAN/web"], err)
	}
}

func TestServiceThatRefusesKeepsNoOtherBack(t *testing.T) {
	f := newFakeTool()
	n := &networkSetup{f.run}
	s := macSection(t, n)
	f.fixed = " Büro: 2.OG (*)/web " // the first
	var report Report
	err := undoSection(t.Context(), n, s, &report)
	if err == nil || !strings.Contains(err.Error(), "Büro") || !strings.Contains(err.Error(), "The parameters were not valid") {
		t.Errorf("it says %v", err)
	}
	for _, service := range []string{"Wi-Fi", "USB 10/100 LAN"} {
		if f.parts[service+"/web"][0] != "off" {
			t.Errorf("%s is %v", service, f.parts[service+"/web"])
		}
	}
}

func TestMacWantsAnAdministrator(t *testing.T) {
	f := newFakeTool()
	f.noAdmin = true
	n := &networkSetup{f.run}
	snap, err := n.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := n.apply(t.Context(), n.plan(snap.Values, "127.0.0.1:9876")); !errors.Is(err, ErrAdmin) {
		t.Errorf("it says %v", err)
	}
	sets := slices.DeleteFunc(f.calls, func(call string) bool { return !strings.HasPrefix(call, "-set") })
	if len(sets) != 1 {
		t.Errorf("it is asked again and again: %q", sets)
	}
}

// A password could not be put back: such a proxy is left alone.
func TestProxyWithAPasswordIsRefused(t *testing.T) {
	for _, state := range []string{"on", "off"} {
		f := newFakeTool()
		f.parts["Wi-Fi/secureweb"] = []string{state, "10.1.1.1", "3128", "auth"}
		n := &networkSetup{f.run}
		snap, err := n.read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := n.refuse(snap.Values); !errors.Is(err, ErrCredentials) || !strings.Contains(err.Error(), "Wi-Fi") {
			t.Errorf("%s: %v", state, err)
		}
		if s := n.summary(snap.Values); state == "on" && s.HTTPS != "10.1.1.1:3128" {
			t.Errorf("%+v", s)
		}
		snap.Values["Wi-Fi/active"] = Value{"false", true}
		if err := n.refuse(snap.Values); err != nil {
			t.Errorf("a service that is switched off: %v", err)
		}
	}
}

func TestNetworkSummary(t *testing.T) {
	f := newFakeTool()
	f.parts["Wi-Fi/web"] = []string{"on", "10.1.1.1", "3128"}
	n := &networkSetup{f.run}
	snap, err := n.read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if s := n.summary(snap.Values); s.Mode != ModeManual || s.HTTP != "10.1.1.1:3128" || s.HTTPS != "" {
		t.Errorf("%+v", s)
	}
	f.parts["Wi-Fi/web"] = []string{"on", "127.0.0.1", "9876"}
	snap, _ = n.read(context.Background())
	if s := n.summary(n.off(snap.Values, ownAddress("127.0.0.1:9876"))); s.Mode != ModeNone {
		t.Errorf("ourselves as the previous state: %+v", s)
	}
}
