package proxy_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// A stream keeps to the streams that the origin takes, and the next goes on when one has ended; whatever order that is in.
func TestRulesSendStreamsAsTheOriginTakesThem(t *testing.T) {
	e := newElsewhere(t)
	route := toGRPC(t, e, "")
	client, origin := route.Started()
	client.Send(client.Headers(1, calls("/x")...))
	other := e.accept().Start(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 1})
	other.ExpectHead(1)
	other.StillThere()
	for stream := uint32(3); stream < 11; stream += 2 {
		client.Send(client.Headers(stream, calls("/x")...).End())
	}
	client.Send(h2test.Reset(5, http2.ErrCodeCancel)) // while it waits
	goneRow, _, _ := finishedAt(route, "/x")
	if goneRow.Failure != flow.FailureClientGone || goneRow.Remote.IsValid() {
		t.Errorf("%+v", goneRow)
	}
	client.Send(h2test.Data(1, "").End())
	other.Expect(`DATA 1 END_STREAM ""`)
	for i := uint32(1); i < 8; i += 2 { // one after the other
		other.Send(other.Headers(i, ":status: 200").End())
		client.Until("an answer", func(f h2test.Frame) bool { return f.Type == http2.FrameHeaders })
		if i < 7 {
			other.ExpectHead(i + 2)
		}
	}
	goesOn(client, origin)
}

// A client that takes nothing of one answer has others go on, and its origin wait; one that does not wait is closed.
func TestRulesSendStreamsWithinWindows(t *testing.T) {
	e := newElsewhere(t)
	route := toGRPC(t, e, "")
	client, origin := route.Open()
	client.Start(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 10})
	origin.Start()
	client.Send(client.Headers(1, calls("/x?1")...).End())
	other := e.accept().Start()
	other.ExpectHead(1)
	piece := strings.Repeat("x", 16<<10)
	other.Send(other.Headers(1, ":status: 200"))
	for range 16 { // its whole window
		other.Send(h2test.Data(1, piece))
	}
	client.ExpectHead(1, ":status: 200")
	client.Expect(`DATA 1 "xxxxxxxxxx"`)
	client.Send(client.Headers(3, calls("/x?2")...).End())
	other.ExpectHead(3)
	other.Send(other.Headers(3, ":status: 200"), h2test.Data(3, "ok").End())
	client.ExpectHead(3, ":status: 200")
	client.Expect(`DATA 3 END_STREAM "ok"`)
	client.Send(h2test.WindowUpdate(1, 100<<10), h2test.WindowUpdate(0, 1<<20))
	other.KeepHouse()
	got := 10
	for got < 100<<10 {
		f := client.Next()
		if f.Type != http2.FrameData || f.Stream != 1 {
			t.Fatal(f)
		}
		got += len(f.Content())
	}
	for range 30 { // more than was granted, and more than is held
		if other.TrySend(h2test.Data(1, piece)) != nil {
			break
		}
	}
	row, _, _ := finishedAt(route, "/x?1")
	if row.Failure != flow.FailureBadResponse || row.Reason.Code != reason.H2Malformed {
		t.Errorf("%+v", row)
	}
	client.Send(h2test.WindowUpdate(1, 1<<20))
	client.UntilReset(1, http2.ErrCodeInternal)
	goesOn(client, origin)
}

// An origin that asks for more answers than are held, and one that pushes, lose their connection; the client's goes on.
func TestRulesSendStreamsToHostileOrigins(t *testing.T) {
	for what, bad := range map[string]func(other *h2test.Peer){
		"pushes": func(other *h2test.Peer) {
			block := other.Headers(2, on("GET", "/p")...)
			block.Type, block.Stream, block.Payload = http2.FramePushPromise, 1, append([]byte{0, 0, 0, 2}, block.Payload...)
			_ = other.TrySend(block)
		},
		"is none": func(other *h2test.Peer) { other.SendBytes([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) },
		"has a head without end": func(other *h2test.Peer) {
			for range 200 {
				frame := h2test.Continuation(1, []byte(strings.Repeat("x", 16<<10)))
				if other.TrySend(frame) != nil {
					return
				}
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			e := newElsewhere(t)
			route := toGRPC(t, e, "")
			client, origin := route.Started()
			client.Send(client.Headers(1, calls("/x")...).End())
			other := e.accept().Quiet()
			other.ExpectPreface()
			other.Until("the request", func(f h2test.Frame) bool { return f.Type == http2.FrameHeaders }) // else it is asked anew
			if what != "is none" {
				other.Send(h2test.Settings())
			}
			if strings.HasPrefix(what, "has a head") {
				other.Send(h2test.Frame{Type: http2.FrameHeaders, Stream: 1, Payload: []byte{0x88}})
			}
			bad(other)
			client.Until("an end", func(f h2test.Frame) bool { return f.Stream == 1 })
			if row, _, _ := finishedAt(route, "/x"); row.Failure != flow.FailureBadResponse {
				t.Errorf("%+v", row)
			}
			goesOn(client, origin)
		})
	}
}

// There are as many places as that at a time; one that nothing uses gives way.
func TestRulesSendStreamsToManyPlaces(t *testing.T) {
	const places = 16
	text := ""
	var all []*elsewhere
	for i := range places + 1 {
		e := newElsewhere(t)
		all = append(all, e)
		text += e.rule(fmt.Sprintf("/x%02d", i))
	}
	route := ruledRoute(t, text)
	client, origin := route.Started()
	peers := make([]*h2test.Peer, places)
	for i := range places {
		client.Send(client.Headers(uint32(1+2*i), calls(fmt.Sprintf("/x%02d", i))...).End())
		peers[i] = all[i].accept().Start()
		peers[i].ExpectHead(1)
	}
	client.Send(client.Headers(101, calls("/x16")...).End())
	client.UntilReset(101, http2.ErrCodeRefusedStream)
	if row, _, _ := finishedAt(route, "/x16"); row.Failure != flow.FailureLimit || row.Reason.Code != reason.RuleDetourMany {
		t.Errorf("%+v", row)
	}
	peers[3].Send(peers[3].Headers(1, ":status: 200").End())
	client.ExpectHead(7, ":status: 200")
	client.Send(client.Headers(103, calls("/x16")...).End())
	last := all[places].accept().Start()
	last.ExpectHead(1)
	peers[3].UntilGone()
	last.Send(last.Headers(1, ":status: 200").End())
	client.ExpectHead(103, ":status: 200")
	goesOn(client, origin)
}
