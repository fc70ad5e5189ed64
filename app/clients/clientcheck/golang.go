package clientcheck

import (
	"context"
	"path/filepath"
	"regexp"
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
			"GOENV=off", "GOTOOLCHAIN=local", "GOPATH=" + filepath.Join(dir, "path"), "GOCACHE=" + filepath.Join(dir, "cache"),
			"GOMODCACHE=" + filepath.Join(dir, "modules"),
			"GO111MODULE=on", "GOWORK=off", "GOFLAGS=-modcacherw", "GOSUMDB=off", "GOPRIVATE=", "GONOPROXY=none", "GOVCS=*:off",
		}
		c.version(ctx, r, command{path: r.Path, args: []string{"version"}, env: c.computer.With(env...), dir: dir}, goVersion)
		c.tell(ctx, r, try{command: func(url string) command {
			vars := append(append(env[:len(env):len(env)], c.told()...), "GOPROXY="+url)
			return command{path: r.Path, args: []string{"list", "-m", "-versions", "check.posthouse/module"},
				env: c.computer.With(vars...), dir: dir}
		}})
		if c.computer.OS == "linux" {
			c.remedies.trust(r, c.remedies.variable("SSL_CERT_FILE"))
		} else {
			c.remedies.trust(r) // Go asks the system alone there
		}
		c.routes.goRoute(ctx, r)
		c.remedies.variablesForRoute(r)
	}}
}
