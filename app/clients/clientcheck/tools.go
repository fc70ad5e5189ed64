package clientcheck

import (
	"context"
	"path/filepath"
	"regexp"
)

// row begins the row of a kind that is there once at most.
func (c *Checkup) row(kind Kind, names ...string) Result {
	r := Result{ID: string(kind), Kind: kind, Path: c.computer.Find(names...)}
	if r.Path == "" {
		r.State = Missing
	}
	return r
}

// curl reads its own settings file, which may also say where to write: so it is
// kept from that, and given what of it bears on proxies and certificates.
func (c *Checkup) curl() client {
	r := c.row(Curl, "curl")
	return client{r, func(ctx context.Context, r *Result) {
		c.version(ctx, r, command{path: r.Path, args: []string{"-q", "--version"}, env: c.computer.With("LC_ALL=C")}, anyVersion)
		rc := options(c.curlSettings())
		args := []string{"-q", "-sS", "--max-time", "20"}
		for _, name := range []string{"cacert", "capath"} {
			if v := value(rc, name); v != "" {
				args = append(args, "--"+name, v)
			}
		}
		for _, o := range []struct{ name, short string }{{"insecure", "-k"}, {"canative", ""}, {"sslnorevoke", ""},
			{"sslrevokebesteffort", ""}} {
			if has(rc, o.name) || o.short != "" && has(rc, o.short) {
				args = append(args, curlFlags[o.name])
			}
		}
		c.tell(ctx, r, try{command: func(url string) command {
			return command{path: r.Path, args: append(args[:len(args):len(args)], "--proxy", "http://"+c.proxy, "--noproxy", "",
				url), env: c.computer.With("LC_ALL=C")}
		}})
		c.remedies.curlTrust(r, rc)
		set := value(rc, "proxy", "-x")
		n := proxyFrom(c.computer, curlVariables...)
		if set != "" {
			n = named{hostPort(set), ".curlrc"}
		}
		if !c.routes.elsewhere(ctx, r, n) {
			c.wander(ctx, r, func(url string) command {
				args := []string{"-q", "-sSk", "--max-time", "10"}
				if set != "" {
					args = append(args, "--proxy", set)
				}
				if direct := value(rc, "noproxy"); direct != "" {
					args = append(args, "--noproxy", direct)
				}
				return command{path: r.Path, args: append(args, url), env: c.computer.With("LC_ALL=C")}
			})
		}
		c.remedies.variablesForRoute(r)
	}}
}

var curlFlags = map[string]string{"insecure": "-k", "canative": "--ca-native", "sslnorevoke": "--ssl-no-revoke",
	"sslrevokebesteffort": "--ssl-revoke-best-effort"}

// curlSettings is the text of the file that curl would read.
func (c *Checkup) curlSettings() string {
	m := c.computer
	var places []string
	for _, dir := range []string{m.Get("CURL_HOME"), m.Get("XDG_CONFIG_HOME"), m.Home} {
		if dir != "" {
			places = append(places, filepath.Join(dir, ".curlrc"), filepath.Join(dir, "curlrc"))
		}
	}
	if m.OS == "windows" {
		places = append(places, filepath.Join(m.Home, "_curlrc"), filepath.Join(m.Get("APPDATA"), "_curlrc"))
	}
	for _, place := range places {
		if text := readFile(place); text != "" {
			return text
		}
	}
	return ""
}

