package proxy

import (
	"bytes"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
)

// What goes out must be a message that this package itself takes, with the
// framing that came in, one more strict reader behind the proxy agreeing with
// the one in it: smuggling lives on two that do not. Rewriting what was
// rewritten changes nothing.

var sp = []byte(" ")

var rewriteLimits = http1.Limits{StartLine: 2048, Head: 4096, Fields: 50}

func scanAll(b []byte, lines *http1.Lines) (head []byte) {
	lines.Reset()
	n, err := lines.Scan(b, &rewriteLimits)
	if err != nil || n == 0 {
		return nil
	}
	return b[:n]
}

// endToEnd are the field lines that neither side may add, drop or move.
func endToEnd(h *http1.Head) (lines [][]byte) {
	for i := range h.Fields {
		f := &h.Fields[i]
		switch f.Known {
		case http1.Connection, http1.KeepAlive, http1.ProxyConnection, http1.ProxyAuthorization, http1.HTTP2Settings,
			http1.TE, http1.Upgrade, http1.Host, http1.MaxForwards, http1.TransferEncoding, http1.ContentLength:
			continue
		}
		if !h.Named(f) {
			lines = append(lines, f.Line)
		}
	}
	return lines
}

func FuzzRewriteRequest(f *testing.F) {
	for _, s := range []string{
		"GET http://h/ HTTP/1.1\r\nHost: h\r\nA: 1\r\na:  2 \r\n\r\n",
		"POST http://u@h:/?q HTTP/1.0\r\nConnection: close, x, content-length\r\nX: 1\r\nContent-Length: 3\r\n\r\n",
		"OPTIONS http://[fe80::1%25eth0]:80 HTTP/1.1\r\nHost:\r\nMax-Forwards: 9\r\nTE: gzip, trailers\r\n\r\n",
		"GET http://h/a#b HTTP/1.1\r\nhost: x\r\nConnection: upgrade, TE\r\nUpgrade: websocket\r\nTE: trailers\r\n\r\n",
		"PUT http://h HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: transfer-encoding, host, trailer\r\nTrailer: " +
			"a\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	s := New(Config{}, capture.New(capture.Options{RecordingOff: true}), nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		x := &http1Exchange{exchange: exchange{srv: s, config: s.config.Load()}}
		head := scanAll(b, &x.lines)
		if head == nil || http1.ParseRequest(&x.req, head, &x.lines) != nil {
			return
		}
		plan := x.route()
		if x.follow(&plan); !plan.needsHead {
			return
		}
		out := bytes.Clone(x.rewriteRequest())
		var lines http1.Lines
		var sent http1.Request
		whole := scanAll(out, &lines)
		if len(whole) != len(out) {
			t.Fatalf("%q became %q, which is no one head", head, out)
		}
		if err := http1.ParseRequest(&sent, whole, &lines); err != nil {
			t.Fatalf("%q became %q: %v", head, out, err)
		}
		if !bytes.Equal(sent.Method, x.req.Method) || sent.Length != x.req.Length || sent.Chunked != x.req.Chunked || sent.Minor != 1 {
			t.Fatalf("%q became %q", head, out)
		}
		if host := sent.Find(http1.Host); !x.target.Literal && !bytes.Equal(host, x.target.Text) {
			t.Fatalf("%q became %q, for another host", head, out)
		}
		if sent.Target[0] != '/' && (string(sent.Target) != "*" || !sent.Is("OPTIONS")) {
			t.Fatalf("%q became %q, whose target is not in origin form", head, out)
		}
		before, after := endToEnd(&x.req.Head), endToEnd(&sent.Head)
		if !bytes.Equal(bytes.Join(before, nil), bytes.Join(after, nil)) {
			t.Fatalf("%q became %q: other fields", head, out)
		}
	})
}

func FuzzRewriteResponse(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nSet-Cookie: a\r\nset-cookie:b \r\n\r\n",
		"HTTP/1.0 404\r\nConnection: close, x, content-length\r\nX: 1\r\nContent-Length: 3\r\n\r\n",
		"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
		"HTTP/1.1 204 \r\nTransfer-Encoding: chunked\r\nTE: x\r\nKeep-Alive: 5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nTrailer: a\r\n\r\n",
		"icy 200: OK\nA : 1\n 2\nB C: \x01\x00\nContent-Length: +3\nContent-Length: 3, 03\nno colon\n\n",
		"\r\nHTTP/1.1  200\tOK\r\nTransfer-Encoding: identity,\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
	} {
		f.Add([]byte(s), true, false)
	}
	s := New(Config{}, capture.New(capture.Options{RecordingOff: true}), nil)
	f.Fuzz(func(t *testing.T, b []byte, keep, old bool) {
		x := &http1Exchange{exchange: exchange{srv: s, config: s.config.Load()}, keep: keep}
		n, err := x.respHead.Read(&x.resp, b, &rewriteLimits)
		if n == 0 || err != nil {
			return
		}
		head := b[:n]
		dechunk := old && x.resp.Chunked
		out := bytes.Clone(x.rewriteResponse(dechunk))
		var reader http1.ResponseReader
		var sent http1.Response
		wider := http1.Limits{StartLine: 2 * rewriteLimits.StartLine, Head: 2 * rewriteLimits.Head, Fields: rewriteLimits.Fields + 2}
		whole, err := reader.Read(&sent, out, &wider)
		if whole != len(out) {
			t.Fatalf("%q became %q, which is no one head: %v", head, out, err)
		}
		if sent.Mended&^(flow.MendedNamesKept|flow.MendedControlsKept) != 0 || sent.Mended&^x.resp.Mended != 0 {
			t.Fatalf("%q, mended in %v, became %q, to be mended in %v", head, x.resp.Mended, out, sent.Mended)
		}
		if sent.Status != x.resp.Status || !bytes.Equal(bytes.TrimPrefix(sent.Reason, sp), bytes.TrimPrefix(x.resp.Reason, sp)) {
			t.Fatalf("%q became %q", head, out)
		}
		if want := x.resp.Framing(false); sent.Framing(false) != want && !dechunk {
			t.Fatalf("%q became %q: framing %v, was %v", head, out, sent.Framing(false), want)
		}
		if sent.Close == keep && sent.Status >= 200 {
			t.Fatalf("%q became %q: close %v", head, out, sent.Close)
		}
		before, after := endToEnd(&x.resp.Head), endToEnd(&sent.Head)
		if !dechunk && x.resp.Find(http1.HTTP2Settings) == nil && !bytes.Equal(bytes.Join(before, nil), bytes.Join(after, nil)) {
			t.Fatalf("%q became %q: other fields", head, out)
		}
	})
}
