package proxy_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// diskRules need a disk: users.json is there, and none is not.
const diskRules = `[[rule]]
when = "path:/here"
answer.file = "users.json"
[[rule]]
when = "path:/gone"
answer.file = "none"
[[rule]]
when = "path:/kept"
answer = { file = "users.json", missing = "error" }
[[rule]]
when = "path:/place"
response.body = { file = "users.json" }
[[rule]]
when = "path:/put"
request.body = { file = "users.json" }
`

const users = `[{"id":1}]`

// asleep is a proxy whose rules need a disk that sleeps.
func asleep(t *testing.T, patience time.Duration) (*proxytest.Proxy, *proxy.SleepingDisk) {
	p := ruled(t, diskRules)
	return p, p.Server.SleepDisk(t, patience)
}

// A client of HTTP/1 that leaves does not wait for a disk, whatever of its exchange does, nor does the end of Posthouse.
func TestNothingWaitsForADiskForEver(t *testing.T) {
	for name, leave := range map[string]func(*proxytest.Proxy, *proxytest.Conn){
		"the client":   func(_ *proxytest.Proxy, c *proxytest.Conn) { c.Reset() },
		"the shutdown": func(p *proxytest.Proxy, _ *proxytest.Conn) { _ = p.Shutdown(0) },
	} {
		for what, path := range map[string]string{"a lookup": "/here", "an answer": "/kept", "a request's body": "/put",
			"a response's": "/place"} {
			t.Run(name+" beside "+what, func(t *testing.T) {
				p, disk := asleep(t, 0)
				origin, client := p.Origin(), p.Client()
				client.Send("POST http://{origin}" + path + " HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi")
				if path == "/place" {
					at := origin.Accept()
					at.ExpectHead()
					at.Send(ok2)
				}
				disk.Begun(1)
				leave(p, client)
				if row := p.Finished(1); row.Failure != flow.FailureClientGone && row.Failure != flow.FailureShutdown {
					t.Errorf("%+v", row)
				}
			})
		}
	}
}

