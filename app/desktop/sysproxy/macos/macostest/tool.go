// Package macostest has a tool that answers as networksetup does.
package macostest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Tool answers as networksetup does on macOS 14.
type Tool struct {
	Parts    map[string][]string // service/part: on or off, and what follows; "auth" at the end of a proxy with a password
	Services []string            // as the tool lists them
	NoAdmin  bool
	Fixed    string // a service that takes nothing
	Calls    []string
}

const program = "/usr/sbin/networksetup"

// New is a Mac with three active services and one that is switched off.
func New() *Tool {
	f := &Tool{Parts: map[string][]string{}, Services: []string{"Wi-Fi", "*Old Modem", "USB 10/100 LAN", " Büro: 2.OG (*)/web "}}
	for _, service := range f.Services {
		service = strings.TrimPrefix(service, "*")
		for _, part := range []string{"web", "secureweb", "socksfirewall"} {
			f.Parts[service+"/"+part] = []string{"off", "", "0"}
		}
		f.Parts[service+"/auto"] = []string{"off", "(null)"}
		f.Parts[service+"/discovery"] = []string{"off"}
		f.Parts[service+"/bypass"] = []string{"*.local", "169.254/16"}
	}
	return f
}

// Run is a backend.Commander.
func (f *Tool) Run(_ context.Context, name string, args ...string) (string, error) {
	if name != program {
		return "", fmt.Errorf("what is %s", name)
	}
	f.Calls = append(f.Calls, strings.Join(args, " "))
	if args[0] == "-listallnetworkservices" {
		return "An asterisk (*) denotes that a network service is disabled.\n" + strings.Join(f.Services, "\n") + "\n", nil
	}
	if _, there := f.Parts[args[1]+"/web"]; !there {
		return args[1] + " is not a recognized network service.\n** Error: The parameters were not valid.\n", errors.New("exit status 4")
	}
	if strings.HasPrefix(args[0], "-set") {
		switch {
		case f.NoAdmin:
			return "** Error: Command requires admin privileges.\n", errors.New("exit status 14")
		case f.Fixed == args[1]:
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
		return "Auto Proxy Discovery: " + map[string]string{"on": "On", "off": "Off"}[f.Parts[service+"/discovery"][0]] + "\n", nil
	case what == "proxyautodiscovery":
		f.Parts[service+"/discovery"][0] = args[2]
	case what == "proxybypassdomains" && verb == "get":
		if len(f.Parts[service+"/bypass"]) == 0 {
			return "There aren't any bypass domains set on " + service + ".\n", nil
		}
		return strings.Join(f.Parts[service+"/bypass"], "\n") + "\n", nil
	case what == "proxybypassdomains":
		f.Parts[service+"/bypass"] = args[2:]
		if args[2] == "Empty" {
			f.Parts[service+"/bypass"] = nil
		}
	case what == "autoproxyurl" && verb == "get":
		p := f.Parts[service+"/auto"]
		return fmt.Sprintf("URL: %s\nEnabled: %s\n", p[1], word[p[0]]), nil
	case what == "autoproxyurl":
		f.Parts[service+"/auto"] = []string{"on", args[2]}
	case what == "autoproxy" && isState:
		f.Parts[service+"/auto"][0] = args[2]
	case isState:
		f.Parts[service+"/"+strings.TrimSuffix(what, "proxy")][0] = args[2]
	case verb == "get":
		p := f.Parts[service+"/"+strings.TrimSuffix(what, "proxy")]
		return fmt.Sprintf("Enabled: %s\nServer: %s\nPort: %s\nAuthenticated Proxy Enabled: %d\n", word[p[0]], p[1], p[2], len(p)-3), nil
	default:
		f.Parts[service+"/"+strings.TrimSuffix(what, "proxy")] = []string{"on", args[2], args[3]}
	}
	return "", nil
}

// Picture is all that the tool holds, as a text.
func (f *Tool) Picture() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(f.Parts)) {
		fmt.Fprintln(&b, key, f.Parts[key])
	}
	return b.String()
}
