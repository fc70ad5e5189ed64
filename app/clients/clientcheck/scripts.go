package clientcheck

import (
	"context"
	"net"
	"strconv"
	"strings"
)

const nodeTold = `
const http = require('http'), tls = require('tls');
const [, address, host, port] = process.argv, url = new URL(address);
const fail = (e) => { console.error(e.code || '', e.message); process.exit(1); };
http.request({ host, port, method: 'CONNECT', path: url.hostname + ':443', agent: false }).on('connect', (res, socket) => {
  if (res.statusCode !== 200) { fail(new Error('the proxy answered ' + res.statusCode)); }
  const inner = tls.connect({ socket, servername: url.hostname }, () => {
    inner.write('GET ' + url.pathname + ' HTTP/1.1\r\nHost: ' + url.hostname + '\r\nConnection: close\r\n\r\n');
    inner.pipe(process.stdout);
  }).on('error', fail);
}).on('error', fail).end();
`

const nodeWander = `
const [, url] = process.argv;
const fetched = () => fetch(url).then((r) => r.text()).then((t) => console.log(t));
const asked = () => typeof fetch === 'function' ? fetched() : Promise.reject(new Error('no proxy'));
const fail = (e) => { console.error(e.code || '', e.message); process.exit(1); };
const end = () => process.exit(0);
require('https').get(url, (r) => { r.pipe(process.stdout); r.on('end', end); }).on('error', () => asked().then(end, fail));
`

// node is told of the proxy in code: most of its versions know none by themselves.
func (c *Checkup) node() client {
	r := c.row(Node, "node", "nodejs")
	return client{r, func(ctx context.Context, r *Result) {
		c.version(ctx, r, command{path: r.Path, args: []string{"--version"}, env: c.computer.With()}, anyVersion)
		host, port, _ := net.SplitHostPort(c.proxy)
		c.tell(ctx, r, try{command: func(url string) command {
			return command{path: r.Path, args: []string{"-e", nodeTold, url, host, port}, env: c.computer.With("NODE_USE_ENV_PROXY=")}
		}})
		c.remedies.nodeTrust(r)
		n := named{}
		if c.computer.Get("NODE_USE_ENV_PROXY") != "" || c.computer.Get("NODE_OPTIONS") != "" {
			n = proxyFrom(c.computer, mostVariables...)
		}
		if !c.routes.elsewhere(ctx, r, n) {
			c.wander(ctx, r, func(url string) command {
				return command{path: r.Path, args: []string{"-e", nodeWander, url},
					env: c.computer.With("NODE_TLS_REJECT_UNAUTHORIZED=0", "NODE_NO_WARNINGS=1")}
			})
		}
		switch {
		case r.Route != RouteDirect && r.Route != RouteOther:
		case usesEnvProxy(r.Version):
			c.remedies.variablesForRoute(r, "NODE_USE_ENV_PROXY", "1")
		default:
			r.Remedies = append(r.Remedies, Remedy{ForRoute, InCode, ""})
		}
	}}
}

// usesEnvProxy reports whether a version of Node knows NODE_USE_ENV_PROXY.
func usesEnvProxy(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	major, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) < 2 {
		return false
	}
	minor, _ := strconv.Atoi(parts[1])
	return major >= 24 || major == 22 && minor >= 21
}

const pythonTold = `
import sys
try:
    from urllib.request import urlopen
except ImportError:
    from urllib2 import urlopen
print(urlopen(sys.argv[1], timeout=15).read().decode())
`

const pythonWander = `
import sys, ssl
from urllib.request import urlopen
print(urlopen(sys.argv[1], timeout=10, context=ssl._create_unverified_context()).read().decode())
`

const requestsTold = `
import sys, requests
print(requests.get(sys.argv[1], timeout=15).text)
`

const requestsWander = `
import sys, warnings, requests
warnings.simplefilter("ignore")
print(requests.get(sys.argv[1], timeout=10, verify=False).text)
`

// script runs a line of Python without writing compiled modules.
func (c *Checkup) script(path, script, url string, vars ...string) command {
	return command{path: path, args: []string{"-B", "-c", script, url}, env: c.computer.With(vars...)}
}

func (c *Checkup) pythons() []string {
	if c.computer.OS == "windows" {
		return []string{"python", "python3", "py"}
	}
	return []string{"python3", "python"}
}

// python tries the interpreter's own ssl module.
func (c *Checkup) python() client {
	r := c.row(Python, c.pythons()...)
	return client{r, func(ctx context.Context, r *Result) {
		c.version(ctx, r, command{path: r.Path, args: []string{"--version"}, env: c.computer.With()}, anyVersion)
		c.tell(ctx, r, try{command: func(url string) command { return c.script(r.Path, pythonTold, url, c.told()...) }})
		c.remedies.trust(r, c.remedies.variable("SSL_CERT_FILE"))
		if !c.routes.followsSystem(ctx, r, mostVariables) {
			c.wander(ctx, r, func(url string) command { return c.script(r.Path, pythonWander, url, "LC_ALL=C") })
		}
		c.remedies.variablesForRoute(r)
	}}
}

// requests brings its own bundle, and looks at its own variables.
func (c *Checkup) requests() client {
	r := c.row(Requests, c.pythons()...)
	return client{r, func(ctx context.Context, r *Result) {
		out := run(ctx, c.placed(command{path: r.Path, args: []string{"-B", "-c",
			"import requests; print('requests ' + requests.__version__)"}, env: c.computer.With("LC_ALL=C")}), versionLimit, nil)
		version, is := strings.CutPrefix(strings.TrimSpace(out.stdout), "requests ")
		if !is {
			r.State, r.Reason = Missing, ReasonModule
			return
		}
		r.Version = clipped(version)
		c.tell(ctx, r, try{command: func(url string) command { return c.script(r.Path, requestsTold, url, c.told()...) }})
		c.remedies.trust(r, c.remedies.variable("REQUESTS_CA_BUNDLE"))
		if !c.routes.followsSystem(ctx, r, curlVariables) {
			c.wander(ctx, r, func(url string) command { return c.script(r.Path, requestsWander, url, "LC_ALL=C") })
		}
		c.remedies.variablesForRoute(r)
	}}
}
