package proxy_test

import (
	"bytes"
	"strings"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

const getHead = "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n"

// Chunk boundaries, extensions and trailers pass as they are framed, both ways.
func TestChunkedPassesRaw(t *testing.T) {
	body := "5;a=b;c=\"d e\"\r\nhello\r\n0005\r\nworld\r\n1 ; x\r\n!\r\n000\r\nT: 1\r\nt:  2 \r\n\r\n"
	runPassing(t, []passing{
		{name: "request", request: "POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\ntransfer-encoding:  Chunked\r\nTrailer: t\r\n\r\n" +
			body,
			asked: "POST / HTTP/1.1\r\nHost: {origin}\r\ntransfer-encoding:  Chunked\r\nTrailer: t\r\n\r\n" + body},
		{name: "response", request: getHead, response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: t\r\n\r\n" + body},
	})
}

func TestChunkedIsRecordedAsPayload(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
	at := origin.Accept()
	at.ExpectThrough("abc\r\n")
	client.Send("2\r\nde\r\n0\r\nT: 1\r\n\r\n")
	at.Expect("2\r\nde\r\n0\r\nT: 1\r\n\r\n")
	at.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nR: 2\r\n\r\n")
	client.ExpectThrough("R: 2\r\n\r\n")
	x := p.Exchange(1)
	if string(x.RequestBody.Bytes) != "abcde" || string(x.ResponseBody.Bytes) != "x" || x.RequestSize != 5 || x.ResponseSize != 1 {
		t.Errorf("recorded %q and %q", x.RequestBody.Bytes, x.ResponseBody.Bytes)
	}
	if string(x.RequestTrailer) != "T: 1\r\n" || string(x.ResponseTrailer) != "R: 2\r\n" {
		t.Errorf("trailers %q and %q", x.RequestTrailer, x.ResponseTrailer)
	}
}

// An HTTP/1.0 client knows no chunks: it gets the payload and the end.
func TestChunkedToOldClientIsDechunked(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: 1\r\n\r\n3;x\r\nabc\r\n")
	client.Expect("HTTP/1.1 200 OK\r\nA: 1\r\nConnection: close\r\n\r\nabc")
	at.Send("2\r\nde\r\n0\r\nT: 1\r\n\r\n")
	client.Expect("de")
	client.ExpectEnd()
}

func TestNoInterimToOldClient(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.0\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	client.Expect(ok2by)
	client.ExpectEnd()
}

// HEAD, 204 and 304 have no body whatever their fields say (RFC 9112 section 6.3).
func TestBodilessResponses(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send("HEAD http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	for _, c := range []struct{ response, next string }{
		{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "HEAD"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET"},
		{"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\nETag: \"x\"\r\n\r\n", "GET"},
		{"HTTP/1.1 204 No Content\r\n\r\n", "HEAD"},
		{"HTTP/1.1 200 OK\r\n\r\n", "GET"},
	} {
		at.Send(c.response)
		client.Expect(c.response)
		client.Send(c.next + " http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		at.ExpectHead()
	}
	at.Send(ok2)
	client.Expect(ok2)
}

// Without a length the body ends with the connection, a reset with a reset.
func TestCloseDelimited(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nA: 1\r\n\r\nsome")
	client.Expect("HTTP/1.1 200 OK\r\nA: 1\r\nConnection: close\r\n\r\nsome")
	at.Send(" more")
	client.Expect(" more")
	at.Close()
	client.ExpectEnd()
	if row := p.Finished(1); row.Phase != flow.PhaseDone || row.ResponseSize != 9 {
		t.Errorf("row %+v", row)
	}

	client = p.Client()
	client.Send(getHead)
	at = origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.0 200 OK\r\n\r\nsome")
	client.ExpectThrough("some")
	at.Reset()
	client.ExpectReset()
	if row := p.Finished(2); row.Failure != flow.FailureTruncated {
		t.Errorf("row %+v", row)
	}
}

// A truncated answer is a truncation for the client, and its row says so.
func TestTruncatedResponses(t *testing.T) {
	for name, c := range map[string]struct{ response, rest string }{ // rest is a trailer section that waits until it is whole
		"length":       {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour", ""},
		"chunk data":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nfour", ""},
		"chunk size":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n", ""},
		"last chunk":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n", ""},
		"half trailer": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n", "T: 1\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(getHead)
			at := origin.Accept()
			at.ExpectHead()
			at.Send(c.response + c.rest)
			client.Expect(c.response)
			at.Close()
			client.ExpectGone()
			row := p.Finished(1)
			if row.Failure != flow.FailureTruncated || row.Phase != flow.PhaseFailed || row.Status != 200 || row.Reason.IsZero() {
				t.Errorf("row %+v", row)
			}
		})
	}
}

// The bytes of a body are never altered, whatever they look like.
func TestBodyBytesPass(t *testing.T) {
	body := make([]byte, 3<<20)
	for i := range body {
		body[i] = byte(i * i >> 7)
	}
	p := proxytest.Start(t)
	origin := p.Origin()
	origin.Serve(func(c *proxytest.Conn) {
		c.Quiet()
		for range 2 {
			c.ExpectHead()
			got := c.ExpectN(len(body))
			if !bytes.Equal(got, body) {
				t.Error("the upload was altered")
			}
			c.Send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3145728\r\n\r\n")
			c.SendBytes(got)
		}
	})
	client := p.Client().Quiet()
	for range 2 {
		client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 3145728\r\n\r\n")
		client.SendBytes(body)
		client.ExpectStatus(200)
		if !bytes.Equal(client.ExpectN(len(body)), body) {
			t.Fatal("the download was altered")
		}
	}
	x := p.Exchange(1)
	if x.ResponseSize != int64(len(body)) || x.RequestSize != int64(len(body)) || x.ResponseBody.State != flow.BodyCut ||
		!bytes.HasPrefix(body, x.ResponseBody.Bytes) {
		t.Errorf("recorded %d up, %d down, state %v", x.RequestSize, x.ResponseSize, x.ResponseBody.State)
	}
}

// A response head passes before its first body byte, events one by one.
func TestServerSentEventsPassOneByOne(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
	client.ExpectStatus(200)
	for range 5 {
		at.Send("9\r\ndata: 1\n\n\r\n")
		client.Expect("9\r\ndata: 1\n\n\r\n")
	}
	row := p.Row(func(r flow.Row) bool { return r.ResponseSize == 45 })
	if row.Phase != flow.PhaseResponse || row.ContentType != "text/event-stream" {
		t.Errorf("row while it streams %+v", row)
	}
	at.Send("0\r\n\r\n")
	client.Expect("0\r\n\r\n")
}

// Request and response bodies stream at the same time.
func TestFullDuplex(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nTransfer-Encoding: chunked\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
	client.ExpectStatus(200)
	for range 5 {
		client.Send("4\r\nping\r\n")
		at.Expect("4\r\nping\r\n")
		at.Send("4\r\npong\r\n")
		client.Expect("4\r\npong\r\n")
	}
	client.Send("0\r\n\r\n")
	at.Expect("0\r\n\r\n")
	at.Send("0\r\n\r\n")
	client.Expect("0\r\n\r\n")
	client.Send(getHead) // both connections stay usable
	at.ExpectHead()
	at.Send(ok2)
	client.Expect(ok2)
}

func TestEarlyFinalAnswers(t *testing.T) {
	t.Run("origin stays", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 8\r\n\r\nhalf")
		at := origin.Accept()
		at.ExpectThrough("half")
		at.Send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")
		client.Expect("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")
		client.Send("rest" + getHead)
		at.Expect("rest")
		at.ExpectHead()
		at.Send(ok2)
		client.Expect(ok2)
	})
	t.Run("origin closes", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 100000\r\n\r\nhalf")
		at := origin.Accept()
		at.ExpectThrough("half")
		at.Send("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
		at.Close()
		client.Expect("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
		client.ExpectGone()
	})
}

func TestPipelining(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	var all strings.Builder
	for range 20 {
		all.WriteString("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 3\r\n\r\nabc" + getHead)
	}
	client.Send(all.String())
	at := origin.Accept()
	for range 20 {
		at.Expect("POST / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 3\r\n\r\nabc")
		at.Send(ok2)
		at.Expect("GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		at.Send("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
		client.Expect(ok2 + "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
	}
}

// The origin's close does not end the client's connection.
func TestOriginsCloseDoesNotEndTheClient(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	for range 3 {
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
		at.ExpectEnd()
		at.Close()
		client.Expect(ok2)
	}
}

func TestHalfClosedClientGetsItsAnswer(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 4\r\n\r\nbody")
	client.CloseWrite()
	at := origin.Accept()
	at.ExpectThrough("body")
	at.Silence(silentLong) // longer than it takes to look at silent clients
	at.Send(ok2)
	client.Expect(ok2)
	client.ExpectEnd()
}

// A client that sends on after its last request must still get the answer, not a reset.
func TestCloseAfterUnreadBytesIsClean(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nConnection: close\r\n\r\n\r\nand more")
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	client.Expect(ok2by)
	client.ExpectEnd()
}
