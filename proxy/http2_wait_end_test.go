package proxy

import (
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	wire "posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// A client that resets what waits ends the row, which says what rules did.
func TestHTTP2ClientResetsWhatWaits(t *testing.T) {
	for _, path := range []string{"/wait", "/late"} {
		r, client, origin := waiting(t)
		toClient, toOrigin := client.frames(), origin.frames()
		client.head(t, 1, false, asked("POST", path)...)
		if path == "/late" {
			until(t, toOrigin, "HEADERS 1 POST/late")
			origin.head(t, 1, true, ":status", "200")
		}
		must(t, client.WriteData(1, false, []byte("body")))
		r.waits(t, 1)
		must(t, client.WriteRSTStream(1, http2.ErrCodeCancel))
		row := r.row(t, path)
		if row.Failure != flow.FailureClientGone || row.Effects != flow.EffectApplied|flow.EffectDelayed {
			t.Errorf("%+v", row)
		}
		client.head(t, 3, true, asked("GET", "/b")...)
		until(t, toOrigin, "HEADERS 3 GET/b") // the origin never knew of the other, or knows that it has ended
		origin.head(t, 3, true, ":status", "204")
		until(t, toClient, "HEADERS 3 204")
	}
}

// A client that leaves ends what waits, and the rows say what rules did.
func TestHTTP2ClientLeavesWhatWaits(t *testing.T) {
	r, client, origin := openedWithRules(t, waitingRules+"[[rule]]\nwhen='path:/own'\nanswer.text='hi'\ndelay.request='9m'")
	_, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/wait")...)
	client.head(t, 3, true, asked("GET", "/late")...)
	client.head(t, 5, true, asked("GET", "/own")...)
	until(t, toOrigin, "HEADERS 3 GET/late")
	origin.head(t, 3, true, ":status", "200")
	r.waits(t, 1)
	r.waits(t, 3)
	r.waits(t, 5)
	_ = client.Close()
	r.wait(t)
	for _, path := range []string{"/wait", "/late", "/own"} {
		row := r.row(t, path)
		if row.Failure != flow.FailureClientGone || row.Effects != flow.EffectApplied|flow.EffectDelayed {
			t.Errorf("%s: %+v", path, row)
		}
	}
}

// GOAWAY while requests wait: the client may send them again, and what passed goes on.
func TestHTTP2GoAwayWhileItWaits(t *testing.T) {
	r, client, origin := waiting(t)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/wait")...)
	client.head(t, 3, true, asked("GET", "/a")...)
	client.head(t, 5, true, asked("GET", "/wait")...)
	until(t, toOrigin, "HEADERS 3 GET/a")
	r.proceed(t, 1, nil)
	until(t, toOrigin, "HEADERS 5 GET/wait")
	client.head(t, 7, true, asked("GET", "/c")...)
	until(t, toOrigin, "HEADERS 7 GET/c")
	client.head(t, 9, true, asked("GET", "/d")...)
	until(t, toOrigin, "HEADERS 9 GET/d")
	must(t, origin.WriteGoAway(7, http2.ErrCodeNo, nil)) // the client's 1, 3 and 7, but not 5 and 9
	for _, want := range []string{"GOAWAY 7 NO_ERROR", "RST_STREAM 5 REFUSED_STREAM"} {
		if got := <-toClient; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	must(t, origin.WriteGoAway(5, http2.ErrCodeNo, nil))
	for _, want := range []string{"GOAWAY 3 NO_ERROR"} {
		if got := <-toClient; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	origin.head(t, 5, true, ":status", "204")
	until(t, toClient, "HEADERS 1 204")
	client.head(t, 11, true, asked("GET", "/e")...)
	until(t, toClient, "RST_STREAM 11 REFUSED_STREAM")
}

// An origin that ends takes no request with it that it was not asked, and none of its responses.
func TestHTTP2OriginEndsWhileItWaits(t *testing.T) {
	r, client, origin := waiting(t)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/wait")...)
	client.head(t, 3, true, asked("GET", "/late")...)
	until(t, toOrigin, "HEADERS 3 GET/late")
	origin.head(t, 3, false, ":status", "200")
	must(t, origin.WriteData(3, true, []byte("all")))
	r.waits(t, 1)
	r.waits(t, 3)
	_ = origin.Close()
	until(t, toClient, "DATA 3 3 END")
	until(t, toClient, "RST_STREAM 1 REFUSED_STREAM")
	row := r.row(t, "/late")
	if row.Failure != 0 || row.Status != 200 || row.Effects != flow.EffectApplied|flow.EffectDelayed|flow.EffectFailed {
		t.Errorf("%+v", row)
	}
	if row := r.row(t, "/wait"); row.Failure != flow.FailureOriginClosed || row.Reason.Code != reason.H2AskAgain {
		t.Errorf("%+v", row)
	}
}

// No number is left: the request is refused, and may be asked again on another connection.
func TestHTTP2NumbersEnd(t *testing.T) {
	r, client, origin := waiting(t)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/wait")...)
	client.head(t, wire.MaxStream, true, asked("GET", "/b")...)
	until(t, toOrigin, "HEADERS 2147483647 GET/b")
	r.proceed(t, 1, nil)
	until(t, toClient, "RST_STREAM 1 REFUSED_STREAM")
	origin.head(t, wire.MaxStream, true, ":status", "204")
	until(t, toClient, "HEADERS 2147483647 204")
	if row := r.row(t, "/wait"); row.Reason.Code != reason.H2Ending {
		t.Errorf("%+v", row)
	}
}
