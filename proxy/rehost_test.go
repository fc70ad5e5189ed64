package proxy_test

import (
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// Where Host is replaced by the target's authority (RFC 9112 section 3.2.2) the
// row says so: many a test sets another Host on purpose.
func TestRowSaysThatHostWasReplaced(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	row := flow.ID(0)
	for _, c := range []struct {
		host     string
		replaced bool
	}{
		{"Host: {origin}\r\n", false},
		{"Host: virtual.test\r\n", true},
		{"Host: {origin}\r\n", false}, // the next row forgets
		{"Host: \r\n", true},
	} {
		client.Send("GET http://{origin}/ HTTP/1.1\r\n" + c.host + "\r\n")
		if row == 0 {
			origin.Serve(func(at *proxytest.Conn) {
				for {
					head, ok := at.NextHead()
					if !ok {
						return
					}
					if want := p.Text("GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n"); head != want {
						t.Errorf("sent %q", head)
					}
					at.Send(ok2)
				}
			})
		}
		client.Expect(ok2)
		row++
		x := p.Exchange(row)
		if x.HostReplaced != c.replaced || x.Host != p.Text("{origin}") || p.Finished(row).HostReplaced != c.replaced {
			t.Errorf("%q: %+v", c.host, x.Row)
		}
	}
	for _, request := range []string{"GET / HTTP/1.1\r\nHost: virtual.test\r\n\r\n", "GET http://posthouse/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET ftp://{origin}/ HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT {origin} HTTP/1.1\r\nHost: x\r\n\r\n"} {
		other := p.Client()
		other.Send(request)
		other.ExpectHead()
		row++
		if x := p.Row(func(r flow.Row) bool { return r.ID == row && r.Status != 0 }); x.HostReplaced {
			t.Errorf("%q: %+v", request, x)
		}
	}
}

// Inside a tunnel Host stays as it was sent.
func TestHostInsideIsNotReplaced(t *testing.T) {
	o := openAll(t, nil)
	c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
	c.Send(insideGet) // for other.example
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	if row := o.Finished(2); row.HostReplaced {
		t.Errorf("row %+v", row)
	}
}
