package proxy_test

import (
	"errors"
	"sync"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/breakpoints"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
)

// Edits go on while rules are read anew and messages come.
func TestBreakpointsWhileRulesChange(t *testing.T) {
	p, q := atBreaks(t, breakBoth)
	origin := p.Origin()
	origin.Serve(proxytest.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nho"))
	set := [...]string{breakBoth, "[[rule]]\nbreak = 'request'", ""}
	var clients, decider sync.WaitGroup
	done := make(chan struct{})
	decider.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			p.Server.Configure(proxy.Config{Breakpoints: q, Rules: ruleSet(t, set[i%3])})
			for j, m := range q.List() {
				switch (i + j) % 4 {
				case 0:
					_ = m.GoUnchanged()
				case 1:
					_ = m.Go(edit("HTTP/1.1", "HTTP/1.1", m))
				case 2:
					_ = m.Go(edit("Host:", "X-Y: z\r\nHost:", m))
				case 3:
					e := edit("200 OK", "200 Fine", m)
					e.NewBody, e.Body = true, []byte("ho")
					if m.Part == breakpoints.Response {
						_ = m.Go(e)
					}
				}
			}
		}
	})
	for range 8 {
		c := p.Client().Quiet()
		clients.Go(func() {
			for range 25 {
				c.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
				c.ExpectHead()
				c.Expect("ho")
			}
		})
	}
	clients.Wait()
	close(done)
	decider.Wait()
	nothingHeld(t, q)
}

// What breaks once breaks once, and switching breakpoints off lets everything go.
func TestBreakOnTheNext(t *testing.T) {
	p, q := atBreaks(t, "")
	origin, client := p.Origin(), p.Client()
	must(t, q.BreakNext("path:/a", breakpoints.Both))
	for _, wrong := range []string{"status:5xx", "body:x", "(a"} {
		var bad *breakpoints.Unsendable
		if err := q.BreakNext(wrong, breakpoints.Request); !errors.As(err, &bad) {
			t.Error(wrong, err)
		}
	}
	client.Send("GET http://{origin}/b HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 204 No Content\r\n\r\n")
	client.ExpectStatus(204)
	if row := p.Finished(1); row.Effects != 0 {
		t.Error(row.Effects)
	}
	client.Send("GET http://{origin}/a HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	must(t, waiting(t, q, 1).GoUnchanged())
	at.ExpectHead()
	at.Send("HTTP/1.1 204 No Content\r\n\r\n")
	waiting(t, q, 1)
	if len(q.Nexts()) != 0 {
		t.Error("it breaks again")
	}
	must(t, q.BreakNext("", breakpoints.Request))
	q.Panic()
	client.ExpectStatus(204)
	client.Send("GET http://{origin}/a HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.ExpectHead()
	at.Send("HTTP/1.1 204 No Content\r\n\r\n")
	client.ExpectStatus(204)
	if q.Waiting() != 0 || q.On() || len(q.Nexts()) != 0 {
		t.Error("breakpoints are on")
	}
}

// Without a window nothing waits, and the row says so.
func TestBreakpointsNeedAWindow(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Breakpoints: breakpoints.New(), Rules: ruleSet(t, breakBoth)}})
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/b HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 204 No Content\r\n\r\n")
	client.ExpectStatus(204)
	p.Finished(1)
	if got := did(p); len(got) != 2 || got[0] != reason.BreakPassed {
		t.Error(got)
	}
}