// A piece of a file that does not come is not waited for either.
func TestNothingWaitsForAPieceForEver(t *testing.T) {
	p, disk := asleep(t, 0)
	client := p.Client()
	client.Send("GET http://nowhere.invalid/kept HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	disk.Answer(1)
	client.ExpectStatus(200)
	disk.Begun(1)
	client.Reset()
	if row := p.Finished(1); row.Failure != flow.FailureClientGone {
		t.Errorf("%+v", row)
	}
}

// A disk that has not answered in time has the rule fail: the request goes on, or gets why.
func TestDisksThatAreLate(t *testing.T) {
	p, _ := asleep(t, 50*time.Millisecond)
	origin, client := p.Origin(), p.Client()
	ask := func(path string) {
		client.Send("POST http://{origin}" + path + " HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi")
	}
	ask("/here")
	at := origin.Accept()
	at.ExpectHead()
	at.Expect("hi")
	at.Send(ok2)
	client.Expect(ok2)
	for _, path := range []string{"/put", "/place"} {
		ask(path)
		at.ExpectHead()
		at.Expect("hi")
		at.Send(ok2)
		client.Expect(ok2)
	}
	ask("/kept")
	client.ExpectStatus(500)
	for i, effects := range []flow.Effects{0, 0, 0, flow.EffectAnswered} {
		row, x := p.Finished(flow.ID(i+1)), p.Exchange(flow.ID(i+1))
		if row.Effects != flow.EffectApplied|flow.EffectFailed|effects || len(x.Ruled.Did) != 1 ||
			!strings.Contains(reason.English(x.Ruled.Did[0]), "users.json cannot be used: the disk has not answered within 50ms") {
			t.Errorf("%+v %v", row, x.Ruled.Did)
		}
	}
}

// A piece that is late breaks the answer off.
func TestPiecesThatAreLate(t *testing.T) {
	p, disk := asleep(t, 500*time.Millisecond)
	client := p.Client()
	client.Send("GET http://nowhere.invalid/kept HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	disk.Answer(1)
	client.ExpectStatus(200)
	client.ExpectReset()
	if row := p.Finished(1); row.Failure != flow.FailureTruncated || row.Reason.Code != reason.RuleFile {
		t.Errorf("%+v", row)
	}
}

// A tunnel all of whose requests a file answers waits for the disk before it is said whether its origin is dialled; where
// that is late it may be.
func TestTunnelsAndDisksThatAreLate(t *testing.T) {
	route := ruledRoute(t, "[[rule]]\nwhen='host:127.0.0.1'\nanswer.file='users.json'")
	disk := route.Proxy.Server.SleepDisk(t, 500*time.Millisecond)
	client := route.Client()
	client.Start()
	client.Send(client.Headers(1, on("GET", "/a")...).End())
	origin := lateOrigin(t, route)
	origin.Start()
	origin.ExpectFields(1, on("GET", "/a")...)
	origin.Send(origin.Headers(1, ":status: 204").End())
	client.ExpectFields(1, ":status: 204")
	disk.Wake()
	client.Send(client.Headers(3, on("GET", "/a")...).End())
	client.ExpectHead(3, ":status: 200")
	client.ExpectBody(3, users)
}

// What may be answered by a file does not keep others from a late origin, and has it dialled itself when it is not.
func TestADiskBesideALateOrigin(t *testing.T) {
	route, client := lateClient(t, diskRules+mocks)
	disk := route.Proxy.Server.SleepDisk(t, 0)
	client.Start()
	client.Send(client.Headers(1, on("POST", "/gone")...), h2test.Data(1, "body"), client.Headers(3, on("GET", "/here")...).End())
	disk.Begun(2)
	mock(client, 5)
	route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/mock" && r.Phase.Final() })
	client.Send(client.Headers(7, on("GET", "/a")...).End())
	origin := lateOrigin(t, route)
	origin.Start()
	origin.ExpectFields(7, on("GET", "/a")...)
	disk.Wake()
	origin.ExpectFields(9, on("POST", "/gone")...)
	origin.Expect(`DATA 9 "body"`)
	client.ExpectHead(3, ":status: 200")
	client.ExpectBody(3, users)
	origin.Send(origin.Headers(9, ":status: 201").End(), origin.Headers(7, ":status: 204").End())
	client.ExpectFields(1, ":status: 201")
	client.ExpectFields(7, ":status: 204")
}

// Where the disk is what a late origin waits for, it is dialled once that is known.
func TestALateOriginIsDialledBehindADisk(t *testing.T) {
	route, client := lateClient(t, diskRules)
	disk := route.Proxy.Server.SleepDisk(t, 0)
	client.Start()
	client.Send(client.Headers(1, on("POST", "/gone")...), h2test.Data(1, "body").End())
	disk.Begun(1)
	disk.Wake()
	origin := lateOrigin(t, route)
	origin.Start()
	origin.ExpectFields(1, on("POST", "/gone")...)
	origin.Expect(`DATA 1 END_STREAM "body"`)
	origin.Send(origin.Headers(1, ":status: 201").End())
	client.ExpectFields(1, ":status: 201")
	row, _, codes := finishedAt(route, "/gone")
	if row.Timing.Dialed == 0 || row.Remote.String() != route.Addr() || !slices.Equal(codes, []flow.ReasonCode{reason.RuleFailed}) {
		t.Errorf("%+v %v", row, codes)
	}
}

// A late origin that does not speak HTTP/2 gets what no file answers over HTTP/1.1, with its body.
func TestADiskBesideALateOriginOfHTTP1(t *testing.T) {
	route, client := lateClient(t, diskRules)
	disk := route.Proxy.Server.SleepDisk(t, 0)
	route.ServerTLS().NextProtos = nil
	route.Serve(func(conn *tls.Conn) {
		in := bufio.NewReader(conn)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(r.Body)
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body)+1, "<"+string(body))
		}
	})
	client.Start()
	client.Send(client.Headers(1, on("GET", "/a")...).End()) // by which it is found out
	client.ExpectHead(1, ":status: 200")
	client.ExpectBody(1, "<")
	client.Send(client.Headers(3, on("POST", "/gone")...), h2test.Data(3, "bo"), client.Headers(5, on("GET", "/here")...).End())
	disk.Begun(2)
	client.Send(client.Headers(7, on("GET", "/b")...).End())
	client.ExpectHead(7, ":status: 200")
	client.ExpectBody(7, "<")
	disk.Wake()
	client.ExpectHead(5, ":status: 200")
	client.ExpectBody(5, users)
	client.Send(h2test.Data(3, "dy").End())
	client.ExpectHead(3, ":status: 200")
	client.ExpectBody(3, "<body")
}

