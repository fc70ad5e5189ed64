// Package macos has the proxy settings of macOS, by the program networksetup.
package macos

import (
	"context"
	"errors"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/proxy/reason"
)

// networkSetup is macOS, by its own tool, for every active network service. Each
// service has a proxy for web, secure web and SOCKS, a script, detection and a
// list of hosts; a key here is service/part. service/active is read only.
type networkSetup struct{ run backend.Commander }

const networkSetupTool = "/usr/sbin/networksetup"

// networkPreferences is the file in which macOS keeps them.
const networkPreferences = "/Library/Preferences/SystemConfiguration/preferences.plist"

// Parts of a service, in the order in which they are read.
var networkParts = []string{"web", "secureweb", "socks", "pac", "discovery", "bypass"}

var networkGet = map[string]string{
	"web": "-getwebproxy", "secureweb": "-getsecurewebproxy", "socks": "-getsocksfirewallproxy",
	"pac": "-getautoproxyurl", "discovery": "-getproxyautodiscovery", "bypass": "-getproxybypassdomains",
}

// Find returns nil where the system's tool is not there.
func Find(run backend.Commander) backend.Backend {
	if _, err := os.Stat(networkSetupTool); err != nil {
		return nil
	}
	return New(run)
}

// New returns the settings without a look whether they are there.
func New(run backend.Commander) backend.Backend { return &networkSetup{run} }

func (*networkSetup) Name() string  { return "macos" }
func (*networkSetup) Stamp() string { return backend.FileStamp(networkPreferences) }

// Errors of macOS that callers tell apart.
var (
	// ErrAdmin: macOS lets only an administrator change the network's settings.
	ErrAdmin = error(reason.New(reason.MacosAdmin))
	// ErrCredentials: the proxy before has a user name and a password, which only
	// macOS knows, so that they could not be put back.
	ErrCredentials = error(reason.New(reason.MacosCredentials))
)

// tool runs networksetup, which tells some errors by its exit status, and others
// by what it says only.
func (n *networkSetup) tool(ctx context.Context, args ...string) (string, error) {
	out, err := n.run(ctx, networkSetupTool, args...)
	if err == nil && strings.HasPrefix(args[0], "-set") && strings.Contains(out, "** Error:") {
		err = errors.New("networksetup " + args[0])
	}
	if err == nil {
		return out, nil
	}
	said := strings.Join(strings.Fields(out), " ")
	if strings.Contains(said+err.Error(), "requires admin privileges") {
		return out, &reason.Error{Why: reason.MacosAdminWhy.With(reason.Of(err)), Err: errors.Join(ErrAdmin, err)}
	}
	if said != "" && !strings.Contains(err.Error(), said) {
		err = &reason.Error{Why: reason.Inside.With(reason.Of(err), said), Err: err}
	}
	return out, err
}

// Read reads services that are switched off too: one may be switched off while it
// points at Posthouse, and on again after that has gone.
func (n *networkSetup) Read(ctx context.Context) (backend.Snapshot, error) {
	out, err := n.tool(ctx, "-listallnetworkservices")
	if err != nil {
		return backend.Snapshot{}, err
	}
	v := backend.Values{}
	for _, service := range networkServices(out) {
		parts, err := n.parts(ctx, service.name)
		if err != nil && service.active {
			return backend.Snapshot{}, err
		}
		if err != nil {
			continue // it is not used
		}
		maps.Copy(v, parts)
		v[service.name+"/active"] = backend.Value{Text: strconv.FormatBool(service.active), Set: true}
	}
	return backend.Snapshot{Values: v}, nil
}

func (n *networkSetup) parts(ctx context.Context, service string) (backend.Values, error) {
	v := backend.Values{}
	for _, part := range networkParts {
		out, err := n.tool(ctx, networkGet[part], service)
		if err != nil {
			return nil, err
		}
		v[service+"/"+part] = backend.Value{Text: networkValue(part, out), Set: true}
	}
	return v, nil
}

// networkService is a line of the tool's list.
type networkService struct {
	name   string
	active bool // a star marks one that is switched off
}

func networkServices(out string) []networkService {
	var services []networkService
	for i, line := range strings.Split(strings.Trim(out, "\r\n"), "\n") {
		line = strings.TrimRight(line, "\r")
		if i == 0 || line == "" { // the first line explains the star
			continue
		}
		name, off := strings.CutPrefix(line, "*")
		services = append(services, networkService{name, !off})
	}
	return services
}

// networkValue is what the tool said of a part: "on|off host port" for a proxy,
// with " auth" behind it where it has a password, "on|off URL" for the script,
// "on|off" for detection, lines for the hosts.
func networkValue(part, out string) string {
	fields := map[string]string{}
	var lines []string
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, ":"); ok {
			if value = strings.TrimSpace(value); value == "(null)" {
				value = ""
			}
			fields[name] = value
		}
		lines = append(lines, line)
	}
	state := "off"
	if fields["Enabled"] == "Yes" || fields["Auto Proxy Discovery"] == "On" {
		state = "on"
	}
	switch part {
	case "pac":
		return state + " " + fields["URL"]
	case "discovery":
		return state
	case "bypass":
		if strings.Contains(out, "There aren't any") {
			return ""
		}
		return strings.Join(lines, "\n")
	}
	text := state + " " + fields["Server"] + " " + fields["Port"]
	if fields["Authenticated Proxy Enabled"] == "1" {
		text += networkAuth
	}
	return text
}

const networkAuth = " auth"

