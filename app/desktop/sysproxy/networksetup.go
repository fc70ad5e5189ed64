package sysproxy

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
)

// networkSetup is macOS, by its own tool, for every active network service. Each
// service has a proxy for web, secure web and SOCKS, a script, detection and a
// list of hosts; a key here is service/part.
type networkSetup struct{ run commander }

const networkSetupTool = "/usr/sbin/networksetup"

// networkPreferences is the file in which macOS keeps them.
const networkPreferences = "/Library/Preferences/SystemConfiguration/preferences.plist"

// Parts of a service, in the order in which they are read.
var networkParts = []string{"web", "secureweb", "socks", "pac", "discovery", "bypass"}

var networkGet = map[string]string{
	"web": "-getwebproxy", "secureweb": "-getsecurewebproxy", "socks": "-getsocksfirewallproxy",
	"pac": "-getautoproxyurl", "discovery": "-getproxyautodiscovery", "bypass": "-getproxybypassdomains",
}

func (*networkSetup) name() string  { return "macos" }
func (*networkSetup) stamp() string { return fileStamp(networkPreferences) }

func (n *networkSetup) tool(ctx context.Context, args ...string) (string, error) {
	return n.run(ctx, networkSetupTool, args...)
}

func (n *networkSetup) read(ctx context.Context) (snapshot, error) {
	out, err := n.tool(ctx, "-listallnetworkservices")
	if err != nil {
		return snapshot{}, err
	}
	v := Values{}
	for _, service := range networkServices(out) {
		for _, part := range networkParts {
			out, err := n.tool(ctx, networkGet[part], service)
			if err != nil {
				return snapshot{}, err
			}
			v[service+"/"+part] = Value{networkValue(part, out), true}
		}
	}
	return snapshot{Values: v}, nil
}

// networkServices are the services that are not switched off, which a star marks.
func networkServices(out string) []string {
	var services []string
	for i, line := range strings.Split(strings.TrimSpace(out), "\n") {
		if i > 0 && line != "" && !strings.HasPrefix(line, "*") { // the first line explains the star
			services = append(services, line)
		}
	}
	return services
}

// networkValue is what the tool said of a part: "on|off host port" for a proxy,
// "on|off URL" for the script, "on|off" for detection, lines for the hosts.
func networkValue(part, out string) string {
	fields := map[string]string{}
	var lines []string
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields[name] = strings.TrimSpace(value)
		}
		lines = append(lines, line)
	}
	state := "off"
	if fields["Enabled"] == "Yes" || fields["Auto Proxy Discovery"] == "On" {
		state = "on"
	}
	switch part {
	case "pac":
		url := fields["URL"]
		if url == "(null)" {
			url = ""
		}
		return state + " " + url
	case "discovery":
		return state
	case "bypass":
		if strings.Contains(out, "aren't any") {
			return ""
		}
		return strings.Join(lines, "\n")
	}
	return state + " " + fields["Server"] + " " + fields["Port"]
}

func (*networkSetup) plan(before Values, addr string) []Change {
	host, port, _ := net.SplitHostPort(addr)
	var changes []Change
	want := func(key, text string) {
		if before[key].Text != text {
			changes = append(changes, Change{key, Value{text, true}})
		}
	}
	for _, service := range servicesOf(before) {
		bypass := strings.Fields(before[service+"/bypass"].Text)
		if more := extended(bypass, "localhost", "127.0.0.1", "::1"); len(more) > len(bypass) {
			want(service+"/bypass", strings.Join(more, "\n"))
		}
		want(service+"/web", "on "+host+" "+port)
		want(service+"/secureweb", "on "+host+" "+port)
		if pac := before[service+"/pac"].Text; strings.HasPrefix(pac, "on ") {
			want(service+"/pac", "off "+strings.TrimPrefix(pac, "on "))
		}
		want(service+"/discovery", "off")
	}
	return changes
}

