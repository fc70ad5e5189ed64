package proxytest_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConversationOfTwoExchangesOnOneConnection(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()

	client.Send("GET http://{origin}/a HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.Expect("GET /a HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
	client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

	client.Send("POST http://{origin}/b HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 3\r\n\r\nabc")
	at.Expect("POST /b HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 3\r\n\r\nabc")
	at.Send("HTTP/1.1 204 No Content\r\n\r\n")
	client.Expect("HTTP/1.1 204 No Content\r\n\r\n")

	row := p.Finished(2)
	if row.Method != "POST" || row.Status != 204 || row.Phase != flow.PhaseDone {
		t.Errorf("row %+v", row)
	}
	if x := p.Exchange(2); string(x.RequestBody.Bytes) != "abc" {
		t.Errorf("recorded body %q", x.RequestBody.Bytes)
	}
}

func TestServedOriginEndsWithTheTest(t *testing.T) {
	p := proxytest.Start(t)
	p.Origin().Serve(func(c *proxytest.Conn) {
		for {
			if _, ok := c.NextHead(); !ok {
				return
			}
			c.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	client := p.Client()
	for range 3 {
		client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		client.ExpectStatus(200)
	}
}

func TestEndsAreTold(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send("CONNECT {origin} HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	client.ExpectStatus(200)
	client.Send("x")
	at.Expect("x")
	client.CloseWrite()
	at.ExpectEnd()
	at.Send("late")
	client.Expect("late")
	at.Reset()
	client.ExpectReset()
}

func TestNotAskedAndSilence(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Silence(time.Millisecond)
	client.Send("GET ftp://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	client.ExpectStatus(501)
	origin.NotAsked()
}
