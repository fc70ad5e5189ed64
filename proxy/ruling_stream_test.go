package proxy_test

import (
	"compress/gzip"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// expectChunks reads chunks until the last one, which must have a text so many times.
func expectChunks(t *testing.T, c *proxytest.Conn, text string, times int) {
	t.Helper()
	at, total := 0, 0
	for {
		n, err := strconv.ParseInt(strings.TrimSuffix(c.ExpectThrough("\r\n"), "\r\n"), 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		for piece := c.ExpectN(int(n)); len(piece) > 0; {
			k := min(len(piece), len(text)-at)
			if string(piece[:k]) != text[at:at+k] {
				t.Fatalf("%.100q, want %.100q", piece, text[at:])
			}
			piece, at, total = piece[k:], (at+k)%len(text), total+k
		}
		c.Expect("\r\n")
	}
	if total != len(text)*times {
		t.Error(total, "bytes")
	}
}

// A long body streams: without its length, in bounded memory, with the same content where nothing is found.
func TestRulesStreamLongBodies(t *testing.T) {
	size := 40 << 20
	for _, rule := range []string{replaces, "[[rule]]\nresponse.body.replace=[{find='zzz',with=''}]"} {
		if rule != replaces {
			size = 8 << 20
		}
		p := ruled(t, rule)
		origin, client := p.Origin(), p.Client()
		client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		at := origin.Accept()
		at.ExpectHead()
		piece := strings.Repeat("a cat, ", 10_000)
		size := size / len(piece) * len(piece)
		go func() {
			at.Send(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", okHead, size))
			for range size / len(piece) {
				at.Send(piece)
			}
		}()
		client.Expect(okHead + inChunks)
		want := piece
		if rule == replaces {
			want = strings.ReplaceAll(piece, "cat", "tiger")
		}
		expectChunks(t, client.Quiet(), want, size/len(piece))
		client.Expect("\r\n")
		row := p.Finished(1)
		if row.Effects != flow.EffectApplied|flow.EffectResponse || row.ResponseSize != int64(size) {
			t.Errorf("%+v", row)
		}
		x := p.Exchange(1)
		if rule == replaces != (x.Ruled.ResponseBody.State == flow.BodyCut) || !strings.Contains(string(x.Ruled.Response), "chunked") {
			t.Errorf("%v %q", x.Ruled.ResponseBody.State, x.Ruled.Response)
		}
	}
}

// A response that breaks off, or is not what its framing or coding says, never looks whole.
func TestRulesOnBrokenResponses(t *testing.T) {
	var coded strings.Builder
	z := gzip.NewWriter(&coded)
	_, _ = z.Write([]byte(strings.Repeat("a cat, ", 100)))
	_ = z.Flush()
	const zipped = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
	for what, c := range map[string]struct {
		rule, sent string
		begins     string
		failure    flow.Failure
		reset      bool
	}{
		"length": {replaces, okHead + "Content-Length: 9\r\n\r\na cat",
			okHead + "Content-Length: 9\r\n\r\na cat", flow.FailureTruncated, false},
		"json": {sets, okHead + "Content-Length: 9\r\n\r\n{",
			okHead + "Content-Length: 9\r\n\r\n{", flow.FailureTruncated, false},
		"long": {replaces, okHead + "Content-Length: 99999\r\n\r\ncat",
			okHead + inChunks + "5\r\ntiger\r\n", flow.FailureTruncated, false},
		"chunks": {replaces, okHead + inChunks + "3\r\ncat\r\n",
			okHead + inChunks + "5\r\ntiger\r\n", flow.FailureTruncated, false},
		"chunks unchanged": {replaces, okHead + inChunks + "3\r\ndog\r\n2\r\nc",
			okHead + inChunks + "3\r\ndog\r\n2\r\nc", flow.FailureTruncated, false},
		"chunks held": {sets, okHead + inChunks + "1\r\n{\r\n0\r\nT:",
			okHead + inChunks + "1\r\n{\r\n0\r\n", flow.FailureTruncated, true},
		"bad chunks": {replaces, okHead + inChunks + "3\r\ncat\r\nno",
			okHead + inChunks + "5\r\ntiger\r\n", flow.FailureBadResponse, false},
		"bad coding": {replaces, zipped + inChunks + chunked(coded.String()+"\xff\xff\xff\xff") + "\r\n",
			zipped + inChunks, flow.FailureBadResponse, true},
		"cut coding": {replaces, zipped + inChunks + chunked(coded.String()) + "\r\n",
			zipped + inChunks, flow.FailureBadResponse, true},
	} {
		t.Run(what, func(t *testing.T) {
			p := ruled(t, c.rule)
			origin, client := p.Origin(), p.Client()
			client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			at := origin.Accept()
			at.ExpectHead()
			at.Send(c.sent)
			at.CloseWrite()
			got, err := client.Rest()
			if !strings.HasPrefix(string(got), c.begins) && err == nil || strings.HasSuffix(string(got), "0\r\n\r\n") ||
				c.reset != (err != nil) {
				t.Errorf("%q %v", got, err)
			}
			if row := p.Finished(1); row.Failure != c.failure {
				t.Errorf("%+v", row)
			}
		})
	}
}

// A peer that knows no chunks, or a body that ends with its connection, is given none.
func TestRulesWithoutChunks(t *testing.T) {
	long := strings.Repeat("a cat, ", 20_000)
	tigers := strings.ReplaceAll(long, "cat", "tiger")
	for what, c := range map[string]struct{ minor, rule, sent, want string }{
		"old client": {"0", replaces, okHead + lengthOf(long), okHead + lengthOf(tigers)},
		"old client, chunks": {"0", replaces, okHead + inChunks + chunked("a c", "at") + "\r\n",
			okHead + "\r\na tiger"},
		"until close":       {"1", replaces, okHead + "\r\n" + long, okHead + "\r\n" + tigers},
		"until close, json": {"1", sets, okHead + "\r\n{\"a\":1}", okHead + "\r\n{\"a\":22}"},
		"until close, text": {"1", places, okHead + "\r\n{\"a\":1}", okHead + "\r\nplaced"},
		"until close, none": {"1", patterns, okHead + "\r\ndog", okHead + "\r\ndog"},
	} {
		t.Run(what, func(t *testing.T) {
			p := ruled(t, c.rule)
			origin, client := p.Origin(), p.Client()
			client.Send("GET http://{origin}/ HTTP/1." + c.minor + "\r\nHost: {origin}\r\n\r\n")
			at := origin.Accept()
			at.ExpectHead()
			go func() {
				at.Send(c.sent)
				at.Close()
			}()
			got, err := client.Rest()
			if strings.ReplaceAll(string(got), "Connection: close\r\n", "") != c.want || err != nil {
				t.Errorf("%.200q %v", got, err)
			}
			p.Finished(1)
		})
	}
}

// A client that leaves while its response is held, or changed, ends the exchange.
func TestRulesWhoseClientLeaves(t *testing.T) {
	for _, rule := range []string{replaces, sets} {
		p := ruled(t, rule)
		origin, client := p.Origin(), p.Client()
		client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		at := origin.Accept()
		at.ExpectHead()
		at.Send(okHead + inChunks + "4\r\ncat\n\r\n")
		if rule == replaces {
			client.Expect(okHead + inChunks + "6\r\ntiger\n\r\n")
		} else {
			p.Row(func(r flow.Row) bool { return r.ResponseSize == 4 })
		}
		client.Reset()
		at.ExpectGone()
		if row := p.Finished(1); row.Failure != flow.FailureClientGone {
			t.Errorf("%+v", row)
		}
	}
}

// What stands in place of a body that never ends is sent, and the connection is not waited for.
func TestRulesPlaceABodyForEvents(t *testing.T) {
	p := ruled(t, places)
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send(okHead + inChunks + "4\r\ncat\n\r\n")
	client.Expect(okHead + inChunks + "6\r\nplaced\r\n0\r\n\r\n")
	at.ExpectGone()
	if row := p.Finished(1); row.Failure != 0 {
		t.Errorf("%+v", row)
	}
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	origin.Accept().ExpectHead()
}
