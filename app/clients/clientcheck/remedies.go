package clientcheck

import (
	"path/filepath"
	"strings"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/shellenv"
)

// remedies says what mends a client: the commands and settings by which it trusts
// the certificate and comes to the proxy, in the words of the user's shell.
type remedies struct {
	computer *host.Computer
	host     *Host
	shell    shellenv.Shell
	proxy    string // host:port that they name
	caFile   string // of the authority's certificate, "" for none

	// Known for one run.
	bundle        string // file of the system's certificates and the authority's; "": the authority alone would break all other hosts
	systemTrusted bool   // the system's store has the authority
}

// needsTrust reports whether the certificate is what has to be mended.
func (r *Result) needsTrust() bool { return r.State == Untrusted }

// trust are those of a client that takes the system's roots unless
// something is set: the system's store first, unless that is fine already and
// what is set must be the reason.
func (m *remedies) trust(r *Result, own ...Remedy) {
	if !r.needsTrust() {
		return
	}
	if !m.systemTrusted {
		r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallSystem, installLine("system")})
	}
	for _, one := range own {
		if one.Command != "" {
			r.Remedies = append(r.Remedies, one)
		}
	}
}

// installLine is how a terminal does what the button "Install certificate" does.
func installLine(store string) string { return "posthoused ca install -store " + store }

// variable sets a variable that names the file which replaces what a program trusts.
func (m *remedies) variable(name string) Remedy { return m.assign(name, m.bundle) }

func (m *remedies) assign(name, file string) Remedy {
	if file == "" {
		return Remedy{}
	}
	line, err := shellenv.Assign(m.shell, name, file)
	if err != nil {
		return Remedy{}
	}
	return Remedy{ForTrust, SetVariable, line}
}

// quoted is a word of a command, "" where it cannot be written.
func (m *remedies) quoted(word string) string {
	text, err := shellenv.Quote(m.shell, word)
	if err != nil {
		return ""
	}
	return text
}

// line is a line for a settings file that names the bundle; it says which file.
func (m *remedies) line(option, file string) string {
	if m.bundle == "" {
		return ""
	}
	if m.computer.OS == "windows" {
		return option + m.bundle
	}
	text, err := shellenv.Quote(shellenv.POSIX, option+m.bundle)
	if err != nil {
		return ""
	}
	return "echo " + text + " >> " + file
}

// curlTrust depends on what curl's TLS is: Windows' own takes the system's store alone.
func (m *remedies) curlTrust(r *Result, rc []option) {
	switch {
	case !r.needsTrust():
	case r.Reason == ReasonRevoke:
		r.Remedies = append(r.Remedies, Remedy{ForTrust, AddLine, "ssl-revoke-best-effort"})
	case value(rc, "cacert") != "" && m.bundle != "":
		r.Remedies = append(r.Remedies, Remedy{ForTrust, AddLine, `cacert = "` + strings.ReplaceAll(m.bundle, `\`, `\\`) + `"`})
	case m.computer.OS == "windows":
		m.trust(r)
	default:
		m.trust(r, m.variable("CURL_CA_BUNDLE"))
	}
}

// gitTrust sets git's own setting, or the variable where that wins over it.
func (m *remedies) gitTrust(r *Result) {
	if !r.needsTrust() {
		return
	}
	if m.computer.OS == "windows" {
		m.trust(r, Remedy{ForTrust, Run, "git config --global http.sslBackend schannel"})
		return
	}
	if m.computer.Get("GIT_SSL_CAINFO") != "" {
		m.trust(r, m.variable("GIT_SSL_CAINFO"))
		return
	}
	own := Remedy{}
	if file := m.quoted(m.bundle); m.bundle != "" && file != "" {
		own = Remedy{ForTrust, Run, "git config --global http.sslCAInfo " + file}
	}
	m.trust(r, own)
}

// nodeTrust names the CA, which Node adds to its own roots. A variable that names
// another file already gets the bundle, in which what the system trusts is too.
func (m *remedies) nodeTrust(r *Result) {
	if !r.needsTrust() {
		return
	}
	file := m.caFile
	if m.computer.Get("NODE_EXTRA_CA_CERTS") != "" && m.bundle != "" {
		file = m.bundle
	}
	if one := m.assign("NODE_EXTRA_CA_CERTS", file); one.Command != "" {
		r.Remedies = append(r.Remedies, one)
	}
}

// javaTrust puts the CA into the store of the Java that was tried.
func (m *remedies) javaTrust(r *Result, home string) {
	store := host.JavaStore(home)
	a, err := m.host.Authority()
	if !r.needsTrust() || store == "" || err != nil {
		return
	}
	tool := filepath.Join(home, "bin", "keytool")
	if m.computer.OS == "windows" {
		tool += ".exe"
	}
	if m.caFile == "" || m.quoted(tool) == "" || m.quoted(store) == "" || m.quoted(m.caFile) == "" {
		r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallJava, installLine("java")})
		return
	}
	line := m.quoted(tool) + " -importcert -noprompt -keystore " + m.quoted(store) + " -storepass changeit -alias posthouse-ca-" +
		a.Certificate().SerialNumber.String() + " -file " + m.quoted(m.caFile)
	switch {
	case m.computer.OS == "windows":
		line = "& " + line
	case !host.Writable(store):
		line = "sudo " + line
	}
	r.Remedies = append(r.Remedies, Remedy{ForTrust, Run, line}, Remedy{ForTrust, InstallJava, installLine("java")})
}

func (m *remedies) systemStore(r *Result) {
	if r.needsTrust() {
		r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallSystem, installLine("system")})
	}
}

