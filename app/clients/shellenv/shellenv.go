// Package shellenv writes the commands that point the programs of a terminal
// at the proxy, and make them trust its CA, in the words of each shell. It only
// makes text.
//
// The variables, and why each:
//
//   - http_proxy, https_proxy: curl, wget, git, Go, Python, Ruby and most others.
//     curl and wget read http_proxy in lower case only.
//   - HTTPS_PROXY: for the few that read upper case only. HTTP_PROXY is not set:
//     in a CGI program it is what a client sent as "Proxy:" (httpoxy,
//     CVE-2016-5385), so careful programs ignore it, and the others read
//     http_proxy as well.
//   - no_proxy, NO_PROXY: what is on this computer goes directly, as browsers and
//     Go have it.
//   - NODE_USE_ENV_PROXY: makes Node 24 (22.21) and later use the ones above.
//   - NODE_EXTRA_CA_CERTS: adds the CA to what Node trusts.
//   - SSL_CERT_FILE (OpenSSL, Python, Ruby, Go on Linux), REQUESTS_CA_BUNDLE
//     (requests, pip), CURL_CA_BUNDLE, GIT_SSL_CAINFO: replace all that the
//     program trusts, so they name a bundle of the system's roots and the CA.
package shellenv

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"posthouse/proxy/shellquote"
)

// Shell is a kind of shell.
type Shell int

const (
	POSIX      Shell = iota // sh, bash, zsh, dash
	Fish                    // fish
	PowerShell              // Windows PowerShell and pwsh
	Cmd                     // cmd.exe, at its prompt
)

// Shells are all kinds, in the order in which a person would want them offered.
func Shells() []Shell { return []Shell{POSIX, Fish, PowerShell, Cmd} }

// Default is the shell that a person on a system most likely has: the one that
// SHELL (the variable's value, a path) names, and PowerShell on Windows.
func Default(goos, shell string) Shell {
	if goos == "windows" {
		return PowerShell
	}
	switch path.Base(shell) {
	case "fish":
		return Fish
	case "pwsh":
		return PowerShell
	}
	return POSIX
}

// Options say what the variables name.
type Options struct {
	Proxy string // host:port
	// NoProxy are the hosts that are reached directly; nil: those of this
	// computer. An empty list sends these through the proxy too, for programs
	// whose own rule is another.
	NoProxy []string
	CA      string // file of the CA's certificate (PEM); "": no variables for TLS
	Bundle  string // file of the system's roots and the CA (PEM); "": none of the variables that replace
}

// LocalHosts are reached directly unless Options.NoProxy says otherwise.
var LocalHosts = []string{"localhost", "127.0.0.1", "::1"}

// Variable is one variable of the environment.
type Variable struct {
	Name, Value string
	Replaces    bool // the program trusts what the file holds and nothing else
}

// Variables are the variables to set. The error says which option cannot be.
func Variables(o Options) ([]Variable, error) {
	if err := checkProxy(o.Proxy); err != nil {
		return nil, err
	}
	hosts := o.NoProxy
	if hosts == nil {
		hosts = LocalHosts
	}
	for _, host := range hosts {
		if host == "" || strings.ContainsAny(host, ", \t") {
			return nil, fmt.Errorf("%q cannot be in a list of hosts", host)
		}
	}
	url, direct := "http://"+o.Proxy, strings.Join(hosts, ",")
	vars := []Variable{
		{Name: "http_proxy", Value: url}, {Name: "https_proxy", Value: url}, {Name: "HTTPS_PROXY", Value: url},
		{Name: "no_proxy", Value: direct}, {Name: "NO_PROXY", Value: direct},
		{Name: "NODE_USE_ENV_PROXY", Value: "1"},
	}
	if o.CA != "" {
		vars = append(vars, Variable{Name: "NODE_EXTRA_CA_CERTS", Value: o.CA})
	}
	if o.Bundle != "" {
		for _, name := range []string{"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"} {
			vars = append(vars, Variable{Name: name, Value: o.Bundle, Replaces: true})
		}
	}
	return vars, nil
}

func checkProxy(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is not host:port", addr)
	}
	if a, err := netip.ParseAddr(host); err == nil {
		host = a.Zone() // which may hold anything
		if host == "" {
			return nil
		}
	}
	for _, r := range host {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_' {
			return fmt.Errorf("%q is not host:port", addr)
		}
	}
	if host == "" {
		return fmt.Errorf("%q has no host", addr)
	}
	return nil
}

// Set is the commands that set the variables, one a line.
func Set(s Shell, o Options) (string, error) {
	vars, err := Variables(o)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, v := range vars {
		if s == Cmd && v.Name != strings.ToLower(v.Name) && strings.Contains(v.Name, "_PROXY") && !strings.HasPrefix(v.Name, "NODE_") {
			continue // names have no case there
		}
		line, err := Assign(s, v.Name, v.Value)
		if err != nil {
			return "", err
		}
		b.WriteString(line + "\n")
	}
	return b.String(), nil
}

// Assign is the command that sets one variable.
func Assign(s Shell, name, text string) (string, error) {
	value, err := Quote(s, text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	switch s {
	case Fish:
		return fmt.Sprintf("set -gx %s %s", name, value), nil
	case PowerShell:
		return fmt.Sprintf("$env:%s = %s", name, value), nil
	case Cmd:
		return fmt.Sprintf("set \"%s=%s\"", name, value), nil
	}
	return fmt.Sprintf("export %s=%s", name, value), nil
}

// ErrValue is a value that cannot be written for a shell.
var ErrValue = errors.New("this value cannot be written for this shell: move the file to a path of plain letters")

// Quote makes one word of a value for a shell; for Cmd, what stands inside
// set "NAME=...". What a terminal would act on is refused in all.
func Quote(s Shell, value string) (string, error) {
	if !shellquote.Safe(value) {
		return "", ErrValue
	}
	switch s {
	case Fish:
		return shellquote.Fish(value), nil
	case PowerShell:
		return shellquote.PowerShell(value), nil
	case Cmd:
		// set takes no backslash before a quote, and no caret inside of them: at the
		// prompt nothing keeps % from being a variable's.
		if strings.ContainsAny(value, "\"%") {
			return "", ErrValue
		}
		return value, nil
	}
	return shellquote.POSIX(value), nil
}
