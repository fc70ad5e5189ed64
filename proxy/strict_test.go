package proxy_test

import (
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// refusedStart and refusedHost are what refusedRequests are made of.
const refusedStart, refusedHost = "POST http://{origin}/ HTTP/1.1\r\n", "Host: {origin}\r\n"

// refusedRequests are what clients are refused for, with the status that says so.
func refusedRequests() map[string]refusedRequest {
	const start, host = refusedStart, refusedHost
	return map[string]refusedRequest{
		"CL and TE":                {start + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		"TE and CL":                {start + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
		"CL twice, differing":      {start + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
		"CL list":                  {start + host + "Content-Length: 3, 3\r\n\r\nabc", 400},
		"CL plus":                  {start + host + "Content-Length: +3\r\n\r\nabc", 400},
		"CL minus":                 {start + host + "Content-Length: -3\r\n\r\nabc", 400},
		"CL hex":                   {start + host + "Content-Length: 0x3\r\n\r\nabc", 400},
		"CL empty":                 {start + host + "Content-Length:\r\n\r\nabc", 400},
		"CL inner space":           {start + host + "Content-Length: 1 0\r\n\r\nabc", 400},
		"CL overflow":              {start + host + "Content-Length: 9223372036854775808\r\n\r\nabc", 400},
		"CL overflow far":          {start + host + "Content-Length: 18446744073709551619\r\n\r\nabc", 400},
		"TE identity":              {start + host + "Transfer-Encoding: identity\r\n\r\nabc", 400},
		"TE gzip":                  {start + host + "Transfer-Encoding: gzip\r\n\r\nabc", 400},
		"TE chunked twice":         {start + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		"TE chunked, chunked":      {start + host + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400},
		"TE chunked not last":      {start + host + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400},
		"TE gzip, chunked":         {start + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
		"TE quoted":                {start + host + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400},
		"TE x then chunked":        {start + host + "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		"TE with vertical tab":     {start + host + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400},
		"TE in HTTP/1.0":           {"POST http://{origin}/ HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		"bare LF":                  {"GET http://{origin}/ HTTP/1.1\nHost: {origin}\n\n", 400},
		"bare LF in fields":        {start + host + "A: 1\nContent-Length: 3\r\n\r\nabc", 400},
		"bare CR in value":         {start + host + "A: 1\rB: 2\r\n\r\n", 400},
		"NUL in value":             {start + host + "A: 1\x00\r\n\r\n", 400},
		"control in value":         {start + host + "A: 1\x01\r\n\r\n", 400},
		"DEL in value":             {start + host + "A: 1\x7f\r\n\r\n", 400},
		"obs-fold":                 {start + host + "A: 1\r\n 2\r\n\r\n", 400},
		"obs-fold by tab":          {start + host + "A: 1\r\n\t2\r\n\r\n", 400},
		"space before first field": {start + " A: 1\r\n" + host + "\r\n", 400},
		"space before colon":       {start + host + "A : 1\r\n\r\n", 400},
		"tab before colon":         {start + host + "A\t: 1\r\n\r\n", 400},
		"empty name":               {start + host + ": 1\r\n\r\n", 400},
		"no colon":                 {start + host + "A\r\n\r\n", 400},
		"odd name":                 {start + host + "A(b): 1\r\n\r\n", 400},
		"name beyond ASCII":        {start + host + "\xc3\xa9: 1\r\n\r\n", 400},
		"no Host":                  {start + "A: 1\r\n\r\n", 400},
		"Host twice":               {start + host + host + "\r\n", 400},
		"Host malformed":           {start + "Host: a b\r\n\r\n", 400},
		"Host list":                {start + "Host: a, b\r\n\r\n", 400},
		"Host with path":           {start + "Host: a/b\r\n\r\n", 400},
		"Host with userinfo":       {start + "Host: a@b\r\n\r\n", 400},
		"bad method":               {"GE(T http://{origin}/ HTTP/1.1\r\n" + host + "\r\n", 400},
		"no method":                {" http://{origin}/ HTTP/1.1\r\n" + host + "\r\n", 400},
		"no target":                {"GET  HTTP/1.1\r\n" + host + "\r\n", 400},
		"two spaces":               {"GET  http://{origin}/ HTTP/1.1\r\n" + host + "\r\n", 400},
		"tab in request line":      {"GET\thttp://{origin}/\tHTTP/1.1\r\n" + host + "\r\n", 400},
		"space in target":          {"GET http://{origin}/a b HTTP/1.1\r\n" + host + "\r\n", 400},
		"control in target":        {"GET http://{origin}/a\x01b HTTP/1.1\r\n" + host + "\r\n", 400},
		"DEL in target":            {"GET http://{origin}/a\x7fb HTTP/1.1\r\n" + host + "\r\n", 400},
		"no version":               {"GET http://{origin}/\r\n" + host + "\r\n", 400},
		"lower case version":       {"GET http://{origin}/ http/1.1\r\n" + host + "\r\n", 400},
		"long version":             {"GET http://{origin}/ HTTP/1.10\r\n" + host + "\r\n", 400},
		"trailing space":           {"GET http://{origin}/ HTTP/1.1 \r\n" + host + "\r\n", 400},
		"HTTP/2.0":                 {"GET http://{origin}/ HTTP/2.0\r\n" + host + "\r\n", 505},
		"HTTP/0.9":                 {"GET http://{origin}/ HTTP/0.9\r\n" + host + "\r\n", 505},
		"HTTP/2 preface":           {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
		"TLS":                      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400},
		"target too long":          {"GET http://{origin}/" + strings.Repeat("x", 200<<10) + " HTTP/1.1\r\n" + host + "\r\n", 414},
		"head too large":           {start + host + "A: " + strings.Repeat("x", 300<<10) + "\r\n\r\n", 431},
		"too many fields":          {start + host + strings.Repeat("A: 1\r\n", 10000) + "\r\n", 431},
	}
}

type refusedRequest struct {
	request string
	status  int
}

// What is ambiguous or malformed is refused, the connection is closed, and no
// origin hears of it (RFC 9112 sections 2.2, 3, 5, 6).
func TestRefusedRequests(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	for name, c := range refusedRequests() {
		t.Run(name, func(t *testing.T) {
			client := p.Client().Quiet()
			_ = client.TrySend(c.request) // a long one may be answered before its end
			head := client.ExpectHead()
			if want := "HTTP/1.1 " + string(rune('0'+c.status/100)) + string(rune('0'+c.status/10%10)) +
				string(rune('0'+c.status%10)); !strings.HasPrefix(head, want) {
				t.Fatalf("answered %.40q, want %d", head, c.status)
			}
			if !strings.Contains(head, "\r\nConnection: close\r\n") {
				t.Errorf("the connection stays open after %.60q", head)
			}
			client.ExpectN(contentLength(t, head))
			client.ExpectGone()
		})
	}
	origin.NotAsked()
}

// A broken chunked upload is cut off at the origin and refused to the client;
// what follows it is no request.
func TestBrokenChunkedUploads(t *testing.T) {
	for name, body := range map[string]string{
		"empty size":       "\r\nabc\r\n0\r\n\r\n",
		"negative":         "-1\r\na\r\n0\r\n\r\n",
		"sign":             "+3\r\nabc\r\n0\r\n\r\n",
		"0x":               "0x3\r\nabc\r\n0\r\n\r\n",
		"overflow":         "8000000000000000\r\nabc",
		"overflow far":     "10000000000000003\r\nabc\r\n0\r\n\r\n",
		"junk":             "3 abc\r\nabc\r\n0\r\n\r\n",
		"space before":     " 3\r\nabc\r\n0\r\n\r\n",
		"bare LF":          "3\nabc\r\n0\r\n\r\n",
		"LF in extension":  "3;a\nb\r\nabc\r\n0\r\n\r\n",
		"CR in extension":  "3;a\rb\r\nabc\r\n0\r\n\r\n",
		"data too long":    "3\r\nabcd\r\n0\r\n\r\n",
		"data ends in LF":  "3\r\nabc\n0\r\n\r\n",
		"trailer folded":   "0\r\nA: 1\r\n 2\r\n\r\n",
		"trailer no colon": "0\r\nA\r\n\r\n",
		"trailer framing":  "0\r\nA : 1\r\n\r\n",
	} {
		for _, early := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				p := proxytest.Start(t)
				origin, client := p.Origin(), p.Client()
				head := "POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nTransfer-Encoding: chunked\r\n\r\n"
				if early { // the body is broken before the origin was asked
					client.Send(head + body)
					client.ExpectStatus(400)
					origin.NotAsked()
				} else {
					client.Send(head)
					at := origin.Accept()
					at.ExpectHead()
					client.Send(body)
					client.ExpectStatus(400)
					if got, _ := at.Rest(); strings.HasSuffix(string(got), "0\r\n\r\n") {
						t.Errorf("the origin got what looks whole: %q", got)
					}
				}
				if row := p.Finished(1); row.Failure != flow.FailureBadRequest {
					t.Errorf("row %+v", row)
				}
				if got, _ := client.Rest(); strings.Contains(string(got), "HTTP/1.1") {
					t.Errorf("more than one answer: %q", got)
				}
			})
		}
	}
}

// A response that is ambiguous or malformed becomes a 502, and its connection is closed.
func TestRefusedResponses(t *testing.T) {
	for name, response := range map[string]string{
		"CL twice":           "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		"CL list":            "HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabcd",
		"CR CR LF":           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\r\nok",
		"CR CR LF, and LF":   "HTTP/1.1 200 OK\nContent-Length: 2\n\r\r\nok",
		"CL empty":           "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nabcd",
		"TE and NUL":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\x00\r\n\r\n0\r\n\r\n",
		"TE below identity":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
		"CL behind a CR":     "HTTP/1.1 200 OK\r\nA: 1\rContent-Length: 2\r\n\r\nok",
		"CL folded":          "HTTP/1.1 200 OK\nContent-Length: 2\n 2\n\nok",
		"CL in quotes":       "HTTP/1.1 200 OK\r\n\"Content-Length\": 2\r\n\r\nok",
		"CL without a colon": "HTTP/1.1 200 OK\r\nContent-Length 2\r\n\r\nok",
		"NUL in a name":      "HTTP/1.1 200 OK\r\nA\x00: 1\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/0.9":           "<html>ok</html>",
		"CL minus":           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabcd",
		"CL hex":             "HTTP/1.1 200 OK\r\nContent-Length: 0x4\r\n\r\nabcd",
		"TE gzip":            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabcd",
		"TE chunked twice":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
		"TE in HTTP/1.0":     "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"status of two":      "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok",
		"status of four":     "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok",
		"status 000":         "HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok",
		"version":            "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"no HTTP":            "220 mail.example ESMTP\r\n\r\n",
		"head too large":     "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 300<<10) + "\r\n\r\n",
		"too many fields":    "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: 1\r\n", 10000) + "\r\n",
		"closed":             "",
		"closed in the head": "HTTP/1.1 200 OK\r\nContent-Le",
		"closed after 100":   "HTTP/1.1 100 Continue\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 0\r\n\r\n")
			at := origin.Accept().Quiet()
			at.ExpectHead()
			_ = at.TrySend(response)
			if strings.HasPrefix(name, "closed") {
				at.Close()
			}
			if name == "closed after 100" {
				client.Expect(response)
			}
			head := client.ExpectStatus(502)
			client.ExpectN(contentLength(t, head))
			if !strings.HasPrefix(name, "closed") {
				at.ExpectGone()
			}
			row := p.Finished(1)
			if row.Failure != flow.FailureBadResponse && row.Failure != flow.FailureOriginClosed || row.Status != 502 ||
				row.Reason.IsZero() {
				t.Errorf("row %+v", row)
			}
			client.Send(getHead) // the client's connection stays usable
			next := origin.Accept()
			next.ExpectHead()
			next.Send(ok2)
			client.Expect(ok2)
		})
	}
}

func TestBrokenChunkedDownloads(t *testing.T) {
	for name, body := range map[string]string{
		"size":     "3\r\nabc\r\nxyz\r\n",
		"overflow": "8000000000000000\r\nabc",
		"no CRLF":  "3\r\nabcdef\r\n0\r\n\r\n",
		"junk":     "3 x\r\nabc\r\n0\r\n\r\n",
		"blank":    " 3\r\nabc\r\n0\r\n\r\n",
		"trailer":  "3\nabc\n0\nContent-Length 3: x\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(getHead)
			at := origin.Accept()
			at.ExpectHead()
			at.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
			client.ExpectStatus(200)
			if got, _ := client.Rest(); strings.HasSuffix(string(got), "0\r\n\r\n") {
				t.Errorf("the client got what looks whole: %q", got)
			}
			at.ExpectGone()
			if row := p.Finished(1); row.Failure != flow.FailureBadResponse {
				t.Errorf("row %+v", row)
			}
		})
	}
}

