package proxy_test

import (
	"strings"
	"testing"
	"time"

	"posthouse/proxy/flow"
)

// A client that has left while one file was waited for does not wait for the next one.
func TestNoFileIsWaitedForAfterTheClientHasLeft(t *testing.T) {
	for _, side := range []string{"request", "response"} {
		t.Run(side, func(t *testing.T) {
			p := ruled(t, strings.Repeat("[[rule]]\n"+side+".body.file='users.json'\n", 3))
			disk := p.Server.SleepDisk(t, 0)
			origin, client := p.Origin(), p.Client()
			client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi")
			if side == "response" {
				at := origin.Accept()
				at.ExpectHead()
				at.Expect("hi")
				at.Send(ok2)
			}
			disk.Begun(1)
			client.Reset()
			if row := p.Finished(1); row.Failure != flow.FailureClientGone {
				t.Errorf("%+v", row)
			}
			if busy, turns := p.Server.Looks(); busy+turns != 1 {
				t.Errorf("%d looks, %d wait", busy, turns)
			}
		})
	}
}

// Of a tunnel that several files may answer whatever is asked, a disk that is late is waited for once.
func TestATunnelWaitsForADiskOnce(t *testing.T) {
	route := ruledRoute(t, strings.Repeat("[[rule]]\nwhen='host:127.0.0.1'\nanswer.file='users.json'\n", 3))
	route.Proxy.Server.SleepDisk(t, 100*time.Millisecond)
	route.Client()
	if busy, turns := route.Proxy.Server.Looks(); busy+turns != 1 {
		t.Errorf("%d looks, %d wait", busy, turns)
	}
}
