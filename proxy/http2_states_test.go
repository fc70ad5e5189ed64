package proxy

import (
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// Every frame in every state, as http2_states.md has it.
func TestHTTP2States(t *testing.T) {
	text, err := os.ReadFile("http2_states.md")
	must(t, err)
	var events []string
	cells := 0
	for line := range strings.Lines(string(text)) {
		row := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(row) < 2 || strings.HasPrefix(row[0], "-") {
			continue
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		if events == nil {
			events = row
			continue
		}
		for i, want := range row[1:] {
			cells++
			t.Run(row[0]+"/"+events[i+1], func(t *testing.T) { walkState(t, row[0], events[i+1], want) })
		}
	}
	if cells != 40 {
		t.Errorf("%d cells", cells)
	}
}

func walkState(t *testing.T, state, event, want string) {
	var settings []http2.Setting
	if state == "own" {
		settings = []http2.Setting{{ID: http2.SettingInitialWindowSize}}
	}
	r, client, origin := openedWithRules(t, waitingRules, settings...)
	toClient, toOrigin := client.frames(), origin.frames()
	r.bring(t, state, client, origin, toClient, toOrigin)
	h := r.conn.http2.Load()
	if got := h.stateOf(1); got != state && (got != "closed" || state != "reset") {
		t.Fatalf("begins %s", got)
	}
	ofOrigin := false
	switch event {
	case "client ends":
		must(t, client.WriteData(1, true, []byte("x")))
	case "client resets":
		must(t, client.WriteRSTStream(1, http2.ErrCodeCancel))
	case "client sends a head":
		client.head(t, 1, false, asked("GET", "/")...)
	case "origin ends":
		ofOrigin = true
		must(t, origin.WriteData(1, true, []byte("x")))
	case "origin resets":
		ofOrigin = true
		must(t, origin.WriteRSTStream(1, http2.ErrCodeCancel))
	default:
		t.Fatal("unknown")
	}
	got := "gone"
	if ofOrigin {
		_ = origin.WritePing(false, [8]byte{9}) // it may be gone
		if passed(t, toClient, "PING") {
			got = h.stateOf(1)
		}
	} else {
		_ = client.WritePing(false, [8]byte{9})
		if passed(t, toOrigin, "PING") {
			got = h.stateOf(1)
		}
	}
	if got != want {
		t.Errorf("is %s then, want %s", got, want)
	}
}

// bring brings stream 1 into a state.
func (r *relayed) bring(t *testing.T, state string, client, origin *peer, toClient, toOrigin <-chan string) {
	if state == "own" {
		client.head(t, 1, false, asked("GET", "/", "te", "gzip")...)
		until(t, toClient, "HEADERS 1 400")
		return
	}
	if state == "waits" || state == "held" {
		path := map[string]string{"waits": "/wait", "held": "/late"}[state]
		client.head(t, 1, false, asked("POST", path)...)
		if state == "held" {
			until(t, toOrigin, "HEADERS 1 POST/late")
			origin.head(t, 1, false, ":status", "200")
		}
		r.waits(t, 1)
		return
	}
	client.head(t, 1, state == "asked" || state == "closed", asked("POST", "/")...)
	until(t, toOrigin, "HEADERS 1 POST/")
	origin.head(t, 1, state == "answered" || state == "closed", ":status", "200")
	until(t, toClient, "HEADERS 1 200")
	if state == "reset" {
		must(t, origin.WriteRSTStream(1, http2.ErrCodeNo))
		until(t, toClient, "RST_STREAM 1 NO_ERROR")
	}
}

// passed reports whether a frame comes before the connection ends.
func passed(t *testing.T, frames <-chan string, want string) bool {
	for {
		select {
		case f, ok := <-frames:
			if !ok || f == want {
				return ok
			}
		case <-time.After(10 * time.Second):
			t.Fatal("neither a frame nor an end")
		}
	}
}

// stateOf is the state of a stream by its name in http2_states.md.
func (c *http2Conn) stateOf(stream uint32) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.streams[stream]
	switch {
	case x == nil:
		return "closed"
	case x.own:
		return "own"
	case x.up.waits(x):
		return "waits"
	case x.down.waits(x):
		return "held"
	case x.clientEnded:
		return "asked"
	case x.originEnded:
		return "answered"
	}
	return "open"
}
