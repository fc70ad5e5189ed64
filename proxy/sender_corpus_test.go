package proxy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/proxytest"
)

// http1Heads are the heads of package http1's own tests of requests, those that it takes and those that
// it refuses.
func http1Heads(t *testing.T) (heads []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "http1/request_test.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]func(cells []string) string{
		"TestRequestLine":    func(cells []string) string { return cells[1] + "\r\nHost: h\r\n\r\n" },
		"TestRequestFields":  func(cells []string) string { return "GET /a HTTP/1.1\r\nHost: h\r\n" + cells[1] + "\r\n\r\n" },
		"TestHost":           func(cells []string) string { return "GET /a HTTP/" + cells[1] + "\r\n" + cells[2] + "\r\n" },
		"TestRequestFraming": func(cells []string) string { return "POST /a HTTP/" + cells[1] + "\r\nHost: h\r\n" + cells[2] + "\r\n" },
	}
	for _, d := range file.Decls {
		f, is := d.(*ast.FuncDecl)
		if !is || made[f.Name.Name] == nil {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if row, is := n.(*ast.CompositeLit); is && row.Type == nil { // a row of the table
				var cells []string
				for _, e := range row.Elts {
					if text, is := e.(*ast.BasicLit); is && text.Kind == token.STRING {
						cell, _ := strconv.Unquote(text.Value)
						cells = append(cells, cell)
					}
				}
				if len(cells) == len(row.Elts)-1 || len(cells) == 3 {
					heads = append(heads, made[f.Name.Name](cells))
				}
			}
			return true
		})
	}
	if len(heads) < 100 {
		t.Fatalf("%d heads", len(heads))
	}
	return heads
}

// Whatever package http1 takes or refuses goes out byte for byte where a person sends it.
func TestOddHeadsGoOutByteForByte(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	for _, head := range http1Heads(t) {
		m := composed(p, head, "")
		m.RawBody = true
		s := send(t, p, m)
		at := origin.Accept()
		at.Expect(head)
		at.Send(ok2by)
		if r := result(t, s); r.Row.Status != 200 || r.Failed() || !r.Row.Own {
			t.Errorf("%q fared %+v", head, r.Row)
		}
		at.Close()
		if x := p.Exchange(s.ID()); string(x.RequestHead) != head {
			t.Errorf("the row has %q, not %q", x.RequestHead, head)
		}
	}
}

// Requests go on with the fields that are the client's affair.
func TestHeadsInsideStayAsTheyAre(t *testing.T) {
	o := openAll(t, nil)
	c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
	heads := []passing{
		{request: "GET / HTTP/1.1\r\nHost: elsewhere.example:1\r\nProxy-Authorization: x\r\ncookie: a\r\n\r\n"},
		{request: "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"},
		{request: "GET https://elsewhere/x HTTP/1.1\r\nHost: elsewhere\r\n\r\n"},
		{request: "GET /%2e/../a//b?c#d HTTP/1.1\r\nHost: \r\n\r\n"},
		{request: "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: gzip\r\n\r\n"},
		{request: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
			answer: "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok"},
		{request: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"},
	}
	for _, p := range heads {
		c.Send(p.request)
		at.Expect(p.request)
		if p.answer == "" {
			p.answer = ok2
		}
		at.Send(p.answer)
		c.Expect(p.answer)
	}
	c.ExpectNotifiedEnd()
	for i, p := range heads { // and where they are sent again
		x := o.Exchange(flow.ID(2 + i))
		m, err := outgoing.FromExchange(&x)
		if err != nil {
			t.Fatal(err)
		}
		s := send(t, o.Proxy, m)
		at := o.origin.Accept()
		at.StartServerTLS(o.server("http/1.1"))
		at.Expect(p.request)
		at.Send(ok2by)
		if r := result(t, s); r.Row.Status != 200 {
			t.Errorf("%q fared %+v", p.request, r.Row)
		}
		at.Close()
	}
}
