package proxy_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// goesOn fails unless the client's connection does, and the origin's behind it.
func goesOn(client, origin *h2test.Peer) {
	go func() {
		for {
			if _, err := origin.TryNext(); err != nil {
				return
			}
		}
	}()
	client.StillThere()
}

// windowed is a peer that sends, and takes, within windows, and says when the other one does not.
type windowed struct {
	*h2test.Peer
	t    *testing.T
	may  map[uint32]int // bytes that it may send: of the connection 0, and of streams
	left map[uint32]int // and that it may be sent
	head h2test.Frame   // that came last
	got  []byte         // content of DATA that came
	over bool           // END_STREAM came
}

func newWindowed(t *testing.T, p *h2test.Peer) *windowed {
	return &windowed{Peer: p.Quiet(), t: t, may: map[uint32]int{0: 65535}, left: map[uint32]int{0: 65535}}
}

// read takes the next frame; what it takes of content is granted anew.
func (w *windowed) read() (h2test.Frame, error) {
	_ = w.Net.SetReadDeadline(time.Now().Add(20 * time.Second))
	f, err := w.Read()
	if err != nil {
		return f, err
	}
	for _, of := range [...]map[uint32]int{w.may, w.left} {
		if _, ok := of[f.Stream]; !ok {
			of[f.Stream] = 65535
		}
	}
	switch f.Type {
	case http2.FrameWindowUpdate:
		w.may[f.Stream] += int(f.Increment())
	case http2.FrameSettings:
		if f.Flags&h2test.Ack == 0 {
			_ = w.write(h2test.Settings().With(h2test.Ack))
		}
	case http2.FrameHeaders:
		w.head = f
		w.over = w.over || f.Flags&h2test.EndStream != 0
	case http2.FrameData:
		w.got = append(w.got, f.Content()...)
		w.over = f.Flags&h2test.EndStream != 0
		n := len(f.Payload)
		if w.left[0] -= n; w.left[0] < 0 {
			w.t.Errorf("%d bytes too many on the connection", -w.left[0])
		}
		if w.left[f.Stream] -= n; w.left[f.Stream] < 0 {
			w.t.Errorf("%d bytes too many on stream %d", -w.left[f.Stream], f.Stream)
		}
		if n > 0 {
			w.grant(f.Stream, n)
		}
	}
	return f, nil
}

func (w *windowed) grant(stream uint32, n int) {
	w.left[0] += n
	w.left[stream] += n
	frames := []h2test.Frame{h2test.WindowUpdate(0, uint32(n))}
	if !w.over {
		frames = append(frames, h2test.WindowUpdate(stream, uint32(n)))
	}
	_ = w.write(frames...) // it may be gone
}

// write writes within a time of its own.
func (w *windowed) write(frames ...h2test.Frame) error {
	_ = w.Net.SetWriteDeadline(time.Now().Add(20 * time.Second))
	return w.Write(frames...)
}

// sendBody sends a body as windows let it.
func (w *windowed) sendBody(stream uint32, body []byte) {
	if _, ok := w.may[stream]; !ok {
		w.may[stream] = 65535
	}
	for {
		n := min(len(body), w.may[0], w.may[stream], 16<<10)
		if n > 0 || len(body) == 0 {
			f := h2test.Data(stream, string(body[:n]))
			if body = body[n:]; len(body) == 0 {
				f = f.End()
			}
			w.may[0] -= n
			w.may[stream] -= n
			if err := w.write(f); err != nil {
				w.t.Error(err)
				return
			}
			if len(body) == 0 {
				return
			}
			continue
		}
		if _, err := w.read(); err != nil {
			w.t.Errorf("%d bytes are left: %v", len(body), err)
			return
		}
	}
}

// until reads until something holds.
func (w *windowed) until(what string, is func() bool) {
	w.t.Helper()
	for !is() {
		if _, err := w.read(); err != nil {
			w.t.Fatalf("no %s: %v, after %d bytes", what, err, len(w.got))
		}
	}
}

func saysLength(body []byte) string { return "content-length: " + strconv.Itoa(len(body)) }

func zip(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close()
	return b.Bytes()
}

