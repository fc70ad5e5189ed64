package proxy_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// Another client's connection is lent only to what may be repeated: should the
// origin have closed it meanwhile, it cannot be known whether it worked on the request.
func TestWhoIsLentAnothersConnection(t *testing.T) {
	for name, c := range map[string]struct {
		request string
		lent    bool
	}{
		"GET":                 {getHead, true},
		"PUT, whole":          {"PUT http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi", true},
		"POST":                {postTwo, false},
		"POST without a body": {"POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 0\r\n\r\n", false},
		"PATCH":               {"PATCH http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n", false},
		"an unknown method":   {"BREW http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n", false},
		"PUT, under way":      {"PUT http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 4\r\n\r\nhi", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client, other := p.Origin(), p.Client(), p.Client()
			client.Send(getHead)
			at := origin.Accept()
			at.ExpectHead()
			at.Send(ok2)
			client.Expect(ok2)
			p.Finished(1)
			other.Send(c.request)
			theirs := at
			if !c.lent {
				theirs = origin.Accept()
			}
			theirs.ExpectHead()
			theirs.Send(ok2)
			other.ExpectHead()
		})
	}
}

// A client's own connection is used again for whatever it asks, as it would be
// without a proxy.
func TestAClientsOwnConnectionIsUsedAgain(t *testing.T) {
	p := proxytest.Start(t)
	origin, client, other := p.Origin(), p.Client(), p.Client()
	client.Send(postTwo)
	at := origin.Accept()
	at.ExpectThrough("hi")
	at.Send(ok2)
	client.Expect(ok2)
	p.Finished(1)
	other.Send(postTwo)
	theirs := origin.Accept()
	theirs.ExpectThrough("hi")
	theirs.Send(ok2)
	other.Expect(ok2)
	p.Finished(2)
	for _, request := range []string{postTwo, getHead, postTwo} { // not the newest, but its own
		client.Send(request)
		at.ExpectHead()
		if request == postTwo {
			at.ExpectN(2)
		}
		at.Send(ok2)
		client.Expect(ok2)
	}
}

// What may not be repeated and meets an origin that closes: a close, as without a
// proxy, where the connection was used before; words where it was a new one.
func TestAnOriginThatClosesUnderAPost(t *testing.T) {
	for name, end := range map[string]func(*proxytest.Conn){"closed": (*proxytest.Conn).Close, "reset": (*proxytest.Conn).Reset} {
		t.Run("used before, "+name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(getHead)
			at := origin.Accept()
			at.ExpectHead()
			at.Send(ok2)
			client.Expect(ok2)
			client.Send(postTwo)
			at.ExpectThrough("hi")
			end(at)
			client.ExpectGone()
			origin.NotAsked()
			if row := p.Finished(2); row.Failure != flow.FailureOriginClosed || row.Status != 0 ||
				!strings.Contains(said(row.Reason), "used before") {
				t.Errorf("row %+v", row)
			}
		})
		t.Run("new, "+name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(postTwo)
			at := origin.Accept()
			at.ExpectThrough("hi")
			end(at)
			client.ExpectStatus(502)
			origin.NotAsked()
			if row := p.Finished(1); row.Failure != flow.FailureOriginClosed || row.Status != 502 {
				t.Errorf("row %+v", row)
			}
		})
	}
	t.Run("seen before it is used", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send(ok2)
		client.Expect(ok2)
		p.Finished(1)
		at.Close()
		client.Send(postTwo)
		next := origin.Accept()
		next.ExpectThrough("hi")
		next.Send(ok2)
		client.Expect(ok2)
	})
	t.Run("after an interim response", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send(ok2)
		client.Expect(ok2)
		client.Send(postTwo)
		at.ExpectThrough("hi")
		at.Send("HTTP/1.1 103 Early Hints\r\n\r\n")
		client.Expect("HTTP/1.1 103 Early Hints\r\n\r\n")
		at.Close()
		client.ExpectStatus(502)
	})
}

// Decrypted, a client has the connection that was opened for it, and only once it
// was used a close there is one for the client.
func TestAnOriginThatClosesUnderAPostInside(t *testing.T) {
	const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
	for _, used := range []bool{false, true} {
		t.Run(fmt.Sprintf("used before %v", used), func(t *testing.T) {
			o := openAll(t, nil)
			c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
			if used {
				c.Send(insideGet)
				at.Expect(insideGet)
				at.Send(ok2)
				c.Expect(ok2)
			}
			c.Send(post)
			at.Expect(post)
			at.Close()
			if used {
				c.ExpectNotifiedEnd()
			} else {
				c.ExpectStatus(502)
			}
		})
	}
}

// An origin that closes just after each answer, without saying so: a client's first
// POST never meets a connection that somebody else has used up.
func TestPostsToAnOriginThatClosesAfterEachAnswer(t *testing.T) {
	const clients, each = 6, 30
	p := proxytest.Start(t)
	origin := p.Origin()
	origin.Serve(func(c *proxytest.Conn) {
		c.Quiet()
		if _, ok := c.NextHead(); ok {
			c.ExpectN(2)
			c.Send(ok2)
		}
	})
	all := make([]*proxytest.Conn, clients*each)
	for i := range all {
		all[i] = p.Client().Quiet()
	}
	var wait sync.WaitGroup
	for i := range clients {
		wait.Go(func() {
			for _, c := range all[i*each : (i+1)*each] {
				if err := c.TrySend(postTwo); err != nil {
					t.Error(err)
					return
				}
				got := make([]byte, len(ok2))
				_ = c.Net.SetReadDeadline(time.Now().Add(proxytest.Deadline))
				if n, err := c.Net.Read(got); err != nil || string(got[:n]) != ok2 {
					t.Errorf("answered %q, %v", got[:n], err)
				}
			}
		})
	}
	wait.Wait()
}