// Refuse tells of what could not be put back.
func (*networkSetup) Refuse(before backend.Values) error {
	for _, service := range activeServices(before) {
		for _, part := range []string{"web", "secureweb"} {
			if strings.HasSuffix(before[service+"/"+part].Text, networkAuth) {
				return reason.Wrap(ErrCredentials, reason.Inside, service)
			}
		}
	}
	return nil
}

func (*networkSetup) Plan(before backend.Values, addr string) []backend.Change {
	host, port, _ := net.SplitHostPort(addr)
	var changes []backend.Change
	want := func(key, text string) {
		if before[key].Text != text {
			changes = append(changes, backend.Change{Key: key, To: backend.Value{Text: text, Set: true}})
		}
	}
	for _, service := range activeServices(before) {
		bypass := strings.Fields(before[service+"/bypass"].Text)
		if more := backend.Extended(bypass, "localhost", "127.0.0.1", "::1"); len(more) > len(bypass) {
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

func servicesOf(v backend.Values) []string {
	var services []string
	for key := range v {
		if service, ok := strings.CutSuffix(key, "/web"); ok {
			services = append(services, service)
		}
	}
	slices.Sort(services)
	return services
}

// activeServices are those that are not switched off.
func activeServices(v backend.Values) []string {
	return slices.DeleteFunc(servicesOf(v), func(service string) bool { return v[service+"/active"].Text == "false" })
}

// Apply does all that it can: what one service refuses must not keep another
// from being put back.
func (n *networkSetup) Apply(ctx context.Context, changes []backend.Change) error {
	failed := map[string]error{} // by key
	for _, c := range changes {
		err := n.write(ctx, c)
		if errors.Is(err, ErrAdmin) {
			return err // as the others would
		}
		failed[c.Key] = err
	}
	now, err := n.Read(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range backend.Differing(changes, now.Values) {
		// An address that is switched off and cannot be emptied does no harm.
		if strings.HasPrefix(c.To.Text, "off") && strings.HasPrefix(now.Values[c.Key].Text, "off") {
			continue
		}
		service, _ := splitNetworkKey(c.Key)
		if now.Values[service+"/active"].Text == "false" {
			continue // a service that is switched off may not take it
		}
		if failed[c.Key] == nil {
			failed[c.Key] = reason.New(reason.KeyHolds, strconv.Quote(now.Values[c.Key].Text))
		}
		errs = append(errs, reason.Wrap(failed[c.Key], reason.KeyUnwritten, c.Key))
	}
	return errors.Join(errs...)
}

func splitNetworkKey(key string) (service, part string) {
	i := strings.LastIndexByte(key, '/')
	return key[:i], key[i+1:]
}

// write gives one part a value. The last call is the switch, which is made
// whatever the tool thinks of the address before it: an empty one it may not take.
func (n *networkSetup) write(ctx context.Context, c backend.Change) error {
	service, part := splitNetworkKey(c.Key)
	var errs []error
	for _, args := range networkCommands(service, part, c.To.Text) {
		if _, err := n.tool(ctx, args...); err != nil {
			errs = append(errs, err)
			if errors.Is(err, ErrAdmin) {
				break
			}
		}
	}
	return errors.Join(errs...)
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
	host, port, _ := strings.Cut(strings.TrimSuffix(rest, networkAuth), " ")
	return [][]string{{set, service, host, port}, {set + "state", service, state}}
}

// Ties: each part has its own switch, so that none depends on another.
func (*networkSetup) Ties(v backend.Values) backend.Ties {
	t := backend.Ties{Vanishing: true}
	for _, service := range servicesOf(v) {
		t.Groups = append(t.Groups, []string{service + "/web"}, []string{service + "/secureweb"})
	}
	return t
}

// Summary is that of the first service with a proxy.
func (n *networkSetup) Summary(v backend.Values) backend.Summary {
	s := backend.Summary{Backend: n.Name()}
	at := func(text string) string {
		host, port, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(text, "on "), networkAuth), " ")
		if !strings.HasPrefix(text, "on ") {
			return ""
		}
		return backend.HostPort(host, port)
	}
	for _, service := range activeServices(v) {
		s.Bypass = strings.Fields(v[service+"/bypass"].Text)
		s.HTTP, s.HTTPS, s.SOCKS = at(v[service+"/web"].Text), at(v[service+"/secureweb"].Text), at(v[service+"/socks"].Text)
		switch {
		case strings.HasPrefix(v[service+"/pac"].Text, "on "):
			s.Mode, s.PAC = backend.ModePAC, strings.TrimPrefix(v[service+"/pac"].Text, "on ")
		case s.HTTP+s.HTTPS+s.SOCKS != "":
			s.Mode = backend.ModeManual
		case v[service+"/discovery"].Text == "on":
			s.Mode = backend.ModeAuto
		}
		if s.Mode != backend.ModeNone {
			return s
		}
	}
	return s
}

func (*networkSetup) Off(v backend.Values, ours func(string) bool) backend.Values {
	var changes []backend.Change
	for _, service := range servicesOf(v) {
		for _, part := range []string{"web", "secureweb", "socks"} {
			_, addr, _ := strings.Cut(v[service+"/"+part].Text, " ")
			host, port, _ := strings.Cut(strings.TrimSuffix(addr, networkAuth), " ")
			if ours(backend.HostPort(host, port)) {
				changes = append(changes, backend.Change{Key: service + "/" + part, To: backend.Value{Text: "off " + addr, Set: true}})
			}
		}
	}
	return v.With(changes)
}