// wget would write its list of HSTS hosts, and its settings might name files.
func (c *Checkup) wget() client {
	r := c.row(Wget, "wget")
	return client{r, func(ctx context.Context, r *Result) {
		c.version(ctx, r, command{path: r.Path, args: []string{"--no-config", "--version"}, env: c.computer.With("LC_ALL=C")}, anyVersion)
		rc := options(readFile(filepath.Join(c.computer.Home, ".wgetrc")))
		if file := c.computer.Get("WGETRC"); file != "" {
			rc = options(readFile(file))
		}
		base := []string{"--no-config", "--no-hsts", "-nv", "-O", "-", "--tries=1", "--timeout=15"}
		args := base[:len(base):len(base)]
		if v := value(rc, "cacertificate"); v != "" {
			args = append(args, "--ca-certificate="+v)
		}
		if v := value(rc, "cadirectory"); v != "" {
			args = append(args, "--ca-directory="+v)
		}
		if value(rc, "checkcertificate") == "off" {
			args = append(args, "--no-check-certificate")
		}
		c.tell(ctx, r, try{command: func(url string) command {
			return command{path: r.Path, args: append(args[:len(args):len(args)], url), env: c.computer.With(c.told()...)}
		}})
		c.remedies.trust(r, Remedy{ForTrust, AddLine, c.remedies.line("ca_certificate = ", "~/.wgetrc")})
		set := value(rc, "httpsproxy")
		n := proxyFrom(c.computer, "https_proxy") // it knows lower case alone
		if set != "" {
			n = named{hostPort(set), ".wgetrc"}
		}
		if value(rc, "useproxy") == "off" {
			r.Route, r.Via = RouteDirect, ".wgetrc: use_proxy"
		} else if !c.routes.elsewhere(ctx, r, n) {
			c.wander(ctx, r, func(url string) command {
				args := append(base[:len(base):len(base)], "--no-check-certificate")
				if set != "" {
					args = append(args, "-e", "https_proxy="+set)
				}
				if direct := value(rc, "noproxy"); direct != "" {
					args = append(args, "-e", "no_proxy="+direct)
				}
				return command{path: r.Path, args: append(args, url), env: c.computer.With("LC_ALL=C")}
			})
		}
		c.remedies.variablesForRoute(r)
	}}
}

var gitVersion = regexp.MustCompile(`git version (\S+)`)

// git asks a repository that is served as files. Its settings are read as they
// are; only what would ask the person is kept away.
func (c *Checkup) git() client {
	r := c.row(Git, "git")
	return client{r, func(ctx context.Context, r *Result) {
		quiet := []string{"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", "GIT_DIR=" + c.folder(),
			"GIT_OPTIONAL_LOCKS=0", "GCM_INTERACTIVE=never"}
		c.version(ctx, r, command{path: r.Path, args: []string{"--version"}, env: c.computer.With("LC_ALL=C")}, gitVersion)
		ask := []string{"-c", "credential.helper=", "-c", "protocol.version=0"}
		c.tell(ctx, r, try{command: func(url string) command {
			args := append(ask[:len(ask):len(ask)], "-c", "http.proxy=http://"+c.proxy, "-c", "http.lowSpeedLimit=1", "-c",
				"http.lowSpeedTime=15", "ls-remote", url)
			return command{path: r.Path, args: args, env: c.computer.With(append(quiet, "no_proxy=", "NO_PROXY=")...)}
		}})
		c.remedies.gitTrust(r)
		out := run(ctx, c.placed(command{path: r.Path, args: []string{"config", "--get-urlmatch", "http.proxy",
			"https://" + Nowhere + "/"}, env: c.computer.With(quiet...)}), versionLimit, nil)
		n := proxyFrom(c.computer, curlVariables...)
		if set := clipped(out.stdout); set != "" {
			n = named{hostPort(set), "git config http.proxy"}
		}
		if !c.routes.elsewhere(ctx, r, n) {
			c.wander(ctx, r, func(url string) command {
				args := append(ask[:len(ask):len(ask)], "-c", "http.sslVerify=false", "ls-remote", url)
				return command{path: r.Path, args: args, env: c.computer.With(append(quiet, "GIT_SSL_NO_VERIFY=1")...)}
			})
		}
		if r.Route == RouteDirect || r.Route == RouteOther {
			r.Remedies = append(r.Remedies, Remedy{ForRoute, Run, "git config --global http.proxy http://" + c.remedies.proxy})
		}
	}}
}
