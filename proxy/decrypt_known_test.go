package proxy_test

import (
	"strings"
	"testing"

	"posthouse/proxy/flow"
)

// visit has one exchange inside, so that the origin is known to speak TLS.
func (o *opener) visit() {
	o.t.Helper()
	c, at, _ := o.shake(o.client("h2", "http/1.1"), o.server("http/1.1"))
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	c.Close()
	o.Finished(1)
	at.Close()
}

func TestKnownOriginStillGetsOtherProtocols(t *testing.T) {
	o := openAll(t, nil)
	o.visit()
	c := o.connect()
	c.Send("plain text\n")
	at := o.origin.Accept()
	at.Expect("plain text\n")
	at.Send("hello")
	c.Expect("hello")
}

func TestKnownOriginIsGone(t *testing.T) {
	o := openAll(t, nil)
	o.visit()
	o.origin.Close()
	c := o.connect()
	c.StartClientTLS(o.client("h2", "http/1.1"))
	c.Send(insideGet)
	head := c.ExpectStatus(502)
	if page := string(c.ExpectN(contentLength(t, head))); !strings.Contains(page, "refused the connection") {
		t.Errorf("page %q", page)
	}
	if row := o.Row(func(r flow.Row) bool { return r.Failure == flow.FailureRefused }); row.Scheme != "https" {
		t.Errorf("row %+v", row)
	}
}

// Another server behind the name speaks HTTP/2 too: the client was told HTTP/1.1.
func TestLaterConnectionsKeepTheProtocol(t *testing.T) {
	o := openAll(t, nil)
	o.visit()
	c := o.connect()
	c.StartClientTLS(o.client("h2", "http/1.1"))
	c.Send(insideGet)
	at := o.origin.Accept()
	if agreed := at.StartServerTLS(o.server("h2", "http/1.1")); agreed.NegotiatedProtocol != "http/1.1" {
		t.Errorf("the origin was offered %q", agreed.NegotiatedProtocol)
	}
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	// The time of TLS with the origin is told apart from that of connecting.
	for _, method := range []string{"CONNECT", "GET"} {
		row := o.Row(func(r flow.Row) bool { return r.Method == method && r.Timing.Dialed > 0 })
		if row.Timing.Dialed >= row.Timing.Connected {
			t.Errorf("row %+v", row.Timing)
		}
	}
}
