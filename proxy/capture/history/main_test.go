package history

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

func TestMain(m *testing.M) {
	if runChild() {
		return
	}
	goleak.VerifyTestMain(m)
}

// traffic makes exchanges as programs do: JSON of words, tokens and numbers.
type traffic struct {
	*rand.Rand
	words []string
	zipf  *rand.Zipf
	large bool
}

func newTraffic(large bool) *traffic {
	t := &traffic{Rand: rand.New(rand.NewPCG(1, 2)), large: large}
	for range 4000 {
		b := make([]byte, 3+t.IntN(8))
		for i := range b {
			b[i] = "etaoinshrdlucmfwypvbgkqjxz"[min(t.IntN(26), t.IntN(26))]
		}
		t.words = append(t.words, string(b))
	}
	t.zipf = rand.NewZipf(t.Rand, 1.1, 2, uint64(len(t.words)-1))
	return t
}

func (t *traffic) word() string { return t.words[t.zipf.Uint64()] }

func (t *traffic) token(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[t.IntN(64)]
	}
	return string(b)
}

func (t *traffic) uuid() string {
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", t.Uint32(), t.IntN(1<<16), t.IntN(1<<12), t.IntN(1<<16), t.Int64N(1<<48))
}

// id is a UUID often.
func (t *traffic) id() string {
	if !t.large || t.IntN(3) == 0 {
		return t.uuid()
	}
	return fmt.Sprint(t.IntN(1e6))
}

func (t *traffic) json(n int) string {
	var b strings.Builder
	b.WriteString(`{"items":[`)
	for b.Len() < n-40 {
		fmt.Fprintf(&b, `{"id":"%s","name":"%s %s %s","price":%d.%02d,"note":"%s %s %s %s"},`, t.id(), t.word(),
			t.word(), t.word(), t.IntN(1000), t.IntN(100), t.word(), t.word(), t.word(), t.word())
	}
	b.WriteString(`{}]}`)
	return b.String()
}

// moment is what no two exchanges have alike.
func (t *traffic) moment(id flow.ID) (flow.ID, time.Time, netip.AddrPort) {
	return id, time.Unix(1780000000, 0).Add(time.Duration(id) * 3_141_592),
		netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(32000+id/16%28000))
}

// exchange makes one of 0.4 KB of heads and 1 KB of body, or 1.5 KB and 4 KB.
func (t *traffic) exchange(id flow.ID) flow.Exchange {
	host := fmt.Sprintf("%s.%s.example", t.words[t.IntN(8)], t.words[t.IntN(5)])
	path := fmt.Sprintf("/%s/%s?id=%d", t.word(), t.word(), t.IntN(1e6))
	body, extra := t.json(1000), ""
	if t.large {
		body = t.json(4000)
		extra = "Accept: text/html,application/json;q=0.9\r\nAccept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n" +
			"Cookie: sid=" + t.token(200) + "; theme=dark; consent=" + t.token(60) + "\r\nReferer: https://" + host + "/\r\n"
	}
	id, now, client := t.moment(id)
	head := "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n" +
		extra + "\r\n"
	resp := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nDate: %s\r\nETag: \"%s\"\r\n",
		len(body), now.UTC().Format(time.RFC1123), t.token(16))
	if t.large {
		resp += "Cache-Control: private, max-age=0\r\nStrict-Transport-Security: max-age=31536000\r\nX-Request-Id: " + t.uuid() +
			"\r\nSet-Cookie: sid=" + t.token(200) + "; Path=/; Secure; HttpOnly\r\nContent-Security-Policy: default-src 'self'; " +
			"img-src *; script-src 'self' 'nonce-" + t.token(22) + "'\r\nVary: Accept-Encoding\r\nServer: nginx\r\n"
	}
	x := flow.Exchange{RequestHead: []byte(head), ResponseHead: []byte(resp + "\r\n"),
		ResponseBody: flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}}
	took := time.Duration(t.IntN(80_000_000))
	x.Row = flow.Row{ID: id, Kind: flow.KindHTTP, Phase: flow.PhaseDone, Start: now, Duration: took, Method: "GET", Scheme: "https",
		Host: host, Path: path, Proto: "HTTP/1.1", Status: 200, ContentType: "application/json", ResponseSize: int64(len(body)),
		Client: client,
		Remote: netip.MustParseAddrPort("203.0.113.7:443"), App: "firefox", AppPath: "/usr/lib/firefox/firefox", AppPID: 4711,
		TLS:    flow.TLS{Seen: true, Outcome: flow.TLSDecrypted, SNI: host, ALPN: "http/1.1", Version: "TLS 1.3"},
		Timing: flow.Timing{Sent: took / 10, FirstByte: took / 2, End: took, Reused: true}}
	return x
}

// play has a store record an exchange.
func play(s *capture.Store, x *flow.Exchange) flow.ID {
	span := func(part string) capture.Span {
		return capture.Span{Off: uint32(strings.Index(string(x.RequestHead), part)), Len: uint32(len(part))}
	}
	r := s.Begin(&capture.Begin{Kind: x.Kind, Start: x.Start, Client: x.Client, Head: x.RequestHead, Method: span(x.Method),
		Host: span(x.Host), Path: span(x.Path), Proto: span(x.Proto), Scheme: x.Scheme, TLS: x.TLS})
	r.Sent(x.Start)
	r.ResponseHead(x.Status, x.ResponseHead, capture.Span{}, x.Start)
	r.ResponseBody(x.ResponseBody.Bytes)
	id := r.ID()
	r.Finish(x.Failure, x.Reason, x.Status, x.Start.Add(x.Duration))
	return id
}

func openTest(t testing.TB, o Options) *History {
	t.Helper()
	h, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// fill adds n exchanges from an ID on, past a store.
func fill(h *History, t *traffic, first flow.ID, n int) []flow.Exchange {
	all := make([]flow.Exchange, 0, n)
	for i := range n {
		x := t.exchange(first + flow.ID(i))
		all = append(all, x)
		h.add(&x, ShedNothing)
	}
	return all
}

// flush waits until all that was added is in segments.
func flush(t testing.TB, h *History) {
	t.Helper()
	h.seal()
	if err := h.do(func() error { return nil }); err != nil {
		t.Fatal(err)
	}
}