// Bytes behind a complete response never become the next answer.
func TestBytesAfterAResponseAreDropped(t *testing.T) {
	const evil = "HTTP/1.1 200 Evil\r\nContent-Length: 4\r\n\r\nevil"
	for name, c := range map[string]struct{ method, response, answer string }{
		"after a length": {"GET", ok2 + evil, ok2},
		"after chunks": {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + evil,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		"after a 204": {"GET", "HTTP/1.1 204 No Content\r\n\r\n" + evil, "HTTP/1.1 204 No Content\r\n\r\n"},
		"after a 304": {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n" + evil,
			"HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n"},
		"after a HEAD":   {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + evil, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"},
		"later, unasked": {"GET", ok2, ok2},
		"later, a bit":   {"GET", ok2, ok2},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(c.method + " http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			at := origin.Accept()
			at.ExpectHead()
			at.Send(c.response)
			client.Expect(c.answer)
			p.Finished(1)
			switch name {
			case "later, unasked":
				at.Send(evil)
			case "later, a bit":
				at.Send("H")
			}
			client.Send(getHead)
			next := origin.Accept()
			next.ExpectHead()
			next.Send("HTTP/1.1 200 Good\r\nContent-Length: 4\r\n\r\ngood")
			client.Expect("HTTP/1.1 200 Good\r\nContent-Length: 4\r\n\r\ngood")
			at.ExpectGone()
		})
	}
}

// With recording off all is refused just the same, and nothing is kept.
func TestRefusalsWithSmallLimits(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Limits: proxy.Limits{MaxHead: 4 << 10, MaxFields: 5}}})
	p.Origin()
	client := p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n\r\n")
	client.ExpectStatus(431)
	client = p.Client()
	_ = client.TrySend("GET http://{origin}/" + strings.Repeat("x", 3<<10) + " HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	client.ExpectStatus(414)
}

// An origin that speaks another protocol is not waited for until the response timeout.
func TestOriginOfAnotherProtocolIsToldAtOnce(t *testing.T) {
	p := proxytest.Start(t)
	o, c := p.Origin(), p.Client()
	c.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	o.Accept().Send("SSH-2.0-OpenSSH_9.2\r\n")
	c.ExpectStatus(502)
}
