package proxy_test

import (
	"strings"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// A ws target (RFC 6455 section 3) is http on the wire, by the same port. aiohttp and
// others send it to their proxy as it is.
func TestWebSocketTargets(t *testing.T) {
	for _, scheme := range []string{"ws", "WS", "wS"} {
		p := proxytest.Start(t)
		origin := p.Origin()
		client := p.Client()
		client.Send(strings.Replace(upgrading, "http://", scheme+"://", 1))
		at := origin.Accept()
		at.Expect(upgradeAsked)
		at.Send(switched)
		client.Expect("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		client.Send("up")
		at.Expect("up")
		client.Close()
		at.Close()
		row := p.Finished(1)
		if row.Kind != flow.KindUpgraded || row.Scheme != "ws" || row.URL() != p.Text("ws://{origin}/") {
			t.Errorf("%s: row %+v", scheme, row)
		}
	}
}

func TestWebSocketTargetWithoutAnUpgrade(t *testing.T) {
	runPassing(t, []passing{
		{name: "ws", request: "GET ws://{origin}/a?b HTTP/1.1\r\nHost: x\r\n\r\n", asked: "GET /a?b HTTP/1.1\r\nHost: {origin}\r\n\r\n"},
	})
}

// What needs TLS cannot be had without CONNECT.
func TestSchemesWithTLSAreRefused(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	client := p.Client()
	for _, scheme := range []string{"https", "wss", "WSS"} {
		client.Send("GET " + scheme + "://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		client.ExpectStatus(501)
		client.ExpectThrough("https:// and wss:// go through CONNECT.\n")
	}
	origin.NotAsked()
}

func TestWebSocketTargetThroughAnotherProxy(t *testing.T) {
	p, up := chained(t, "http://")
	client := p.Client()
	client.Send("GET ws://a.test:81/x HTTP/1.1\r\nHost: a.test:81\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	up.Accept().Expect("GET ws://a.test:81/x HTTP/1.1\r\nHost: a.test:81\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
}
