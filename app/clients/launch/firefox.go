package launch

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"posthouse/app/clients/internal/host"
)

// certutilTime bounds what certutil may take.
const certutilTime = 20 * time.Second

// calm keeps Firefox from asking, greeting and calling home in a profile that
// lives for an hour.
var calm = []preference{
	{"browser.shell.checkDefaultBrowser", false},
	{"browser.aboutwelcome.enabled", false},
	{"browser.startup.homepage_override.mstone", "ignore"},
	{"browser.startup.page", 0},
	{"browser.newtabpage.enabled", false},
	{"browser.newtabpage.activity-stream.feeds.topsites", false},
	{"browser.topsites.contile.enabled", false},
	{"browser.safebrowsing.update.enabled", false},
	{"browser.safebrowsing.malware.enabled", false},
	{"browser.safebrowsing.phishing.enabled", false},
	{"browser.search.update", false},
	{"browser.region.network.url", ""},
	{"browser.tabs.warnOnClose", false},
	{"datareporting.policy.dataSubmissionEnabled", false},
	{"datareporting.healthreport.uploadEnabled", false},
	{"toolkit.telemetry.enabled", false},
	{"toolkit.telemetry.unified", false},
	{"app.normandy.enabled", false},
	{"app.update.auto", false},
	{"extensions.update.enabled", false},
	{"extensions.getAddons.cache.enabled", false},
	{"extensions.systemAddon.update.enabled", false},
	{"network.captive-portal-service.enabled", false},
	{"network.connectivity-service.enabled", false},
	{"dom.push.connection.enabled", false},
	{"signon.rememberSignons", false},
}

type preference struct {
	name  string
	value any // bool, int or string
}

// userJS is the user.js of a profile that goes through the proxy.
func userJS(proxy string) (string, error) {
	host, portText, err := net.SplitHostPort(proxy)
	if err != nil {
		return "", err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return "", err
	}
	all := append([]preference{
		{"network.proxy.type", 1},
		{"network.proxy.http", host}, {"network.proxy.http_port", int(port)},
		{"network.proxy.ssl", host}, {"network.proxy.ssl_port", int(port)},
		{"network.proxy.no_proxies_on", ""},
		{"network.proxy.allow_hijacking_localhost", true}, // without it localhost goes directly
		{"network.proxy.failover_direct", false},          // nothing passes by the proxy unseen
		{"network.trr.mode", 5},                           // names are the proxy's to resolve
		{"security.enterprise_roots.enabled", true},       // what the system trusts is trusted
	}, calm...)
	var b strings.Builder
	for _, p := range all {
		value := fmt.Sprint(p.value)
		if text, ok := p.value.(string); ok {
			value = strconv.QuoteToASCII(text)
		}
		fmt.Fprintf(&b, "user_pref(%q, %s);\n", p.name, value)
	}
	return b.String(), nil
}

// prepareFirefox fills a new profile. ErrUntrusted leaves one that can be used.
func prepareFirefox(ctx context.Context, profile string, w Way) error {
	text, err := userJS(w.Proxy)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(text), 0o600); err != nil {
		return err
	}
	if w.Certificate == nil {
		return nil
	}
	return trustInProfile(ctx, profile, w.Certificate)
}

// trustInProfile puts the CA into the profile's own database.
func trustInProfile(ctx context.Context, profile string, cert *x509.Certificate) error {
	certutil := host.This().Certutil()
	if certutil == "" {
		return ErrUntrusted
	}
	file := filepath.Join(profile, "posthouse-ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"-N", "-d", "sql:" + profile, "--empty-password"},
		{"-A", "-d", "sql:" + profile, "-t", "C,,", "-n", "Posthouse CA", "-i", file},
	} {
		if ran := host.Run(ctx, host.Command{Path: certutil, Args: args}, certutilTime, nil); ran.Err != nil {
			said := strings.TrimSpace(string(ran.Stderr) + string(ran.Stdout))
			return fmt.Errorf("certutil could not put the CA into Firefox's profile: %w: %s", ran.Err, said[:min(len(said), 500)])
		}
	}
	return nil
}
