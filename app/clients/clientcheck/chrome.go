package clientcheck

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
)

// browser is where browsers of Chrome's kind are found.
type browser struct {
	kind    Kind
	names   []string // in PATH
	mac     string   // below /Applications
	windows string   // below a folder for programs
}

var chromes = []browser{
	{Chrome, []string{"google-chrome-stable", "google-chrome", "google-chrome-beta"}, "Google Chrome.app/Contents/MacOS/Google Chrome", `Google\Chrome\Application\chrome.exe`},
	{Chromium, []string{"chromium", "chromium-browser"}, "Chromium.app/Contents/MacOS/Chromium", `Chromium\Application\chrome.exe`},
	{Edge, []string{"microsoft-edge-stable", "microsoft-edge"}, "Microsoft Edge.app/Contents/MacOS/Microsoft Edge", `Microsoft\Edge\Application\msedge.exe`},
}

// places are the names of a browser on this system.
func (m *machine) places(b browser) []string {
	switch m.os {
	case "darwin":
		return append([]string{"/Applications/" + b.mac, filepath.Join(m.home, "Applications", b.mac)}, b.names...)
	case "windows":
		var all []string
		for _, root := range []string{"ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"} {
			if dir := m.get(root); dir != "" {
				all = append(all, filepath.Join(dir, b.windows))
			}
		}
		return all
	}
	return b.names
}

// chromes are a row for each browser that is there, and one that says that none is.
func (c *Checkup) chromes() []client {
	var all []client
	for _, b := range chromes {
		if r := c.row(b.kind, c.machine.places(b)...); r.State != Missing {
			all = append(all, client{r, c.tryChrome})
		}
	}
	if len(all) == 0 {
		all = append(all, client{row: Result{ID: string(Chrome), Kind: Chrome, State: Missing}})
	}
	return all
}

// tryChrome runs the browser without a window and with a profile of its own. On
// Linux its authorities lie in the user's NSS database, of which it is given a
// copy. What it asks for by itself goes nowhere.
func (c *Checkup) tryChrome(ctx context.Context, r *Result) {
	if c.machine.os != "windows" { // there it would open a window
		c.version(ctx, r, command{path: r.Path, args: []string{"--version"}, env: c.machine.with("HOME=" + c.folder())}, anyVersion)
	}
	c.bySystem(ctx, r)
	if sealed(r.Path) {
		c.lookIntoNSS(ctx, r, filepath.Join(c.machine.home, "snap/chromium/current/.pki/nssdb"))
		c.chromeTrust(r)
		return
	}
	home := c.folder()
	env := c.machine.with("LC_ALL=C")
	if c.machine.os == "linux" {
		for _, place := range []string{".pki/nssdb", ".local/share/pki/nssdb"} {
			copyStore(filepath.Join(c.machine.home, place), filepath.Join(home, place))
		}
		env = append(env, "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "XDG_CACHE_HOME="+filepath.Join(home, ".cache"), "XDG_DATA_HOME="+filepath.Join(home, ".local/share"))
	}
	args := []string{
		"--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check", "--user-data-dir=" + filepath.Join(home, "profile"),
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
		"--metrics-recording-only", "--disable-breakpad", "--use-mock-keychain", "--password-store=basic",
		"--proxy-pac-url=" + c.pac(), "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE ::1", "--dump-dom",
	}
	if os.Geteuid() == 0 && c.machine.os == "linux" {
		args = append(args, "--no-sandbox") // it refuses to run as root with one
	}
	c.tell(ctx, r, try{stays: true, command: func(url string) command {
		return command{path: r.Path, args: append(args, url), env: env, dir: home}
	}})
	if store := filepath.Join(c.machine.home, ".pki/nssdb"); c.machine.os == "linux" && r.Reason == ReasonStart && exists(store) {
		c.lookIntoNSS(ctx, r, store)
	}
	c.chromeTrust(r)
}

// pac is a script that leads the check's host to the proxy, and everything else
// to a port where nothing listens: browsers ask their makers for many things.
func (c *Checkup) pac() string {
	script := `function FindProxyForURL(url, host) { return host === "` + *c.o.Host.base.Load() + `" || dnsDomainIs(host, ".` + *c.o.Host.base.Load() + `") ? "PROXY ` + c.proxy + `" : "PROXY 127.0.0.1:1"; }`
	return "data:application/x-ns-proxy-autoconfig;base64," + base64.StdEncoding.EncodeToString([]byte(script))
}