// What rules send elsewhere goes there once it is known that no file answers it, with what has come of it.
func TestADiskBeforeOtherOrigins(t *testing.T) {
	route, other := detoured(t, "[[rule]]\nwhen='path:/x'\nanswer.file='none'\n")
	disk := route.Proxy.Server.SleepDisk(t, 0)
	client, origin := route.Started()
	client.Send(client.Headers(1, on("POST", "/x?1")...), h2test.Data(1, "ab"), h2test.Data(1, "cd"), client.Headers(1, "t: 1").End(),
		client.Headers(3, on("GET", "/x?2")...).End(), client.Headers(5, on("POST", "/x?3")...), h2test.Data(5, "ef"))
	disk.Begun(3)
	client.Send(client.Headers(7, on("GET", "/a")...).End())
	origin.ExpectFields(7, on("GET", "/a")...)
	disk.Wake()
	var served sync.WaitGroup
	for range 3 {
		at := other.Accept()
		served.Go(func() {
			switch head := at.ExpectHead(); {
			case strings.Contains(head, "/x?1"):
				at.Expect("4\r\nabcd\r\n0\r\nt: 1\r\n\r\n")
			case strings.Contains(head, "/x?3"):
				at.Expect("2\r\nef\r\n")
				client.Send(h2test.Data(5, "gh").End())
				at.Expect("2\r\ngh\r\n0\r\n\r\n")
			}
			at.Send(ok2by) // so that each has its own connection
		})
	}
	served.Wait()
	bodies := map[uint32]string{}
	for len(bodies) < 3 {
		f := client.Until("an answer", func(f h2test.Frame) bool { return f.Type == http2.FrameData && len(f.Content()) > 0 })
		bodies[f.Stream] = string(f.Content())
	}
	for _, path := range []string{"/x?1", "/x?2", "/x?3"} {
		if row, _, codes := finishedAt(route, path); row.Failure != 0 || !slices.Contains(codes, reason.RuleFailed) ||
			!slices.Contains(codes, reason.RuleSent) {
			t.Errorf("%+v %v", row, codes)
		}
	}
}

// A call of gRPC is still said in HTTP/2 there, and what a file answers is answered.
func TestADiskBeforeOtherOriginsOfHTTP2(t *testing.T) {
	e := newElsewhere(t)
	route := toGRPC(t, e, "[[rule]]\nwhen='path:/x/gone'\nanswer.file='none'\n[[rule]]\nwhen='path:/x/here'\nanswer.file='users.json'")
	disk := route.Proxy.Server.SleepDisk(t, 0)
	client := route.Client().Start()
	client.Send(client.Headers(1, calls("/x/gone")...), h2test.Data(1, "ab"), client.Headers(3, calls("/x/here")...).End())
	disk.Begun(2)
	disk.Wake()
	other := e.accept().Start()
	other.ExpectHead(1, ":method: POST")
	other.Expect(`DATA 1 "ab"`)
	client.ExpectHead(3, ":status: 200")
	client.ExpectBody(3, users)
	client.Send(h2test.Data(1, "cd").End())
	other.Expect(`DATA 1 END_STREAM "cd"`)
	other.Send(other.Headers(1, ":status: 200", "grpc-status: 0").End())
	client.ExpectHead(1, ":status: 200")
	if row, _, codes := finishedAt(route, "/x/gone"); row.Failure != 0 || !slices.Contains(codes, reason.RuleFailed) {
		t.Errorf("%+v %v", row, codes)
	}
}

