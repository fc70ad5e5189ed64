package clientcheck

import (
	"os"
	"path/filepath"
	"strings"

	"posthouse/app/clients/shellenv"
)

// needsTrust reports whether the certificate is what has to be mended.
func (r *Result) needsTrust() bool { return r.State == Untrusted }

// trustRemedies are those of a client that takes the system's roots unless
// something is set: the system's store first, unless that is fine already and
// what is set must be the reason.
func (c *Checkup) trustRemedies(r *Result, own ...Remedy) {
	if !r.needsTrust() {
		return
	}
	if !c.systemTrusted {
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
func (c *Checkup) variable(name string) Remedy { return c.assign(name, c.bundle()) }

// bundle is the file with the system's roots and the CA; "" where none could be
// written, for the CA alone would break all other hosts.
func (c *Checkup) bundle() string {
	if !c.bundled {
		return ""
	}
	return c.o.Bundle
}

func (c *Checkup) assign(name, file string) Remedy {
	if file == "" {
		return Remedy{}
	}
	line, err := shellenv.Assign(c.shell, name, file)
	if err != nil {
		return Remedy{}
	}
	return Remedy{ForTrust, SetVariable, line}
}

// quoted is a word of a command, "" where it cannot be written.
func (c *Checkup) quoted(word string) string {
	text, err := shellenv.Quote(c.shell, word)
	if err != nil {
		return ""
	}
	return text
}

// line is a line for a settings file that names the bundle; it says which file.
func (c *Checkup) line(option, file string) string {
	if c.bundle() == "" {
		return ""
	}
	if c.machine.os == "windows" {
		return option + c.bundle()
	}
	text, err := shellenv.Quote(shellenv.POSIX, option+c.bundle())
	if err != nil {
		return ""
	}
	return "echo " + text + " >> " + file
}

// curlTrust depends on what curl's TLS is: Windows' own takes the system's store alone.
func (c *Checkup) curlTrust(r *Result, rc []option) {
	switch {
	case !r.needsTrust():
	case r.Reason == ReasonRevoke:
		r.Remedies = append(r.Remedies, Remedy{ForTrust, AddLine, "ssl-revoke-best-effort"})
	case value(rc, "cacert") != "" && c.bundle() != "":
		r.Remedies = append(r.Remedies, Remedy{ForTrust, AddLine, `cacert = "` + strings.ReplaceAll(c.bundle(), `\`, `\\`) + `"`})
	case c.machine.os == "windows":
		c.trustRemedies(r)
	default:
		c.trustRemedies(r, c.variable("CURL_CA_BUNDLE"))
	}
}

// gitTrust sets git's own setting, or the variable where that wins over it.
func (c *Checkup) gitTrust(r *Result) {
	if !r.needsTrust() {
		return
	}
	if c.machine.os == "windows" {
		c.trustRemedies(r, Remedy{ForTrust, Run, "git config --global http.sslBackend schannel"})
		return
	}
	if c.machine.get("GIT_SSL_CAINFO") != "" {
		c.trustRemedies(r, c.variable("GIT_SSL_CAINFO"))
		return
	}
	own := Remedy{}
	if file := c.quoted(c.bundle()); c.bundle() != "" && file != "" {
		own = Remedy{ForTrust, Run, "git config --global http.sslCAInfo " + file}
	}
	c.trustRemedies(r, own)
}

// nodeTrust names the CA, which Node adds to its own roots. A variable that names
// another file already gets the bundle, in which what the system trusts is too.
func (c *Checkup) nodeTrust(r *Result) {
	if !r.needsTrust() {
		return
	}
	file := c.o.CAFile
	if c.machine.get("NODE_EXTRA_CA_CERTS") != "" && c.bundle() != "" {
		file = c.bundle()
	}
	if one := c.assign("NODE_EXTRA_CA_CERTS", file); one.Command != "" {
		r.Remedies = append(r.Remedies, one)
	}
}

// javaTrust puts the CA into the store of the Java that was tried.
func (c *Checkup) javaTrust(r *Result, home string) {
	store := storeOf(home)
	a, err := c.o.Host.Authority()
	if !r.needsTrust() || store == "" || err != nil {
		return
	}
	tool := filepath.Join(home, "bin", "keytool")
	if c.machine.os == "windows" {
		tool += ".exe"
	}
	if c.o.CAFile == "" || c.quoted(tool) == "" || c.quoted(store) == "" || c.quoted(c.o.CAFile) == "" {
		r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallJava, installLine("java")})
		return
	}
	line := c.quoted(tool) + " -importcert -noprompt -keystore " + c.quoted(store) + " -storepass changeit -alias posthouse-ca-" + a.Certificate().SerialNumber.String() + " -file " + c.quoted(c.o.CAFile)
	switch {
	case c.machine.os == "windows":
		line = "& " + line
	case !writable(store):
		line = "sudo " + line
	}
	r.Remedies = append(r.Remedies, Remedy{ForTrust, Run, line}, Remedy{ForTrust, InstallJava, installLine("java")})
}

// writable reports whether this user can change a file; it does not.
func writable(path string) bool {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

func (c *Checkup) systemTrust(r *Result) {
	if r.needsTrust() {
		r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallSystem, installLine("system")})
	}
}

// chromeTrust: the browser has the system's store but on Linux, where it has
// the user's NSS database. It looks at that when it starts.
func (c *Checkup) chromeTrust(r *Result) {
	switch {
	case !r.needsTrust():
	case c.machine.os != "linux":
		r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallSystem, installLine("system")})
	default:
		store := r.Path
		if r.Reason != ReasonLooked {
			store = filepath.Join(c.machine.home, ".pki/nssdb")
		}
		r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallNSS, installLine("nss")}, c.certutil(store))
	}
	c.systemRoute(r)
}