// Long bodies stream both ways, longer and shorter ones, coded ones and whole ones, within the windows of both peers.
func TestRulesStreamBodiesOverHTTP2(t *testing.T) {
	text := []byte(strings.Repeat("a cat sat, ", 60_000))
	random := make([]byte, 300_000)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(random)
	noisy := append(slices.Clone(random), text...)
	grown := bytes.ReplaceAll(text, []byte("cat"), []byte("tiger"))
	dogs := bytes.Repeat([]byte("dog"), 200_000)
	object := []byte(`{"a":1,"b":"` + strings.Repeat("x", 2<<20) + `"}`)
	long := []byte(`{"a":1,"b":"` + strings.Repeat("x", 9<<20) + `"}`)
	for what, c := range map[string]struct {
		rule       string
		body, want []byte
		head, then []string
		effects    flow.Effects
		why        flow.ReasonCode
	}{
		"longer": {replaces, text, grown, nil, nil, flow.EffectResponse, reason.RuleResponseBody},
		"length": {replaces, text, grown, []string{saysLength(text)}, nil, flow.EffectResponse, reason.RuleResponseBody},
		"shorter": {"[[rule]]\nresponse.body.replace=[{find='cat sat, ', with=''}]", text, bytes.Repeat([]byte("a "), 60_000), nil, nil,
			flow.EffectResponse, reason.RuleResponseBody},
		"nothing": {"[[rule]]\nresponse.body.replace=[{find='/[ac].?t/', with=''}]", dogs, dogs, nil, nil, 0, ""},
		"all gone": {"[[rule]]\nresponse.body.replace=[{find='a cat sat, ', with=''}]", text, nil, nil, nil,
			flow.EffectResponse, reason.RuleResponseBody},
		"gzip": {replaces, zip(noisy), bytes.ReplaceAll(noisy, []byte("cat"), []byte("tiger")), []string{"content-encoding: gzip"},
			[]string{"content-encoding: gzip"}, flow.EffectResponse, reason.RuleResponseBody},
		"whole": {sets, object, bytes.Replace(object, []byte("1"), []byte("22"), 1), nil, nil, flow.EffectResponse,
			reason.RuleResponseBody},
		"too long": {sets, long, long, []string{saysLength(long)}, []string{saysLength(long)}, flow.EffectFailed, reason.RuleFailed},
	} {
		for _, request := range []bool{false, true} {
			name := what + ", response"
			rule, effects, why := c.rule, c.effects, c.why
			if request {
				name, rule = what+", request", onRequests(rule)
				if effects == flow.EffectResponse {
					effects, why = flow.EffectRequest, reason.RuleRequestBody
				}
			}
			t.Run(name, func(t *testing.T) {
				route := ruledRoute(t, rule)
				client, origin := route.Started()
				from, to := newWindowed(t, origin), newWindowed(t, client)
				if request {
					from, to = to, from
					from.Send(from.Headers(1, on("POST", "/b", c.head...)...))
				} else {
					to.Send(to.Headers(1, on("GET", "/b")...).End())
					from.until("request", func() bool { return from.head.Stream == 1 })
					from.Send(from.Headers(1, append([]string{":status: 200"}, c.head...)...))
				}
				var both sync.WaitGroup
				both.Go(func() { from.sendBody(1, c.body) })
				to.until("end", func() bool { return to.over })
				both.Wait()
				got := to.got
				if what == "gzip" {
					z, err := gzip.NewReader(bytes.NewReader(got))
					if err == nil {
						got, err = io.ReadAll(z)
					}
					if err != nil {
						t.Error(err)
					}
				}
				if !bytes.Equal(got, c.want) {
					t.Errorf("%d bytes came, not %d: %.60q", len(got), len(c.want), got)
				}
				if got := h2test.Lines(to.head.Fields); !slices.Equal(got[len(got)-len(c.then):], c.then) ||
					len(c.then) == 0 && strings.Contains(strings.Join(got, " "), "content-length") {
					t.Error(got)
				}
				if request {
					to.Send(to.Headers(to.head.Stream, ":status: 204").End())
				}
				row, _, codes := finishedAt(route, "/b")
				if row.Effects != flow.EffectApplied|effects || why != "" && !slices.Contains(codes, why) || row.Failure != 0 {
					t.Errorf("%+v %v", row, codes)
				}
				if came := row.ResponseSize + row.RequestSize; came != int64(len(c.body)) {
					t.Errorf("%d of %d bytes in the row", came, len(c.body))
				}
			})
		}
	}
}

