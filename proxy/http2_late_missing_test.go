package proxy_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"slices"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// An origin of HTTP/1.1 whose client speaks HTTP/2 is asked, too, for what a rule would answer and has nothing to answer
// with; what a rule has, it answers.
func TestALateOriginOfHTTP1IsAskedForWhatIsMissing(t *testing.T) {
	set := missingSet(t, missingFolder(t), missingRules)
	route := h2test.Through(t, func(_ *decrypt.Options, c *proxy.Config) { c.Rules = set })
	client := route.Client()
	route.ServerTLS().NextProtos = nil
	route.Serve(func(conn *tls.Conn) {
		in := bufio.NewReader(conn)
		for {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			_, _ = io.WriteString(conn, ok2)
		}
	})
	client.Start()
	for i, path := range []string{"/a", "/gone", "/over/b.js"} {
		stream := uint32(2*i + 1)
		client.Send(client.Headers(stream, on("GET", path)...).End())
		client.ExpectHead(stream, ":status: 200")
		client.ExpectBody(stream, "ok")
		if row, _, codes := finishedAt(route, path); row.Failure != 0 || !slices.Contains(codes, reason.RuleOverHTTP1) {
			t.Errorf("%+v %v", row, codes)
		}
	}
	client.Send(client.Headers(7, on("GET", "/over/a.js")...).End())
	client.ExpectHead(7, ":status: 200")
	client.ExpectBody(7, "mine")
	if _, _, codes := finishedAt(route, "/over/a.js"); slices.Contains(codes, reason.RuleOverHTTP1) {
		t.Error(codes)
	}
}