// The end of Posthouse does not wait for the disk that streams of HTTP/2 wait for.
func TestTheEndDoesNotWaitForStreamsBeforeADisk(t *testing.T) {
	route := ruledRoute(t, diskRules)
	disk := route.Proxy.Server.SleepDisk(t, 0)
	client, origin := route.Started()
	client.Send(client.Headers(1, on("GET", "/here")...).End(), client.Headers(3, on("GET", "/kept")...).End(),
		client.Headers(5, on("GET", "/place")...).End())
	origin.ExpectFields(5, on("GET", "/place")...)
	origin.Send(origin.Headers(5, ":status: 200"), h2test.Data(5, "came").End())
	disk.Begun(3)
	begun := time.Now()
	_ = route.Proxy.Shutdown(0)
	if took := time.Since(begun); took > proxytest.Deadline {
		t.Error(took)
	}
	for _, path := range []string{"/here", "/kept", "/place"} {
		row, _, _ := finishedAt(route, path)
		refused := path != "/place" && row.Failure == flow.FailureOriginClosed // the origin's end was seen first
		if !refused && row.Failure != flow.FailureShutdown && row.Failure != flow.FailureClientGone {
			t.Errorf("%+v", row)
		}
	}
}

// Real clients ask for files and for what no file answers beside each other, and call requests off, while the disk takes
// its time now and then.
func TestClientsWhileADiskTakesItsTime(t *testing.T) {
	route := ruledRoute(t, diskRules)
	route.Proxy.Server.SlowDisk(func() { time.Sleep(time.Duration(rand.Int64N(int64(2 * time.Millisecond)))) })
	route.ServeHTTP(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(append([]byte("origin"), body...))
	})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			protocols := &http.Protocols{}
			protocols.SetHTTP2(true)
			transport := &http.Transport{Protocols: protocols, DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
				return route.DialTLS(route.ClientTLS("h2"))
			}}
			defer transport.CloseIdleConnections()
			var streams sync.WaitGroup
			for i := range 16 {
				streams.Go(func() {
					for range 10 {
						askOfDisk(t, transport, i)
					}
				})
			}
			streams.Wait()
		})
	}
	all.Wait()
}

// askOfDisk asks for one of all, with a body or not, and calls one in four off.
func askOfDisk(t *testing.T, transport *http.Transport, i int) {
	body := strings.Repeat("b", rand.IntN(2)*rand.IntN(30_000))
	method := "GET"
	if body != "" {
		method = "POST"
	}
	path := []string{"/here", "/gone", "/kept", "/place", "/put", "/a"}[i%6]
	want := map[string]string{"/gone": "origin" + body, "/put": "origin" + users, "/a": "origin" + body}[path]
	if want == "" {
		want = users
	}
	if path == "/put" && body == "" {
		want = "origin" // a request without a body is given none
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	off := rand.IntN(4) == 0
	if off {
		time.AfterFunc(time.Duration(rand.Int64N(int64(3*time.Millisecond))), stop)
	}
	req, _ := http.NewRequestWithContext(ctx, method, "https://"+h2test.Host+path, strings.NewReader(body))
	res, err := transport.RoundTrip(req)
	var got []byte
	if err == nil {
		got, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	if !off && (err != nil || string(got) != want) {
		t.Errorf("%s %s: %.50q (%d bytes), %v", method, path, got, len(got), err)
	}
}