// Where nothing is found not one byte is another: frames, padding and trailer included.
func TestRulesThatFindNothingLeaveFramesOverHTTP2(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		route := ruledRoute(t, "[[rule]]\nresponse.body.replace=[{find='cat',with='x'},{find='/zz+y/',with='x'}]\n"+
			"request.body.replace=[{find='cat',with='x'}]")
		client, origin := route.Started()
		var want []h2test.Frame
		for range random.IntN(6) {
			f := h2test.Data(1, strings.Repeat("do", random.IntN(2000)))
			if random.IntN(2) == 0 {
				f = f.Pad(uint8(random.IntN(100)))
			}
			want = append(want, f)
		}
		trailer := random.IntN(2) == 0
		if !trailer && len(want) > 0 {
			want[len(want)-1] = want[len(want)-1].End()
		}
		pass := func(from, to *h2test.Peer, head ...string) {
			first := from.Headers(1, head...)
			if len(want) == 0 && !trailer {
				first = first.End()
			}
			from.Send(first)
			to.ExpectFields(1, head...)
			for _, f := range want {
				from.Send(f)
				to.Expect(f.String())
			}
			if trailer {
				from.Send(from.Headers(1, "t: 1").End())
				to.Expect("HEADERS 1 END_STREAM t: 1")
			}
		}
		pass(client, origin, on("POST", "/b")...)
		pass(origin, client, ":status: 200")
		if row, x, _ := finishedAt(route, "/b"); row.Effects&^flow.EffectFailed != flow.EffectApplied || // no body
			(row.Effects&flow.EffectFailed == 0) == (len(want) == 0 && !trailer) || x.Ruled.ResponseBody.State != flow.BodyNone {
			t.Errorf("%+v", row)
		}
		client.Close()
	}
}

// Events are changed as they come, and so is their head before them.
func TestRulesChangeEventsOverHTTP2(t *testing.T) {
	route := ruledRoute(t, replaces)
	client, origin := route.Started()
	client.Send(client.Headers(1, on("GET", "/b")...).End())
	origin.ExpectHead(1)
	origin.Send(origin.Headers(1, ":status: 200", "content-type: text/event-stream"))
	client.ExpectFields(1, ":status: 200", "content-type: text/event-stream")
	for range 3 {
		origin.Send(h2test.Data(1, "data: cat\n\n"))
		client.Expect(`DATA 1 "data: tiger\n\n"`)
	}
	origin.Send(h2test.Data(1, "ca"))
	origin.Send(h2test.Reset(1, http2.ErrCodeInternal))
	client.Expect(`DATA 1 "ca"`, "RST_STREAM 1 INTERNAL_ERROR")
	if row, _, _ := finishedAt(route, "/b"); row.Failure != flow.FailureTruncated || row.Effects != flow.EffectApplied|flow.EffectResponse {
		t.Errorf("%+v", row)
	}
}

// What a person has in place of a response is sent at once, and an origin that goes on is told to stop.
func TestRulesPlaceBodiesOfEndlessResponsesOverHTTP2(t *testing.T) {
	route := ruledRoute(t, places)
	client, origin := route.Started()
	client.Send(client.Headers(1, on("GET", "/b")...).End())
	origin.ExpectHead(1)
	origin.Send(origin.Headers(1, ":status: 200", "content-type: text/event-stream"), h2test.Data(1, "data: cat\n\n"))
	client.ExpectFields(1, ":status: 200", "content-type: text/event-stream")
	client.ExpectBody(1, "placed")
	origin.UntilReset(1, http2.ErrCodeCancel)
	origin.Send(h2test.Data(1, "data: cat\n\n"))
	if row, _, _ := finishedAt(route, "/b"); row.Failure != 0 || row.Effects != flow.EffectApplied|flow.EffectResponse {
		t.Errorf("%+v", row)
	}
	goesOn(client, origin)
}

