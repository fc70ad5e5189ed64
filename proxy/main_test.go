package proxy_test

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
)

// The memory of a store that was dropped is given back by the runtime's own goroutine.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.runCleanups"))
}

const (
	ok2   = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	ok2by = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
)

// passing is one exchange, byte for byte on both sides. {target} in request
// stands for http://{origin}.
type passing struct {
	name     string
	request  string // what the client sends
	asked    string // what the origin gets; "" where it is not looked at
	response string // what the origin sends; "" for ok2
	answer   string // what the client gets; "" for response
}

func (p passing) run(t *testing.T, proxy *proxytest.Proxy, origin *proxytest.Origin) {
	client := proxy.Client()
	if p.response == "" {
		p.response = ok2
	}
	if p.answer == "" {
		p.answer = p.response
	}
	client.Send(p.request)
	at := origin.Accept()
	defer at.Close()
	if p.asked == "" {
		at.ExpectHead()
	} else {
		at.Expect(p.asked)
	}
	at.Send(p.response)
	client.Expect(p.answer)
}

// runPassing runs cases as they are, sent again, and with rules that find nothing.
func runPassing(t *testing.T, cases []passing) {
	set := ruleSet(t, h2test.Idle)
	for _, c := range cases {
		name := strings.ReplaceAll(c.name, " ", "-")
		t.Run(name, func(t *testing.T) {
			proxy := proxytest.Start(t)
			origin := proxy.Origin()
			c.run(t, proxy, origin)
			c.resend(t, proxy, origin)
		})
		t.Run(name+"-ruled", func(t *testing.T) {
			proxy := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Rules: set}})
			c.run(t, proxy, proxy.Origin())
			if row := proxy.Finished(1); row.Effects&^flow.EffectFailed != flow.EffectApplied {
				t.Errorf("%+v", row)
			}
		})
	}
}