// chromeTrust: the browser has the system's store but on Linux, where it has
// the user's NSS database. It looks at that when it starts.
func (m *remedies) chromeTrust(r *Result) {
	switch {
	case !r.needsTrust():
	case m.computer.OS != "linux":
		r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallSystem, installLine("system")})
	default:
		store := r.Path
		if r.Reason != ReasonLooked {
			store = filepath.Join(m.computer.Home, ".pki/nssdb")
		}
		r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallNSS, installLine("nss")}, m.certutil(store))
	}
	m.systemRoute(r)
}

// certutil puts the CA into a database, which it makes where there is none.
func (m *remedies) certutil(store string) Remedy {
	db, file := m.quoted("sql:"+store), m.quoted(m.caFile)
	a, err := m.host.Authority()
	if err != nil || m.caFile == "" || db == "" || file == "" {
		return Remedy{ForTrust, InstallNSS, installLine("nss")}
	}
	line := "certutil -d " + db + " -A -t C,, -n posthouse-ca-" + a.Certificate().SerialNumber.String() + " -i " + file
	if dir := m.quoted(store); !host.IsNSSStore(store) {
		line = "mkdir -p " + dir + " && certutil -d " + db + " -N --empty-password && " + line
	}
	return Remedy{ForTrust, Run, line}
}

// firefoxTrust: a profile has its own store, and on Windows and macOS takes the
// system's where a setting does not keep it from that.
func (m *remedies) firefoxTrust(r *Result, profile string) {
	if r.needsTrust() {
		if m.computer.OS == "linux" {
			r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallNSS, installLine("nss")}, m.certutil(profile))
		} else {
			if !m.systemTrusted {
				r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallSystem, installLine("system")})
			}
			r.Remedies = append(r.Remedies, Remedy{ForTrust, FirefoxRoots, enterpriseRoots})
		}
	}
	if r.Route != RouteDirect && r.Route != RouteOther {
		return
	}
	if r.followsItself() {
		r.Remedies = append(r.Remedies, Remedy{ForRoute, FirefoxProxy, ""})
		return
	}
	m.systemRoute(r)
}

func (m *remedies) systemRoute(r *Result) {
	if r.Route == RouteDirect || r.Route == RouteOther {
		r.Remedies = append(r.Remedies, Remedy{ForRoute, SystemProxy, ""})
	}
}

// variablesForRoute leads a client that looks at the environment through the
// proxy; more are names and values of what it needs beside.
func (m *remedies) variablesForRoute(r *Result, more ...string) {
	if r.Route != RouteDirect && r.Route != RouteOther {
		return
	}
	vars := append([]string{"https_proxy", "http://" + m.proxy, "http_proxy", "http://" + m.proxy}, more...)
	var lines []string
	for i := 0; i < len(vars); i += 2 {
		line, err := shellenv.Assign(m.shell, vars[i], vars[i+1])
		if err != nil {
			return
		}
		lines = append(lines, line)
	}
	r.Remedies = append(r.Remedies, Remedy{ForRoute, SetVariable, strings.Join(lines, "\n")})
}
