package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/proxytest"
)

// The mutation test sends damaged requests, and has the origin send damaged
// responses, through one proxy and one pool of origin connections, while honest
// clients use the same origin. Nothing of the damage may reach an honest
// exchange: each honest client gets its own answers and nothing else, and the
// origin never sees a request that was not sent.
const (
	attackers = 16
	honest    = 2
)

// mutationWay is what rules make of all that passes, the damage and what is honest.
type mutationWay struct {
	mutants int    // of each kind
	rules   string // the file
	head    string // what a response's head has at its end
	honest  string // what becomes of this word in bodies
}

// mutationWays: damage reaches nobody else where rules write heads and bodies anew, either.
var mutationWays = map[string]mutationWay{
	"without rules": {mutants: 2000, honest: "honest"},
	"heads": {mutants: 300, honest: "honest", head: "X-Seen: 1\r\n", rules: `[[rule]]
request.remove = ["Accept", "Cookie"]
request.replace = [{ field = "X", find = "/[0-9]+/", with = "<$0>" }]
request.set = ["X-Y: 2"]
request.add = ["A: 1"]
request.query.set = ["a=1"]
response = { remove = ["Link"], replace = [{ field = "X", find = "/[0-9]/", with = "" }], set = ["X-Seen: 1"] }
[[rule]]
when = "path:/d/"
answer.text = "GET /smuggled HTTP/1.1"
[[rule]]
when = "path:/e/"
request.method = "POST"
`},
	"bodies": {mutants: 300, honest: "upright, honest", rules: `[[rule]]
request.body.replace = [{ find = "honest", with = "upright, honest" }, { find = "3456", with = "" }, { find = "/b+c/", with = "$0$0$0" }]
response.body.replace = [{ find = "honest", with = "upright, honest" }, { find = "/l+|k/", with = "GET /smuggled HTTP/1.1" }]
`},
	"whole bodies": {mutants: 300, honest: "honest", rules: `[[rule]]
when = "path:/b/ | path:/c/ | path:/e/"
request.body.text = "GET /smuggled HTTP/1.1"
[[rule]]
when = "path:/evil/"
response.body.text = "HTTP/1.1 200 Evil"
[[rule]]
request.body.json = [{ path = "$.a", value = "1" }]
response.body.json = [{ path = "$.a", value = "1" }]
`},
}

// smuggled is the target that the damaged messages carry inside bodies: an
// origin that sees it as a request was made to by the proxy.
const smuggled = "/smuggled"

var damagedRequests = []string{
	"GET http://{origin}/a/%d HTTP/1.1\r\nHost: {origin}\r\nAccept: */*\r\n\r\n",
	"POST http://{origin}/b/%d HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 45\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\nX: " +
		"34567890\r\n\r\n",
	"POST http://{origin}/c/%d HTTP/1.1\r\nHost: {origin}\r\nTransfer-Encoding: chunked\r\n\r\n2d\r\nGET /smuggled HTTP/1.1\r\nHost: " +
		"x\r\nX: 34567890\r\n\r\n\r\n0\r\nT: 1\r\n\r\n",
	"POST http://{origin}/d/%d HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 0\r\nConnection: close, X-Y\r\nX-Y: 1\r\nTE: trailers\r\n\r\n",
	"PUT http://{origin}/e/%d HTTP/1.0\r\nHost: {origin}\r\nContent-Length: 3\r\n\r\nabc",
	"GET http://{origin}/f/%d HTTP/1.1\r\nHost: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
}

var damagedResponses = []string{
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: %d\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: %d\r\n\r\n5\r\nhello\r\n0\r\nT: 1\r\n\r\n",
	"HTTP/1.1 204 No Content\r\nX: %d\r\n\r\n",
	"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nX: %d\r\n\r\n",
	"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: %d\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\nX: %d\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: %d\r\n\r\nokHTTP/1.1 200 Evil\r\nContent-Length: 4\r\n\r\nevil",
}

// spice are bytes and words that parsers of HTTP have stumbled over.
var spice = []string{"\r", "\n", "\r\n", "\r\n\r\n", "\x00", " ", "\t", ":", ";", ",", "0", "-", "+", "\x0b", "\x7f", "\xff",
	"Content-Length: 0\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: x\r\n", "chunked", "0\r\n\r\n",
	" HTTP/1.1", "Host: y\r\n", "1", "ffffffffffffffff"}

// damage changes a message in one to four places.
func damage(r *rand.Rand, text string) []byte {
	b := []byte(text)
	for range 1 + r.IntN(4) {
		at := r.IntN(len(b))
		switch r.IntN(6) {
		case 0:
			b[at] ^= 1 << r.IntN(8)
		case 1:
			b = append(b[:at], b[min(len(b), at+1+r.IntN(4)):]...)
		case 2, 3:
			b = append(b[:at], append([]byte(spice[r.IntN(len(spice))]), b[at:]...)...)
		case 4:
			lines := bytes.SplitAfter(b, []byte("\n"))
			i, j := r.IntN(len(lines)), r.IntN(len(lines))
			lines[i], lines[j] = lines[j], lines[i]
			b = bytes.Join(lines, nil)
		case 5:
			lines := bytes.SplitAfter(b, []byte("\n"))
			i := r.IntN(len(lines))
			lines[i] = append(append([]byte{}, lines[i]...), lines[i]...)
			b = bytes.Join(lines, nil)
		}
		if len(b) == 0 {
			b = []byte("x")
		}
	}
	return b
}

// mutationOrigin answers honest requests with what they ask for, and /evil/N
// with the N-th damaged response.
type mutationOrigin struct {
	t    *testing.T
	way  mutationWay
	seen atomic.Int64
}

