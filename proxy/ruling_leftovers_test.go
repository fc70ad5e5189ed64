package proxy_test

import (
	"strings"
	"testing"

	"posthouse/proxy/proxytest/h2test"
)

// Fields that Posthouse would write by itself appear once where a rule names them.
func TestRulesAnswerWithTheirOwnDateAndType(t *testing.T) {
	const text = "[[rule]]\nwhen = 'path:/'\nanswer = { text = '{}', fields = ['content-type: application/x', 'DATE: Thu, 01 Jan " +
		"1970 00:00:00 GMT'] }"
	p := ruled(t, text)
	client := p.Client()
	client.Send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	client.Expect("HTTP/1.1 200 OK\r\ncontent-type: application/x\r\nDATE: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 2\r\n\r\n{}")
	if row := p.Finished(1); row.ContentType != "application/x" {
		t.Errorf("%+v", row)
	}
	route := ruledRoute(t, text)
	peer, _ := route.Started()
	peer.Send(peer.Headers(1, asked...).End())
	lines := strings.Join(h2test.Lines(peer.ExpectHead(1, ":status: 200").Fields), "\n")
	if lines != ":status: 200\ncontent-type: application/x\ndate: Thu, 01 Jan 1970 00:00:00 GMT\ncontent-length: 2" {
		t.Errorf("%s", lines)
	}
}
