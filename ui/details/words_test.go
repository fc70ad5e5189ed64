package details

import (
	"strings"
	"testing"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/style"
	"posthouse/ui/words"
)

// A stream whose client left has ended as streams do; an answer that its client cut
// is told apart from one that the origin did not give.
func TestWhatTheClientEndedIsNoFailureOfTheOrigin(t *testing.T) {
	left := flow.Row{ID: 1, Kind: flow.KindHTTP, Phase: flow.PhaseFailed, Failure: flow.FailureClientGone, Status: 200, ResponseSize: 100}
	for _, c := range []struct {
		contentType    string
		status         int
		failure        flow.Failure
		cell, phase    string
		failed, origin bool
	}{
		{"text/event-stream", 200, flow.FailureClientGone, "200", "Ended by the client", false, false},
		{"Text/Event-Stream; charset=utf-8", 200, flow.FailureClientGone, "200", "Ended by the client", false, false},
		{"multipart/x-mixed-replace; boundary=x", 200, flow.FailureClientGone, "200", "Ended by the client", false, false},
		{"application/zip", 200, flow.FailureClientGone, "× 200", "Cut by the client", true, false},
		{"text/event-stream", 200, flow.FailureTruncated, "× 200", "Failed", true, true},
		{"", 0, flow.FailureClientGone, "× failed", "Failed", true, false},
	} {
		r := left
		r.ContentType, r.Status, r.Failure = c.contentType, c.status, c.failure
		if cell, phase := words.StatusText(&r, time.Now()), words.PhaseText(&r); cell != c.cell || phase != c.phase {
			t.Errorf("%q, %v: %q, %q", c.contentType, c.failure, cell, phase)
		}
		origin := style.StatusColor(&r) == style.ThemeColor(style.ColorServerFault)
		if origin != c.origin {
			t.Errorf("%q, %v: shown as the origin's fault: %v", c.contentType, c.failure, origin)
		}
		if q, err := query.Parse("is:failed"); err != nil || q.Match(&r) != c.failed {
			t.Errorf("%q, %v: is:failed finds it: %v", c.contentType, c.failure, !c.failed)
		}
		box := newFailureBox()
		if box.show(&r); box.object.Visible() != c.failed {
			t.Errorf("%q, %v: said to have failed: %v", c.contentType, c.failure, !c.failed)
		}
	}
}

// The messages of a WebSocket are never kept, recording or not.
func TestTheContentOfAWebSocketIsSaidToBeNeverKept(t *testing.T) {
	x := &flow.Exchange{Row: flow.Row{Kind: flow.KindUpgraded, Phase: flow.PhaseDone},
		ResponseBody: flow.Body{State: flow.BodyNotRecorded, Size: 77}}
	said := append(overviewNotes(x), document.Prepare(t.Context(), MessageOf(x, true).source(), document.Choice{}).Notices[0].Text())
	if len(said) != 2 {
		t.Fatalf("%q", said)
	}
	for _, words := range said {
		if !strings.Contains(words, "never kept") || strings.Contains(words, "recording") {
			t.Errorf("it says %q", words)
		}
	}
	x.Kind = flow.KindHTTP
	if said := overviewNotes(x); len(said) != 1 || !strings.Contains(said[0], "recording was off") {
		t.Errorf("of a request it says %q", said)
	}
}