func (o *mutationOrigin) serve(c *proxytest.Conn) {
	c.Quiet()
	defer c.Close()
	r := bufio.NewReaderSize(c.Net, 64<<10)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		o.seen.Add(1)
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		path := req.URL.Path
		switch {
		case strings.HasPrefix(path, smuggled):
			o.t.Errorf("the origin was made to see a request for %s", path)
		case strings.HasPrefix(path, "/honest/"):
			if want := "body of " + o.way.body(path); req.Method == "POST" && string(body) != want || req.Header.Get("X-Token") != path {
				o.t.Errorf("an honest request for %s arrived with body %q and token %q", path, body, req.Header.Get("X-Token"))
			}
			_, _ = fmt.Fprintf(c.Net, "HTTP/1.1 200 OK\r\nX-Token: %s\r\nContent-Length: %d\r\n\r\n%s", path, len(path), path)
		case strings.HasPrefix(path, "/evil/"):
			n, _ := strconv.Atoi(path[len("/evil/"):])
			rnd := rand.New(rand.NewPCG(uint64(n), 2))
			_, _ = c.Net.Write(damage(rnd, fmt.Sprintf(damagedResponses[n%len(damagedResponses)], n)))
			if n%2 == 0 {
				return
			}
		default:
			_, _ = io.WriteString(c.Net, ok2)
		}
	}
}

// body is what becomes of a text in the body of a message.
func (w mutationWay) body(text string) string { return strings.Replace(text, "honest", w.honest, 1) }

func TestDamagedMessagesReachNobodyElse(t *testing.T) {
	for name, way := range mutationWays {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) { way.run(t) })
	}
}

func (w mutationWay) run(t *testing.T) {
	// The attackers leave by themselves. The limits only have to end what they leave
	// behind before the test does; shorter ones would end honest exchanges too where
	// this machine has other work and nothing here runs for a second.
	const limit = proxytest.Deadline / 2
	config := proxy.Config{Timeouts: proxy.Timeouts{ClientHead: limit, ClientBody: limit, Response: limit, OriginBody: limit}}
	if w.rules != "" {
		config.Rules = ruleSet(t, w.rules)
	}
	p := proxytest.StartWith(t, proxytest.Options{Config: config})
	origin := p.Origin()
	script := &mutationOrigin{t: t, way: w}
	origin.Serve(script.serve)

	done := make(chan struct{})
	var honestly sync.WaitGroup
	var answered atomic.Int64
	for i := range honest {
		honestly.Go(func() { w.honestClient(t, p, i, done, &answered) })
	}
	var attacks sync.WaitGroup
	var next atomic.Int64
	for range attackers {
		attacks.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= 2*w.mutants {
					return
				}
				attack(t, p, n)
			}
		})
	}
	attacks.Wait()
	close(done)
	honestly.Wait()
	t.Logf("%d damaged messages beside %d honest exchanges; the origin saw %d requests", 2*w.mutants, answered.Load(), script.seen.Load())
	if answered.Load() < 50 {
		t.Errorf("only %d honest exchanges passed beside the damage", answered.Load())
	}
}

// attack sends the n-th damaged request, or asks for the n-th damaged response.
func attack(t *testing.T, p *proxytest.Proxy, n int) {
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Errorf("attack %d: %v", n, err)
		return
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(40 * time.Millisecond))
	if n%2 == 0 {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		text := p.Text(fmt.Sprintf(damagedRequests[n/2%len(damagedRequests)], n))
		_, _ = c.Write(damage(r, text))
		_ = c.(*net.TCPConn).CloseWrite()
	} else {
		_, _ = io.WriteString(c, p.Text(fmt.Sprintf("GET http://{origin}/evil/%d HTTP/1.1\r\nHost: {origin}\r\n\r\n", n/2)))
	}
	_, _ = io.Copy(io.Discard, c) // however it ends
}

// honestClient sends requests one after the other until done, and holds that
// each is answered with exactly its own answer.
func (w mutationWay) honestClient(t *testing.T, p *proxytest.Proxy, who int, done chan struct{}, answered *atomic.Int64) {
	var c net.Conn
	defer func() {
		if c != nil {
			_ = c.Close()
		}
	}()
	for n := 0; ; n++ {
		select {
		case <-done:
			return
		default:
		}
		if c == nil {
			var err error
			if c, err = net.Dial("tcp", p.Addr()); err != nil {
				t.Error(err)
				return
			}
		}
		path := fmt.Sprintf("/honest/%d/%d", who, n)
		request := fmt.Sprintf("GET http://{origin}%s HTTP/1.1\r\nHost: {origin}\r\nX-Token: %s\r\n\r\n", path, path)
		if n%3 == 0 {
			body := "body of " + path
			request = fmt.Sprintf("POST http://{origin}%s HTTP/1.1\r\nHost: {origin}\r\nX-Token: %s\r\nContent-Length: %d\r\n\r\n%s", path,
				path, len(body), body)
		}
		answer := w.body(path)
		want := fmt.Sprintf("HTTP/1.1 200 OK\r\nX-Token: %s\r\nContent-Length: %d\r\n%s\r\n%s", path, len(answer), w.head, answer)
		_ = c.SetDeadline(time.Now().Add(proxytest.Deadline))
		_, _ = io.WriteString(c, p.Text(request))
		read := make([]byte, len(want))
		k, err := io.ReadFull(c, read)
		if string(read) == want {
			answered.Add(1)
			continue
		}
		// The origin may close a connection under an honest request (it was sent
		// damage on it and went away): a 502 that says so is honest too.
		if !strings.HasPrefix(string(read[:k]), "HTTP/1.1 502 ") {
			t.Errorf("%s was answered %q (%v)", path, read[:k], err)
		}
		_ = c.Close()
		c = nil
	}
}
