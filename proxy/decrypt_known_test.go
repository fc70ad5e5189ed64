package proxy_test

import (
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

// Another server behind the name speaks HTTP/2 too: the client was told HTTP/1.1.
func TestLaterConnectionsKeepTheProtocol(t *testing.T) {
	o := openAll(t, nil)
	c, at, _ := o.shake(o.client("h2", "http/1.1"), o.server("http/1.1"))
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	at.Close()
	c.Send(insideGet)
	o.origin.Accept().StartServerTLS(o.server("h2", "http/1.1")) // the client's own hello, and the wrong choice
	at = o.origin.Accept()
	if agreed := at.StartServerTLS(o.server("h2", "http/1.1")); agreed.NegotiatedProtocol != "http/1.1" {
		t.Errorf("the origin was offered %q", agreed.NegotiatedProtocol)
	}
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	if x := o.Exchange(3); x.Secure.Deviation != flow.DeviationProtocol {
		t.Errorf("%+v", x.Secure)
	}
	// The time of TLS with the origin is told apart from that of connecting.
	for _, method := range []string{"CONNECT", "GET"} {
		row := o.Row(func(r flow.Row) bool { return r.Method == method && r.Timing.Dialed > 0 })
		if row.Timing.Dialed >= row.Timing.Connected {
			t.Errorf("row %+v", row.Timing)
		}
	}
}
