package clientcheck

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"

	"posthouse/app/clients/internal/host"
)

var chromes = []struct {
	kind    Kind
	browser *host.Browser
}{{Chrome, &host.Chrome}, {Chromium, &host.Chromium}, {Edge, &host.Edge}}

// namesOf are where a browser is looked for.
func (c *Checkup) namesOf(b *host.Browser) []string {
	names := c.computer.ProgramPaths(b)
	if c.computer.OS == "windows" {
		return names // a chrome.exe in PATH may be anything
	}
	names = append(names, b.Commands...)
	if b == &host.Chrome {
		names = append(names, "google-chrome-beta")
	}
	return names
}

// chromes are a row for each browser that is there, and one that says that none is.
func (c *Checkup) chromes() []client {
	var all []client
	for _, b := range chromes {
		if r := c.row(b.kind, c.namesOf(b.browser)...); r.State != Missing {
			all = append(all, client{r, c.tryChrome})
		}
	}
	if len(all) == 0 {
		all = append(all, client{row: Result{ID: string(Chrome), Kind: Chrome, State: Missing}})
	}
	return all
}

// tryChrome runs the browser without a window and with a new profile. On
// Linux its authorities lie in the user's NSS database, of which it is given a
// copy. What it asks for by itself goes nowhere.
func (c *Checkup) tryChrome(ctx context.Context, r *Result) {
	if c.computer.OS != "windows" { // there it would open a window
		c.version(ctx, r, command{path: r.Path, args: []string{"--version"}, env: c.computer.With("HOME=" + c.folder())}, anyVersion)
	}
	c.routes.bySystem(ctx, r)
	if host.Sealed(r.Path) {
		c.lookIntoNSS(ctx, r, filepath.Join(c.computer.Home, "snap/chromium/current/.pki/nssdb"))
		c.remedies.chromeTrust(r)
		return
	}
	home := c.folder()
	env := c.computer.With("LC_ALL=C")
	if c.computer.OS == "linux" {
		for _, place := range []string{".pki/nssdb", ".local/share/pki/nssdb"} {
			copyStore(filepath.Join(c.computer.Home, place), filepath.Join(home, place))
		}
		env = append(env, "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"),
			"XDG_CACHE_HOME="+filepath.Join(home, ".cache"), "XDG_DATA_HOME="+filepath.Join(home, ".local/share"))
	}
	args := []string{
		"--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
		"--user-data-dir=" + filepath.Join(home, "profile"),
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
		"--metrics-recording-only", "--disable-breakpad", "--use-mock-keychain", "--password-store=basic",
		"--proxy-pac-url=" + c.pac(), "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE ::1", "--dump-dom",
	}
	if os.Geteuid() == 0 && c.computer.OS == "linux" {
		args = append(args, "--no-sandbox") // it refuses to run as root with one
	}
	c.tell(ctx, r, try{stays: true, command: func(url string) command {
		return command{path: r.Path, args: append(args, url), env: env, dir: home}
	}})
	if store := filepath.Join(c.computer.Home, ".pki/nssdb"); c.computer.OS == "linux" && r.Reason == ReasonStart && host.Exists(store) {
		c.lookIntoNSS(ctx, r, store)
	}
	c.remedies.chromeTrust(r)
}

// pac is a script that leads the check's host to the proxy, and everything else
// to a port where nothing listens: browsers ask their makers for many things.
func (c *Checkup) pac() string {
	script := `function FindProxyForURL(url, host) { return host === "` + *c.o.Host.base.Load() + `" || dnsDomainIs(host, ".` +
		*c.o.Host.base.Load() + `") ? "PROXY ` + c.proxy + `" : "PROXY 127.0.0.1:1"; }`
	return "data:application/x-ns-proxy-autoconfig;base64," + base64.StdEncoding.EncodeToString([]byte(script))
}
