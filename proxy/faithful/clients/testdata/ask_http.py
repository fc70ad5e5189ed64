# python3 ask_http.py URL CA [PROXY]: one request by http.client.
import http.client, ssl, sys, urllib.parse

url, ca = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2]
proxy = sys.argv[3] if len(sys.argv) > 3 else None
context = ssl.create_default_context(cafile=ca)
if proxy:
    host, port = proxy.rsplit(":", 1)
    connection = http.client.HTTPSConnection(host, int(port), context=context)
    connection.set_tunnel(url.hostname, url.port)
else:
    connection = http.client.HTTPSConnection(url.hostname, url.port, context=context)
connection.request("GET", "/one", headers={"X-B": "1", "Cookie": "a=1; b=2", "x-a": "2", "Authorization": "Bearer secret"})
assert connection.getresponse().read() == b"seen"
