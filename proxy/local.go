package proxy

import (
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
)

// allowed are the methods that a local answer lists; everything is forwarded.
const allowed = "GET, HEAD, OPTIONS, TRACE, POST, PUT, DELETE, PATCH, CONNECT"

const localPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Posthouse</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:42em;margin:4em auto;padding:0 1em;color:#222;background:#fff}
code,pre{background:#f2f2f0;border-radius:4px;padding:.1em .3em}pre{padding:.8em 1em;overflow:auto}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1c1d1f}code,pre{background:#2a2b2e}}</style></head>
<body><h1>This is Posthouse, a proxy</h1>
<p>You have reached the proxy itself, not an origin. Point a program at it and its requests show up in the Posthouse window:</p>
<pre>curl -x http://HOST http://example.com/
export http_proxy=http://HOST https_proxy=http://HOST</pre>
<p>In a browser or in the system's network settings, enter this address as the HTTP and HTTPS proxy.</p>
<h2 lang="zh-Hans">这里是 Posthouse 驿站，一个代理</h2>
<p lang="zh-Hans">您访问的是代理本身，而不是目标网站。请把程序、浏览器或系统的 HTTP 与 HTTPS 代理设置为这个地址，请求就会出现在 Posthouse 窗口中。</p>
</body></html>
`

// localReply answers a request in origin-form or asterisk-form: it is for the
// proxy itself and is never forwarded, whatever its Host says.
func localReply(req *http1.Request) *reply {
	path := string(req.Target)
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	switch {
	case req.Is("TRACE"):
		return traceReply(req)
	case req.Is("OPTIONS"):
		return optionsReply()
	case !req.Is("GET") && !req.Is("HEAD"):
		r := refusal(405, flow.FailureNone, "This is the proxy itself. To reach an origin through it, send the request in absolute form (http://host/path) or use CONNECT.")
		r.allow = "GET, HEAD, OPTIONS, TRACE"
		r.closes = req.HasBody()
		return r
	case path != "/":
		return refusal(404, flow.FailureNone, "This is the proxy itself, and it has no such page. To reach an origin through it, send the request in absolute form (http://host/path) or use CONNECT.")
	}
	host := "127.0.0.1:9876"
	if value := req.Find(http1.Host); len(value) > 0 {
		host = string(value)
	}
	return &reply{status: 200, kind: "text/html; charset=utf-8", body: strings.ReplaceAll(localPage, "HOST", escapeHTML(host))}
}

var htmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

func escapeHTML(s string) string { return htmlEscapes.Replace(s) }

func optionsReply() *reply { return &reply{status: 200, allow: allowed} }

// secretFields are left out of a TRACE answer (RFC 9110 section 9.3.8).
var secretFields = []string{"authorization", "cookie", "proxy-authorization"}

// traceReply sends the request back as it came, without its secrets.
func traceReply(req *http1.Request) *reply {
	var b strings.Builder
	b.Write(req.Method)
	b.WriteByte(' ')
	b.Write(req.Target)
	b.WriteByte(' ')
	b.Write(req.Version)
	b.WriteString("\r\n")
next:
	for i := range req.Fields {
		for _, secret := range secretFields {
			if http1.EqualFold(req.Fields[i].Name, secret) {
				continue next
			}
		}
		b.Write(req.Fields[i].Line)
	}
	b.WriteString("\r\n")
	return &reply{status: 200, kind: "message/http", body: b.String()}
}
