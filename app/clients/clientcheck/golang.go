package clientcheck

import (
	"context"
	"net/url"
	"path/filepath"
	"regexp"

	"golang.org/x/net/http/httpproxy"
)

var goVersion = regexp.MustCompile(`go version go(\S+)`)

// golang has the go command ask a module proxy, which is the check's host. Its
// caches, and what it counts for telemetry, lie in the folder of the try.
func (c *Checkup) golang() client {
	r := c.row(Go, "go")
	return client{r, func(ctx context.Context, r *Result) {
		dir := c.folder()
		env := []string{
			"HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_CACHE_HOME=" + dir, "APPDATA=" + dir, "LOCALAPPDATA=" + dir,
			"GOENV=off", "GOTOOLCHAIN=local", "GOPATH=" + filepath.Join(dir, "path"), "GOCACHE=" + filepath.Join(dir, "cache"), "GOMODCACHE=" + filepath.Join(dir, "modules"),
			"GO111MODULE=on", "GOWORK=off", "GOFLAGS=-modcacherw", "GOSUMDB=off", "GOPRIVATE=", "GONOPROXY=none", "GOVCS=*:off",
		}
		c.version(ctx, r, command{path: r.Path, args: []string{"version"}, env: c.machine.with(env...), dir: dir}, goVersion)
		c.tell(ctx, r, try{command: func(url string) command {
			vars := append(append(env[:len(env):len(env)], c.told()...), "GOPROXY="+url)
			return command{path: r.Path, args: []string{"list", "-m", "-versions", "check.posthouse/module"}, env: c.machine.with(vars...), dir: dir}
		}})
		if c.machine.os == "linux" {
			c.trustRemedies(r, c.variable("SSL_CERT_FILE"))
		} else {
			c.trustRemedies(r) // Go asks the system there, and nobody else
		}
		c.goRoute(ctx, r)
		c.variablesForRoute(r)
	}}
}

// goRoute is what each Go program decides by the environment, with the code by
// which it does: the go command cannot be told to take any certificate.
func (c *Checkup) goRoute(ctx context.Context, r *Result) {
	n := c.machine.inEnv("HTTPS_PROXY", "https_proxy")
	if c.elsewhere(ctx, r, n) {
		return
	}
	either := func(a, b string) string {
		if v := c.machine.get(a); v != "" {
			return v
		}
		return c.machine.get(b)
	}
	config := httpproxy.Config{HTTPSProxy: either("HTTPS_PROXY", "https_proxy"), NoProxy: either("NO_PROXY", "no_proxy")}
	to, err := config.ProxyFunc()(&url.URL{Scheme: "https", Host: Nowhere})
	r.Route = RouteDirect
	if err == nil && to != nil {
		r.Route = RouteThrough
	}
}