// certutil puts the CA into a database, which it makes where there is none.
func (c *Checkup) certutil(store string) Remedy {
	db, file := c.quoted("sql:"+store), c.quoted(c.o.CAFile)
	a, err := c.o.Host.Authority()
	if err != nil || c.o.CAFile == "" || db == "" || file == "" {
		return Remedy{ForTrust, InstallNSS, installLine("nss")}
	}
	line := "certutil -d " + db + " -A -t C,, -n posthouse-ca-" + a.Certificate().SerialNumber.String() + " -i " + file
	if dir := c.quoted(store); !exists(filepath.Join(store, "cert9.db")) {
		line = "mkdir -p " + dir + " && certutil -d " + db + " -N --empty-password && " + line
	}
	return Remedy{ForTrust, Run, line}
}

// firefoxTrust: a profile has its own store, and on Windows and macOS takes the
// system's where a setting does not keep it from that.
func (c *Checkup) firefoxTrust(r *Result, profile string) {
	if r.needsTrust() {
		if c.machine.os == "linux" {
			r.Remedies = append(r.Remedies, Remedy{ForTrust, InstallNSS, installLine("nss")}, c.certutil(profile))
		} else {
			if !c.systemTrusted {
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
	c.systemRoute(r)
}

func (c *Checkup) systemRoute(r *Result) {
	if r.Route == RouteDirect || r.Route == RouteOther {
		r.Remedies = append(r.Remedies, Remedy{ForRoute, SystemProxy, ""})
	}
}

// variablesForRoute leads a client that looks at the environment through the
// proxy; more are names and values of what it needs beside.
func (c *Checkup) variablesForRoute(r *Result, more ...string) {
	if r.Route != RouteDirect && r.Route != RouteOther {
		return
	}
	vars := append([]string{"https_proxy", "http://" + c.named, "http_proxy", "http://" + c.named}, more...)
	var lines []string
	for i := 0; i < len(vars); i += 2 {
		line, err := shellenv.Assign(c.shell, vars[i], vars[i+1])
		if err != nil {
			return
		}
		lines = append(lines, line)
	}
	r.Remedies = append(r.Remedies, Remedy{ForRoute, SetVariable, strings.Join(lines, "\n")})
}
