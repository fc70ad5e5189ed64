package clientcheck

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"posthouse/app/clients/internal/host"
)

// maxProfiles bounds the rows of Firefox.
const maxProfiles = 8

// firefoxes are a row for each profile that was used.
func (c *Checkup) firefoxes() []client {
	binary := c.computer.Find(c.namesOf(&host.Firefox)...)
	var all []client
	for _, place := range c.computer.FirefoxProfiles() {
		entries, _ := os.ReadDir(place.Dir) // a folder that is not there has none
		for _, e := range entries {
			dir := filepath.Join(place.Dir, e.Name())
			if !e.IsDir() || !host.IsNSSStore(dir) || len(all) == maxProfiles {
				continue
			}
			r := Result{ID: string(Firefox) + ":" + dir, Kind: Firefox, Profile: e.Name(), Path: dir}
			run := binary
			if place.Sealed || binary != "" && host.Sealed(binary) {
				run = ""
			}
			all = append(all, client{r, func(ctx context.Context, r *Result) { c.tryFirefox(ctx, r, run) }})
		}
	}
	if len(all) == 0 {
		all = append(all, client{row: Result{ID: string(Firefox), Kind: Firefox, State: Missing}})
	}
	return all
}

// tryFirefox runs Firefox without a window on a new profile with a copy of the
// certificates of this one, and of the setting that adds the system's.
func (c *Checkup) tryFirefox(ctx context.Context, r *Result, binary string) {
	profile := r.Path
	prefs := readPrefs(readFile(filepath.Join(profile, "prefs.js")) + readFile(filepath.Join(profile, "user.js")))
	c.routes.firefoxRoute(ctx, r, prefs)
	defer c.remedies.firefoxTrust(r, profile)
	if binary == "" {
		c.lookIntoNSS(ctx, r, profile)
		return
	}
	dir := c.folder()
	copyStore(profile, dir)
	if err := os.WriteFile(filepath.Join(dir, "user.js"), []byte(c.userPrefs(prefs)), 0o600); err != nil {
		r.State, r.Reason, r.Said = Untested, ReasonStart, clipped(err.Error())
		return
	}
	env := c.computer.With("MOZ_CRASHREPORTER_DISABLE=1", "MOZ_HEADLESS=1", "LC_ALL=C")
	if c.computer.OS == "linux" {
		env = append(env, "HOME="+c.folder(), "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent")
		c.version(ctx, r, command{path: binary, args: []string{"--version"}, env: env}, anyVersion)
	}
	c.tell(ctx, r, try{stays: true, command: func(url string) command {
		return command{path: binary, args: []string{"--headless", "--no-remote", "--profile", dir, url}, env: env, dir: dir}
	}})
	if r.Reason == ReasonStart {
		c.lookIntoNSS(ctx, r, profile)
	}
}

var pref = regexp.MustCompile(`(?m)^\s*user_pref\("([^"]+)",\s*(.+?)\);`)

// readPrefs reads the settings of a profile; the last of a name counts.
func readPrefs(text string) map[string]string {
	all := map[string]string{}
	for _, found := range pref.FindAllStringSubmatch(text, -1) {
		all[found[1]] = strings.Trim(found[2], `"`)
	}
	return all
}

const enterpriseRoots = "security.enterprise_roots.enabled"

// userPrefs are the settings of the new profile: what is asked for by Firefox
// itself is switched off, and led nowhere in any case.
func (c *Checkup) userPrefs(of map[string]string) string {
	lines := []string{
		`"network.proxy.type", 2`, `"network.proxy.autoconfig_url", ` + strconv.Quote(c.pac()),
		`"network.proxy.failover_direct", false`, `"network.proxy.allow_bypass", false`, `"network.dns.forceResolve", "127.0.0.1"`,
		`"network.dns.disabled", true`, `"network.trr.mode", 5`,
		`"network.captive-portal-service.enabled", false`, `"network.connectivity-service.enabled", false`,
		`"network.dns.disablePrefetch", true`,
		`"browser.shell.checkDefaultBrowser", false`, `"browser.aboutwelcome.enabled", false`, `"startup.homepage_welcome_url", ""`,
		`"browser.startup.page", 0`,
		`"datareporting.policy.dataSubmissionEnabled", false`, `"toolkit.telemetry.enabled", false`, `"app.update.enabled", false`,
		`"app.normandy.enabled", false`,
		`"extensions.update.enabled", false`, `"browser.safebrowsing.malware.enabled", false`,
		`"browser.safebrowsing.phishing.enabled", false`,
		`"security.certerrors.mitm.auto_enable_enterprise_roots", false`, `"security.OCSP.enabled", 0`,
	}
	if v := of[enterpriseRoots]; v == "true" || v == "false" {
		lines = append(lines, `"`+enterpriseRoots+`", `+v)
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("user_pref(" + line + ");\n")
	}
	return b.String()
}

// followsItself reports whether a profile has its own network settings.
func (r *Result) followsItself() bool { return strings.Contains(r.Via, "network.proxy.") }
