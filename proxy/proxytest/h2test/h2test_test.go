package h2test_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/http2"

	"posthouse/proxy/proxytest/h2test"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var get = []string{":method: GET", ":scheme: https", ":authority: a.example", ":path: /"}

func TestConversationDirectly(t *testing.T) {
	client, origin := h2test.Direct(t).Open()

	client.SendPreface()
	client.Send(h2test.Settings(http2.Setting{ID: 4, Val: 1 << 20}, http2.Setting{ID: 3, Val: 7}), h2test.WindowUpdate(0, 5),
		h2test.Priority(3, http2.PriorityParam{StreamDep: 0, Weight: 200}))
	origin.ExpectPreface()
	origin.Expect("SETTINGS 0 4:1048576 3:7", "WINDOW_UPDATE 0 +5", "PRIORITY 3 on 0 weight 201")
	origin.Send(h2test.Settings(), h2test.Settings().With(h2test.Ack))
	client.Expect("SETTINGS 0", "SETTINGS 0 ACK")

	asked := append(slices.Clone(get), "Cookie: a=1", "cookie: b=2", "!authorization: secret", "x-colons: a:b: c", "empty: ")
	head := client.Headers(1, asked...).End().Prioritized(http2.PriorityParam{StreamDep: 5, Exclusive: true, Weight: 15}).Pad(9)
	client.Send(head.Split(20, 7)...)
	got := origin.ExpectFields(1, asked...)
	if p, has := got.Priority(); !has || p != (http2.PriorityParam{StreamDep: 5, Exclusive: true, Weight: 15}) {
		t.Errorf("priority %v %+v", has, p)
	}
	if !slices.Equal(got.Sizes[:2], []int{1 + 5 + 20 + 9, 7}) || len(got.Sizes) != 3 || got.Flags&h2test.EndStream == 0 ||
		got.Flags&h2test.Padded == 0 {
		t.Errorf("frames of %v bytes, flags %x", got.Sizes, got.Flags)
	}
	origin.Send(origin.Headers(1, ":status: 103", "link: </a>"), origin.Headers(1, ":status: 200"),
		h2test.Data(1, "hi").Pad(3), origin.Headers(1, "trailer: x").End())
	client.ExpectFields(1, ":status: 103", "link: </a>")
	client.Expect("HEADERS 1 :status: 200", `DATA 1 PADDED "hi"`, "HEADERS 1 END_STREAM trailer: x")
}

func TestWhatIsNoStreams(t *testing.T) {
	client, origin := h2test.Direct(t).Started()
	client.Send(h2test.PriorityUpdate(1, "u=3"), h2test.Frame{Type: 0xfa, Flags: 0x55, Stream: 9, Payload: []byte("own")},
		h2test.Reset(7, http2.ErrCodeHTTP11Required), h2test.GoAway(5, http2.ErrCodeEnhanceYourCalm, "slow down"))
	origin.Expect(`PRIORITY_UPDATE 0 of 1 "u=3"`, `UNKNOWN_FRAME_TYPE_250 9 flags 0x55 "own"`, "RST_STREAM 7 HTTP_1_1_REQUIRED",
		`GOAWAY 0 last 5 ENHANCE_YOUR_CALM "slow down"`)
	go func() { // while the origin waits for it
		_, _ = client.TryNext()
	}()
	origin.StillThere()
	origin.Silence(time.Millisecond)
}

func TestBlocksByHand(t *testing.T) {
	client, origin := h2test.Direct(t).Started()
	long := strings.Repeat("v", 300)
	block := slices.Concat(h2test.TableSize(100), h2test.Indexed(2), h2test.Indexed(7), h2test.Literal("x-long", long), h2test.Indexed(4))
	client.Send(h2test.Headers(1, block).End())
	origin.ExpectFields(1, ":method: GET", ":scheme: https", "x-long: "+long, ":path: /")
	client.Send(h2test.Headers(3, h2test.Indexed(90)))
	if f, err := origin.TryNext(); err == nil {
		t.Errorf("an index that is not in the table was read as %v", f)
	}
}

// The judges themselves are judged by x/net's server, directly, and see what the proxy does.
func TestClientOfAServedOrigin(t *testing.T) {
	h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
		route.ServeHTTP(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			_, _ = w.Write([]byte(strings.ToUpper(string(body))))
		})
		client := route.Client().Start()
		client.Send(client.Headers(1, ":method: POST", ":scheme: https", ":authority: a.example", ":path: /"), h2test.Data(1, "loud").End())
		client.ExpectHead(1, ":status: 200")
		client.ExpectBody(1, "LOUD")
		client.StillThere()
		client.Send(h2test.Data(0, "on no stream"))
		if codes := client.UntilGone(); !slices.Contains(codes, http2.ErrCodeProtocol) {
			t.Errorf("codes %v", codes)
		}
	})
}

// What clients send to an entrance comes to the origin by the route.
func TestEntrance(t *testing.T) {
	route := h2test.Through(t, nil)
	route.ServeHTTP(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) })
	transport := &http.Transport{TLSClientConfig: route.ClientTLS(), ForceAttemptHTTP2: true, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Get("https://" + route.Entrance().String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if got, err := io.ReadAll(res.Body); err != nil || res.ProtoMajor != 2 || !strings.HasPrefix(string(got), "127.0.0.1:") {
		t.Errorf("%q %v %s", got, err, res.Proto)
	}
	route.Proxy.Finished(2)
}
