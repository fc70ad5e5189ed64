package proxy_test

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"

	"posthouse/proxy/proxytest"
)

// Where a message is cut into packets means nothing: each request is sent in
// two pieces, cut at every byte, and byte by byte, and so is each response.
const (
	splitRequest = "POST http://{origin}/a?b HTTP/1.1\r\nHost: {origin}\r\nConnection: x-a\r\nX-A: 1\r\nTransfer-Encoding: " +
		"chunked\r\n\r\n" +
		"3;e=\"f\"\r\nabc\r\n0\r\nT: 1\r\n\r\n"
	splitAsked = "POST /a?b HTTP/1.1\r\nHost: {origin}\r\nTransfer-Encoding: chunked\r\n\r\n3;e=\"f\"\r\nabc\r\n0\r\nT: 1\r\n\r\n"

	splitResponse = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nConnection: x-a\r\nX-A: 1\r\nTransfer-Encoding: " +
		"chunked\r\n\r\n" +
		"3;e=\"f\"\r\nabc\r\n0\r\nT: 1\r\n\r\n"
	splitAnswer = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: " +
		"chunked\r\n\r\n3;e=\"f\"\r\nabc\r\n0\r\nT: 1\r\n\r\n"
)

// sendCut sends text cut at byte i, or byte by byte if i is negative. The parts
// are separate packets, since TCP_NODELAY is on.
func sendCut(c net.Conn, text string, i int) {
	if i >= 0 {
		_, _ = io.WriteString(c, text[:i])
		runtime.Gosched() // lets the reader run; nothing depends on it
		_, _ = io.WriteString(c, text[i:])
		return
	}
	for j := range len(text) {
		_, _ = c.Write([]byte{text[j]})
	}
}

func TestRequestsInTwoPieces(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client().Quiet()
	text := p.Text(splitRequest)
	var at *proxytest.Conn
	for i := -1; i < len(text); i++ {
		sendCut(client.Net, text, i)
		if at == nil {
			at = origin.Accept().Quiet()
		}
		at.Expect(splitAsked)
		at.Send(ok2)
		client.Expect(ok2)
	}
}

func TestResponsesInTwoPieces(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client().Quiet()
	var at *proxytest.Conn
	for i := -1; i < len(splitResponse); i++ {
		client.Send(getHead)
		if at == nil {
			at = origin.Accept().Quiet()
		}
		at.ExpectHead()
		sendCut(at.Net, splitResponse, i)
		client.Expect(splitAnswer)
	}
}

// Other framings, byte by byte.
func TestResponsesByteByByte(t *testing.T) {
	for name, c := range map[string]struct{ response, answer string }{
		"length":  {ok2, ok2},
		"no body": {"HTTP/1.1 204 No Content\r\nA: 1\r\n\r\n", "HTTP/1.1 204 No Content\r\nA: 1\r\n\r\n"},
		"close":   {"HTTP/1.1 200 OK\r\n\r\nsome", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome"},
		"old":     {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", ok2},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(getHead)
			at := origin.Accept()
			at.ExpectHead()
			sendCut(at.Net, c.response, -1)
			at.CloseWrite()
			client.Expect(c.answer)
		})
	}
}

// A pipeline is cut anywhere too, also inside a request that is refused.
func TestPipelinesInTwoPieces(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	origin.Serve(proxytest.Answering(ok2))
	text := p.Text(getHead + "GET http://{origin}/2 HTTP/1.1\r\nHost: {origin}\r\n\r\n" +
		"GET http://{origin}/3 HTTP/1.1\r\nHost : {origin}\r\n\r\n" + getHead)
	for i := range len(text) {
		client := p.Client().Quiet()
		go sendCut(client.Net, text, i)
		client.Expect(ok2 + ok2)
		head := client.ExpectStatus(400)
		client.ExpectN(contentLength(t, head))
		client.ExpectEnd()
	}
	if got := fmt.Sprint(p.Server.IdleOrigins()); got == "0" {
		t.Error("no connection was kept")
	}
}
