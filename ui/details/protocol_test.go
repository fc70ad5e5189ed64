package details

import (
	"testing"

	"posthouse/proxy/flow"
)

func TestWhatIsHTTP2sOwn(t *testing.T) {
	x := &flow.Exchange{Row: flow.Row{Proto: "HTTP/2.0"}, HTTP2: flow.HTTP2{Stream: 5, Priority: "1:0:256"}}
	if got := protocolText(x); got != "HTTP/2, stream 5" {
		t.Errorf("%q", got)
	}
	if got := priorityText(x.HTTP2.Priority); got != "weight 256, depends on stream 0, exclusively" {
		t.Errorf("%q", got)
	}
	if got := priorityText("0:3:16"); got != "weight 16, depends on stream 3" {
		t.Errorf("%q", got)
	}
	if got := priorityText("u=1, i\x1b"); got != "u=1, i‹ESC›" {
		t.Errorf("of a PRIORITY_UPDATE frame: %q", got)
	}
	if got := protocolText(&flow.Exchange{Row: flow.Row{Proto: "HTTP/1.1"}}) + priorityText(""); got != "HTTP/1.1" {
		t.Errorf("%q", got)
	}
}
