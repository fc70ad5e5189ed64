package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
)

func encoded(t *testing.T, coding, body string) string {
	t.Helper()
	b, err := content.Encode(coding, []byte(body), true)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var everyCoding = []string{"gzip", "deflate", "br", "zstd", "deflate, gzip", "gzip, deflate"}

// A coded body that rules change is read to its own end, which may come later than that of its coding: the trailer goes
// on, and the next request is the next one.
func TestRulesReadCodedRequestsToTheirEnd(t *testing.T) {
	for _, coding := range everyCoding {
		t.Run(coding, func(t *testing.T) {
			p := ruled(t, onRequests(replaces))
			origin, client := p.Origin(), p.Client()
			sent := encoded(t, coding, "a cat.")
			client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Encoding: " + coding + "\r\n" + inChunks +
				fmt.Sprintf("%x\r\n%s\r\n", len(sent), sent))
			at := origin.Accept()
			at.ExpectHead()
			client.Send("0\r\nT: 1\r\n\r\n")
			at.ExpectThrough("0\r\nT: 1\r\n\r\n")
			at.Send(ok2)
			client.Expect(ok2)
			client.Send("GET http://{origin}/next HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			at.ExpectHead()
			at.Send(ok2)
			client.Expect(ok2)
			if row := p.Finished(1); row.Failure != 0 || row.Effects != flow.EffectApplied|flow.EffectRequest {
				t.Errorf("%+v", row)
			}
		})
	}
}

// What stands in a coded body behind the end of its coding is no request.
func TestNothingIsReadOfRequestsBehindACoding(t *testing.T) {
	for _, coding := range everyCoding {
		t.Run(coding, func(t *testing.T) {
			p := ruled(t, onRequests(replaces))
			origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(204)
			}))
			defer origin.Close()
			client, to := p.Client(), strings.TrimPrefix(origin.URL, "http://")
			inside := "GET http://" + to + "/inside HTTP/1.1\r\nHost: " + to + "\r\n\r\n"
			sent := encoded(t, coding, "a cat.")
			client.Send(fmt.Sprintf("POST http://%s/ HTTP/1.1\r\nHost: %s\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s",
				to, to, coding, len(sent)+70_000, sent))
			client.Send(inside + strings.Repeat("x", 70_000-len(inside)))
			client.ExpectThrough("\r\n\r\n")
			_ = client.TrySend("GET http://" + to + "/next HTTP/1.1\r\nHost: " + to + "\r\nConnection: close\r\n\r\n")
			_, _ = client.Rest()
			if row := p.Finished(1); row.Failure != flow.FailureBadRequest && row.Effects&flow.EffectFailed == 0 {
				t.Errorf("%+v", row)
			}
			for id := flow.ID(2); id <= capture.LastID(p.Store); id++ {
				if row := p.Finished(id); row.Path != "/next" {
					t.Errorf("%+v", row)
				}
			}
		})
	}
}

// Over HTTP/2 the trailer of a coded response goes on likewise, and its stream is not called off.
func TestRulesReadCodedResponsesToTheirEndOverHTTP2(t *testing.T) {
	for _, coding := range everyCoding {
		t.Run(coding, func(t *testing.T) {
			route := ruledRoute(t, replaces)
			client, origin := route.Started()
			client.Send(client.Headers(1, on("GET", "/b")...).End())
			origin.ExpectFields(1, on("GET", "/b")...)
			origin.Send(origin.Headers(1, ":status: 200", "content-encoding: "+coding), h2test.Data(1, encoded(t, coding, "a cat.")))
			client.ExpectFields(1, ":status: 200", "content-encoding: "+coding)
			route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/b" && r.ResponseSize > 0 })
			origin.Send(origin.Headers(1, "t: 1").End())
			if f := client.Until("the trailer", func(f h2test.Frame) bool { return f.Flags&h2test.EndStream != 0 }); len(f.Fields) != 1 {
				t.Error(f)
			}
			if row, _, _ := finishedAt(route, "/b"); row.Failure != 0 {
				t.Errorf("%+v", row)
			}
			goesOn(client, origin)
		})
	}
}
