package proxy_test

import (
	"net/netip"
	"slices"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/capture"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
)

// sameProgram is behind each connection.
type sameProgram flow.App

func (s sameProgram) Find(netip.AddrPort, netip.AddrPort) *capture.ClientProcess {
	found := new(capture.ClientProcess)
	found.Set(flow.App(s))
	return found
}

// Rules ask who asks, the program and the device: of plain requests, and of decrypted ones over
// HTTP/1 and HTTP/2.
func TestRulesAskWhoAsks(t *testing.T) {
	text := "[[rule]]\nwhen='path:/x app:=firefox'\nanswer.text='theirs'\n[[rule]]\nwhen='path:/x device:other'\nanswer.text='far'\n" +
		"[[rule]]\nwhen='path:/x app:=curl device:here'\nanswer.text='mine'\n"
	curl := sameProgram{Name: "curl", PID: 5}
	t.Run("plain", func(t *testing.T) {
		p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Processes: curl, Rules: ruleSet(t, text)}})
		client := p.Client()
		client.Send("GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n")
		client.ExpectHead()
		client.Expect("mine")
	})
	with := func(_ *decrypt.Options, c *proxy.Config) { c.Processes, c.Rules = curl, ruleSet(t, text) }
	t.Run("decrypted HTTP/1", func(t *testing.T) {
		o := openAll(t, with)
		client := o.connect()
		client.StartClientTLS(o.client("http/1.1"))
		client.Send("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n")
		client.ExpectHead()
		client.Expect("mine")
	})
	t.Run("decrypted HTTP/2", func(t *testing.T) {
		route := h2test.Through(t, with)
		client, _ := route.Started()
		client.Send(client.Headers(1, append(slices.Clone(asked[:3]), ":path: /x")...).End())
		client.ExpectHead(1, ":status: 200")
		client.ExpectBody(1, "mine")
	})
}
