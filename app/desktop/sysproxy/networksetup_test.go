package sysproxy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// fakeTool answers as networksetup does on macOS 14.
type fakeTool struct {
	parts map[string][]string // service/part: on or off, and what follows
	calls []string
}

const services = "An asterisk (*) denotes that a network service is disabled.\nWi-Fi\n*Old Modem\nUSB 10/100 LAN\n"

func newFakeTool() *fakeTool {
	f := &fakeTool{parts: map[string][]string{}}
	for _, service := range []string{"Wi-Fi", "USB 10/100 LAN"} {
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
		return services, nil
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
		return fmt.Sprintf("Enabled: %s\nServer: %s\nPort: %s\nAuthenticated Proxy Enabled: 0\n", word[p[0]], p[1], p[2]), nil
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
		"none":   func(*fakeTool) {},
		"manual": func(f *fakeTool) { f.parts["Wi-Fi/web"] = []string{"on", "10.1.1.1", "3128"} },
		"pac":    func(f *fakeTool) { f.parts["Wi-Fi/auto"] = []string{"on", "http://x/p.pac"} },
		"wpad":   func(f *fakeTool) { f.parts["USB 10/100 LAN/discovery"][0] = "on" },
		"bypass": func(f *fakeTool) { f.parts["Wi-Fi/bypass"] = nil },
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
			for _, service := range []string{"Wi-Fi", "USB 10/100 LAN"} {
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
			if got := f.picture(); got != want {
				t.Errorf("restored\n%s\nwant\n%s", got, want)
			}
			if strings.Contains(strings.Join(f.calls, "\n"), "Old Modem") {
				t.Error("a service that is switched off was touched")
			}
		})
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
