package proxy_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"slices"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// What a rule would answer whose file is not there goes to a late origin that does not speak HTTP/2, as what no rule answers
// does: the client that was told to ask again is not told so for ever.
func TestWhatPassesGoesToALateOriginOfHTTP1(t *testing.T) {
	route, client := lateClient(t, mocks+"\n[[rule]]\nwhen='path:/none'\nanswer.file='none'")
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
	client.Send(client.Headers(1, on("GET", "/none")...).End())
	client.UntilReset(1, http2.ErrCodeRefusedStream)
	client.Send(client.Headers(3, on("GET", "/none?again")...).End())
	client.ExpectHead(3, ":status: 200")
	client.ExpectBody(3, "ok")
	row, _, codes := finishedAt(route, "/none?again")
	if want := []flow.ReasonCode{reason.RuleOverHTTP1, reason.RuleFailed}; row.Failure != 0 || !slices.Equal(codes, want) {
		t.Errorf("%+v %v", row, codes)
	}
	mock(client, 5)
}

// What is sent elsewhere and would be answered by a file that is not there goes there as it would without that rule.
func TestRulesSendWhatPassesOverHTTP2(t *testing.T) {
	e := newElsewhere(t)
	route := toGRPC(t, e, "[[rule]]\nwhen='path:/x'\nanswer.file='none'\n")
	client := route.Client().Start()
	client.Send(client.Headers(1, calls("/x")...).End())
	other := e.accept().Start()
	other.ExpectHead(1, ":method: POST")
	other.Send(other.Headers(1, ":status: 200", "grpc-status: 0").End())
	client.ExpectHead(1, ":status: 200")
	if row, _, codes := finishedAt(route, "/x"); row.Failure != 0 || !slices.Contains(codes, reason.RuleFailed) {
		t.Errorf("%+v %v", row, codes)
	}
}