// What is coded and breaks off, or is none, ends the stream.
func TestRulesOnBrokenCodingsOverHTTP2(t *testing.T) {
	coded := zip([]byte(strings.Repeat("a cat, ", 100)))
	for what, body := range map[string]string{"bad": string(coded[:20]) + "\xff\xff\xff", "cut": string(coded[:len(coded)-6])} {
		t.Run(what, func(t *testing.T) {
			route := ruledRoute(t, replaces)
			client, origin := route.Started()
			client.Send(client.Headers(1, on("GET", "/b")...).End())
			origin.ExpectHead(1)
			origin.Send(origin.Headers(1, ":status: 200", "content-encoding: gzip"), h2test.Data(1, body).End())
			f := client.Until("an end", func(f h2test.Frame) bool {
				return f.Type == http2.FrameRSTStream || f.Type == http2.FrameHeaders && f.Fields[0].Value == "502"
			})
			if f.Type == http2.FrameRSTStream && f.Code() != http2.ErrCodeInternal {
				t.Error(f)
			}
			if row, _, _ := finishedAt(route, "/b"); row.Failure != flow.FailureBadResponse || row.Reason.Code != reason.RuleFailed {
				t.Errorf("%+v", row)
			}
			goesOn(client, origin)
		})
	}
}

// A reader that grants nothing has its sender granted nothing, however long the rules make a body; other streams go on.
func TestRulesGrowWithinWindowsOverHTTP2(t *testing.T) {
	route := ruledRoute(t, "[[rule]]\nwhen='path:/b'\nresponse.body.replace=[{find='a',with='"+strings.Repeat("b", 1000)+"'}]")
	client, origin := route.Started()
	client.Quiet()
	client.Send(client.Headers(1, on("GET", "/b")...).End())
	origin.ExpectHead(1)
	origin.Send(origin.Headers(1, ":status: 200"))
	client.ExpectHead(1)
	for range 3 {
		origin.Send(h2test.Data(1, strings.Repeat("a", 16<<10)))
	}
	for got := 0; got < 65535; {
		got += len(client.Until("DATA", func(f h2test.Frame) bool { return f.Type == http2.FrameData }).Payload)
	}
	client.Send(h2test.WindowUpdate(0, 1000), client.Headers(3, on("GET", "/a")...).End())
	origin.ExpectHead(3)
	origin.Send(origin.Headers(3, ":status: 200"), h2test.Data(3, "ok").End())
	client.Until("the other", func(f h2test.Frame) bool { return f.Type == http2.FrameData && f.Stream == 3 })
	client.Send(h2test.WindowUpdate(1, 500))
	for left := 500; left > 0; {
		left -= len(client.Until("more", func(f h2test.Frame) bool { return f.Type == http2.FrameData && f.Stream == 1 }).Payload)
	}
	client.Send(h2test.Reset(1, http2.ErrCodeCancel))
	if row, _, codes := finishedAt(route, "/b"); row.Failure != flow.FailureClientGone || !slices.Contains(codes, reason.RuleResponseBody) {
		t.Errorf("%+v %v", row, codes)
	}
	goesOn(client, origin)
}

// A reader that lets much be sent, and takes nothing of what rules make longer, has its stream reset in the end.
func TestRulesHoldNoMoreThanTheyMayOverHTTP2(t *testing.T) {
	route := ruledRoute(t, "[[rule]]\nwhen='path:/b'\nresponse.body.replace=[{find='a',with='bb'}]")
	client, origin := route.Open()
	client.Start(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 30 << 20}).Quiet()
	origin.Start().Quiet()
	client.Send(h2test.WindowUpdate(0, 1<<20))
	client.Send(client.Headers(1, on("GET", "/b")...).End())
	origin.ExpectHead(1)
	origin.Send(origin.Headers(1, ":status: 200"))
	go func() {
		for range (12 << 20) / (16 << 10) {
			if origin.TrySend(h2test.Data(1, strings.Repeat("a", 16<<10))) != nil {
				return
			}
		}
	}()
	client.UntilReset(1, http2.ErrCodeInternal)
	if row, _, _ := finishedAt(route, "/b"); row.Failure != flow.FailureBadResponse && row.Failure != flow.FailureTruncated {
		t.Errorf("%+v", row)
	}
	goesOn(client, origin)
}