func servicesOf(v Values) []string {
	var services []string
	for key := range v {
		if service, ok := strings.CutSuffix(key, "/web"); ok {
			services = append(services, service)
		}
	}
	slices.Sort(services)
	return services
}

func (n *networkSetup) apply(ctx context.Context, changes []Change) error {
	for _, c := range changes {
		i := strings.LastIndexByte(c.Key, '/')
		for _, args := range networkCommands(c.Key[:i], c.Key[i+1:], c.To.Text) {
			if _, err := n.tool(ctx, args...); err != nil {
				return err
			}
		}
	}
	now, err := n.read(ctx)
	if err != nil {
		return err
	}
	for _, c := range differing(changes, now.Values) {
		// An address that is switched off and cannot be emptied does no harm.
		if !strings.HasPrefix(c.To.Text, "off") || !strings.HasPrefix(now.Values[c.Key].Text, "off") {
			return fmt.Errorf("%s could not be written: it may need an administrator", c.Key)
		}
	}
	return nil
}

// networkCommands are the calls that give a part a value. Setting an address
// switches it on, so that the switch comes after it.
func networkCommands(service, part, text string) [][]string {
	state, rest, _ := strings.Cut(text, " ")
	switch part {
	case "discovery":
		return [][]string{{"-setproxyautodiscovery", service, state}}
	case "bypass":
		hosts := strings.Fields(text)
		if len(hosts) == 0 {
			hosts = []string{"Empty"}
		}
		return [][]string{append([]string{"-setproxybypassdomains", service}, hosts...)}
	case "pac":
		if rest == "" {
			return [][]string{{"-setautoproxystate", service, state}}
		}
		return [][]string{{"-setautoproxyurl", service, rest}, {"-setautoproxystate", service, state}}
	}
	set := strings.Replace(networkGet[part], "-get", "-set", 1)
	host, port, _ := strings.Cut(rest, " ")
	return [][]string{{set, service, host, port}, {set + "state", service, state}}
}

// ties: each part has its own switch, so that none depends on another.
func (*networkSetup) ties(v Values) ties {
	var t ties
	for _, service := range servicesOf(v) {
		t.groups = append(t.groups, []string{service + "/web"}, []string{service + "/secureweb"})
	}
	return t
}

// summary is that of the first service with a proxy.
func (n *networkSetup) summary(v Values) Summary {
	s := Summary{Backend: n.name()}
	at := func(text string) string {
		host, port, _ := strings.Cut(strings.TrimPrefix(text, "on "), " ")
		if !strings.HasPrefix(text, "on ") {
			return ""
		}
		return hostPort(host, port)
	}
	for _, service := range servicesOf(v) {
		s.Bypass = strings.Fields(v[service+"/bypass"].Text)
		s.HTTP, s.HTTPS, s.SOCKS = at(v[service+"/web"].Text), at(v[service+"/secureweb"].Text), at(v[service+"/socks"].Text)
		switch {
		case strings.HasPrefix(v[service+"/pac"].Text, "on "):
			s.Mode, s.PAC = ModePAC, strings.TrimPrefix(v[service+"/pac"].Text, "on ")
		case s.HTTP+s.HTTPS+s.SOCKS != "":
			s.Mode = ModeManual
		case v[service+"/discovery"].Text == "on":
			s.Mode = ModeAuto
		}
		if s.Mode != ModeNone {
			return s
		}
	}
	return s
}

func (*networkSetup) off(v Values, ours func(string) bool) Values {
	var changes []Change
	for _, service := range servicesOf(v) {
		for _, part := range []string{"web", "secureweb", "socks"} {
			_, addr, _ := strings.Cut(v[service+"/"+part].Text, " ")
			host, port, _ := strings.Cut(addr, " ")
			if ours(hostPort(host, port)) {
				changes = append(changes, Change{service + "/" + part, Value{"off " + addr, true}})
			}
		}
	}
	return v.with(changes)
}
