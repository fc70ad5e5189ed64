# python3 ask_httpx.py URL CA [PROXY]: two requests by httpx, over HTTP/2.
import sys
import httpx

url, ca = sys.argv[1], sys.argv[2]
proxy = "http://" + sys.argv[3] if len(sys.argv) > 3 else None
with httpx.Client(http2=True, verify=ca, trust_env=False, **({"proxies": proxy} if proxy else {})) as client:
    for path in ("one", "two?a=b"):
        answer = client.get(url + path, headers={"X-B": "1", "Cookie": "a=1", "x-a": "2", "Authorization": "Bearer secret"})
        assert answer.http_version == "HTTP/2" and answer.text == "seen", answer
