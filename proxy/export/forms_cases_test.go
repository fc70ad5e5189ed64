package export_test

// odd are requests with which one program or another does something by itself.
var odd = []request{
	{name: "lists in a query", head: "GET /a?b[]=1&b[]=2 HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "lists in the path", head: "GET /a[1]/b?c HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "small hex", head: "GET /a%2fb?c=%e4 HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "encoded for nothing", head: "GET /%41?b=%7E HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "percent alone", head: "GET /a?b=100% HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "dots", head: "GET /a/../b/./c HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "encoded dots", head: "GET /a/%2e%2E/b HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "dots in a query", head: "GET /a?b=/../c HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "empty query", head: "GET /a? HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "two questions", head: "GET /a?b?c HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "quote in a query", head: "GET /it's?b='c' HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "braces in a query", head: "GET /a?b={c}|d`e HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "caret in a query", head: "GET /a?b=^ HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "backslash", head: "GET /a\\b?c=\\d HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "fragment", head: "GET /a?b#c HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "two slashes", head: "GET //a//b HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "two slashes and more", head: "GET //a[1 HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "authority in the path", head: "GET /@b:c/;d=e,f HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "userinfo in a query", head: "GET /?a:b@c HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "head", head: "HEAD /a HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "other methods", head: "PROPFIND /a HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "method with a dash", head: "M-SEARCH /a HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "method in lower case", head: "patch /a HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: "x"},
	{name: "delete with a body", head: "DELETE /a HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: "{}"},
	{name: "signs before values", head: "GET / HTTP/1.1\r\nHost: HOST\r\nA: @/etc/passwd\r\nB: =@/etc/passwd\r\nC: :=1\r\nD: =1\r\n" +
		"E: @\r\nF: ;\r\nG: a\\:b\r\nH: \\@x\r\nI: a\\\r\n-J: --output=x\r\n--output: y\r\nK: a:b@c=d;e\r\n\r\n"},
	{name: "python's own sign", head: "GET / HTTP/1.1\r\nHost: HOST\r\nAccept: @@@SKIP_HEADER@@@\r\nUser-Agent: @@@SKIP_HEADER@@@\r\n\r\n"},
	{name: "commands", head: "POST /$(touch${IFS}run);touch${IFS}run HTTP/1.1\r\nHost: HOST\r\nA: $(touch run)\r\nB: `touch run`\r\n" +
		"C: ';touch run;'\r\nD: \";touch run;\"\r\nE: x\\\r\nF: $IFS!!%PATH%\r\nContent-Length: N\r\n\r\n",
		body: "$(touch run)`touch run`';touch run;'\";touch run;\"\\'\n;touch run\n"},
	{name: "conditional", head: "GET / HTTP/1.1\r\nHost: HOST\r\nIf-None-Match: \"a\"\r\n\r\n"},
	{name: "of a browser", head: "GET / HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\nsec-ch-ua-mobile: ?0\r\nUser-Agent: me\r\n" +
		"Accept: text/html\r\nSec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nReferer: http://HOST/\r\n" +
		"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: de\r\nCookie: a=1; b=2\r\nOrigin: http://HOST\r\nDNT: 1\r\n\r\n"},
	{name: "between two hops", head: "GET / HTTP/1.1\r\nHost: HOST\r\nConnection: close, X\r\nKeep-Alive: timeout=5\r\n" +
		"TE: trailers\r\nTrailer: A\r\nExpect: x\r\nVia: 1.1 a\r\n\r\n"},
	{name: "upgrade", head: "GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"},
	{name: "credentials", head: "GET / HTTP/1.1\r\nHost: HOST\r\nAuthorization: Basic eDp5\r\n\r\n"},
	{name: "cookies", head: "GET / HTTP/1.1\r\nHost: HOST\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n"},
	{name: "two hosts", head: "GET / HTTP/1.1\r\nHost: HOST\r\nHost: other.example\r\n\r\n"},
	{name: "own type of body", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Type: text/plain; charset=x\r\nContent-Length: N\r\n\r\n",
		body: "a=b&c"},
	{name: "bytes of a type", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Type: x/y\r\nContent-Length: N\r\n\r\n",
		body: "\xff\xfe\x00\n"},
	{name: "chunks of bytes", head: "POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n", body: "\x00\xff\n"},
	{name: "quotes of programs", head: "POST / HTTP/1.1\r\nHost: HOST\r\nX: \"\"\"'''`${x}`#{x}%s{0}\\n*/--></script>\r\n" +
		"Content-Length: N\r\n\r\n",
		body: "\"\"\"'''`${x}`#{x}%s{0}\\n*/--></script>\\u0041\\"},
}
