package proxy

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/reason"
)

// sleeping is a relay whose rules need a disk that sleeps.
func sleeping(tb testing.TB, patience time.Duration) (r *relayed, client, origin *peer, disk *SleepingDisk) {
	tb.Helper()
	r, client, origin = opened(tb, Config{Rules: diskSet(tb, "")})
	return r, client, origin, r.srv.SleepDisk(tb, patience)
}

// othersGoOn asks the origin for something, and a rule for what needs no disk.
func othersGoOn(tb testing.TB, client, origin *peer, toClient, toOrigin <-chan string, stream uint32) {
	tb.Helper()
	client.head(tb, stream, true, asked("GET", "/b")...)
	until(tb, toOrigin, "HEADERS "+number(stream)+" GET/b")
	origin.head(tb, stream, true, ":status", "204")
	until(tb, toClient, "HEADERS "+number(stream)+" 204")
	client.head(tb, stream+2, true, asked("GET", "/text")...)
	until(tb, toClient, "DATA "+number(stream+2)+" 2 END")
}

// didOf are the codes of what rules did to the request for a path, as the row has them.
func (r *relayed) didOf(tb testing.TB, path string) (row flow.Row, did []flow.Reason) {
	tb.Helper()
	row = r.row(tb, path)
	x, ok := r.srv.store.Get(row.ID)
	if !ok {
		tb.Fatal("it is gone")
	}
	return row, x.Ruled.Did
}

// A disk that sleeps keeps the streams that need it and no other. What goes on to the origin then gets the next free
// number, with all that came behind its head.
func TestHTTP2ASlowDiskKeepsNoOtherStream(t *testing.T) {
	r, client, origin, disk := sleeping(t, 0)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/gone")...)
	must(t, client.WriteData(1, false, []byte("ab")))
	must(t, client.WriteWindowUpdate(1, 77))
	client.head(t, 3, true, asked("GET", "/here")...)
	disk.Begun(2)
	othersGoOn(t, client, origin, toClient, toOrigin, 5)
	disk.Wake()
	for _, want := range []string{"HEADERS 7 POST/gone", "WINDOW_UPDATE 7 77", "DATA 7 2"} {
		if got := <-toOrigin; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	until(t, toClient, "HEADERS 3 200")
	until(t, toClient, "DATA 3 4 END")
	must(t, client.WriteData(1, false, []byte("abc")))
	client.head(t, 1, true, "trailer", "1")
	until(t, toOrigin, "DATA 7 3")
	until(t, toOrigin, "HEADERS 7 ")
	origin.head(t, 7, true, ":status", "201")
	until(t, toClient, "HEADERS 1 201")
	row, did := r.didOf(t, "/gone")
	if row.Effects != flow.EffectApplied|flow.EffectFailed|flow.EffectRequest || len(did) != 2 || row.RequestSize != 5 {
		t.Errorf("%+v %v", row, did)
	}
	if row, did := r.didOf(t, "/here"); row.Effects != flow.EffectApplied|flow.EffectAnswered || len(did) != 1 {
		t.Errorf("%+v %v", row, did)
	}
}

// All of a request may have come before it is known what becomes of it.
func TestHTTP2WholeRequestsWaitForADisk(t *testing.T) {
	r, client, origin, disk := sleeping(t, 0)
	toClient, toOrigin := client.frames(), origin.frames()
	for i, path := range []string{"/gone", "/here"} {
		stream := uint32(2*i + 1)
		client.head(t, stream, false, asked("POST", path)...)
		must(t, client.WriteData(stream, false, []byte("body")))
		client.head(t, stream, true, "trailer", "1")
	}
	disk.Begun(2)
	othersGoOn(t, client, origin, toClient, toOrigin, 5)
	disk.Wake()
	until(t, toOrigin, "HEADERS 7 POST/gone")
	until(t, toOrigin, "DATA 7 4")
	until(t, toOrigin, "HEADERS 7 ")
	origin.head(t, 7, true, ":status", "204")
	until(t, toClient, "DATA 3 4 END")
	if row := r.row(t, "/here"); row.RequestSize != 4 || row.Failure != 0 {
		t.Errorf("%+v", row)
	}
	if row := r.row(t, "/gone"); row.RequestSize != 4 || row.Failure != 0 {
		t.Errorf("%+v", row)
	}
}

// A client that resets what waits, or leaves, does not wait for the disk.
func TestHTTP2ClientsDoNotWaitForADisk(t *testing.T) {
	r, client, origin, disk := sleeping(t, 0)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/gone")...)
	must(t, client.WriteData(1, false, []byte("body")))
	disk.Begun(1)
	must(t, client.WriteRSTStream(1, http2.ErrCodeCancel))
	if row := r.row(t, "/gone"); row.Failure != flow.FailureClientGone {
		t.Errorf("%+v", row)
	}
	othersGoOn(t, client, origin, toClient, toOrigin, 3)
	for i, path := range []string{"/here", "/kept", "/both"} { // of which one is looked up
		client.head(t, uint32(2*i+7), true, asked("GET", path)...)
	}
	disk.Begun(3)
	client.head(t, 13, true, asked("GET", "/place")...)
	until(t, toOrigin, "HEADERS 13 GET/place")
	origin.head(t, 13, true, ":status", "200")
	disk.Begun(1)
	_ = client.Close()
	r.wait(t)
	for _, path := range []string{"/here", "/kept", "/both", "/place"} {
		if row := r.row(t, path); row.Failure != flow.FailureClientGone {
			t.Errorf("%+v", row)
		}
	}
	if busy, turns := r.srv.Looks(); busy != 5 || turns != 0 {
		t.Errorf("%d looks, %d wait", busy, turns)
	}
}

// GOAWAY, and an origin that ends: what waits may be asked again.
func TestHTTP2OriginsEndWhileADiskSleeps(t *testing.T) {
	for _, ends := range []string{"GOAWAY", "the end"} {
		t.Run(ends, func(t *testing.T) {
			r, client, origin, disk := sleeping(t, 0)
			toClient, toOrigin := client.frames(), origin.frames()
			othersGoOn(t, client, origin, toClient, toOrigin, 1)
			client.head(t, 5, false, asked("POST", "/gone")...)
			must(t, client.WriteData(5, false, []byte("body")))
			disk.Begun(1)
			client.head(t, 7, true, asked("GET", "/b")...)
			until(t, toOrigin, "HEADERS 7 GET/b")
			if ends == "GOAWAY" {
				must(t, origin.WriteGoAway(7, http2.ErrCodeNo, nil))
			} else {
				_ = origin.Close()
			}
			until(t, toClient, "RST_STREAM 5 REFUSED_STREAM")
			if row := r.row(t, "/gone"); row.Failure != flow.FailureOriginClosed {
				t.Errorf("%+v", row)
			}
			disk.Wake()
			_ = client.Close()
			r.wait(t)
		})
	}
}

// So much is held behind heads that wait for a disk: a stream with more is refused, and others go on.
func TestHTTP2HoldsSoMuchForADisk(t *testing.T) {
	r, client, origin, disk := sleeping(t, 0)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/gone")...)
	client.head(t, 3, false, asked("POST", "/gone/2")...)
	disk.Begun(2)
	must(t, client.WriteData(3, false, []byte("kept")))
	piece := make([]byte, 16_000)
	for sent := 0; sent <= http2HoldBodies; sent += len(piece) {
		must(t, client.WriteData(1, false, piece))
	}
	until(t, toClient, "RST_STREAM 1 REFUSED_STREAM")
	if row := r.row(t, "/gone"); row.Failure != flow.FailureLimit || row.Reason.Code != reason.H2HeldMany {
		t.Errorf("%+v", row)
	}
	othersGoOn(t, client, origin, toClient, toOrigin, 5)
	disk.Wake()
	until(t, toOrigin, "HEADERS 7 POST/gone/2")
	until(t, toOrigin, "DATA 7 4")
}

// So many heads are held: the next request is refused.
func TestHTTP2HoldsSoManyHeadsForADisk(t *testing.T) {
	r, client, origin, disk := sleeping(t, 0)
	toClient, toOrigin := client.frames(), origin.frames()
	long := []string{"a", strings.Repeat("a", 15_000)}
	stream, most := uint32(1), http2HoldHeads/15_000+2
	for range most {
		client.head(t, stream, true, asked("GET", "/gone", long...)...)
		stream += 2
	}
	disk.Begun(diskLooks)
	until(t, toClient, "RST_STREAM "+number(stream-2)+" REFUSED_STREAM")
	othersGoOn(t, client, origin, toClient, toOrigin, stream)
	_ = client.Close()
	r.wait(t)
}

// So many look at a disk at once, whatever asks; more wait for their turn, which who leaves gives up.
func TestHTTP2StreamsWaitForTheirTurn(t *testing.T) {
	r, client, origin, disk := sleeping(t, 0)
	toClient, toOrigin := client.frames(), origin.frames()
	const more = 8
	stream := uint32(1)
	for range diskLooks + more {
		client.head(t, stream, true, asked("GET", "/here")...)
		stream += 2
	}
	disk.Begun(diskLooks)
	othersGoOn(t, client, origin, toClient, toOrigin, stream)
	if busy, turns := r.srv.Looks(); busy != diskLooks || turns != more {
		t.Errorf("%d looks, %d wait", busy, turns)
	}
	must(t, client.WriteRSTStream(2*diskLooks+1, http2.ErrCodeCancel)) // the first that waits
	othersGoOn(t, client, origin, toClient, toOrigin, stream+4)
	if busy, turns := r.srv.Looks(); busy != diskLooks || turns != more-1 {
		t.Errorf("%d looks, %d wait", busy, turns)
	}
	disk.Wake()
	answered := 0
	for answered < diskLooks+more-1 {
		if f := <-toClient; strings.HasSuffix(f, " 4 END") {
			answered++
		}
	}
}

// A disk that has not answered in time: the request goes on, or is answered with why, and the row says so.
func TestHTTP2DisksHaveTheirTime(t *testing.T) {
	r, client, origin, disk := sleeping(t, 300*time.Millisecond)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/here")...)
	until(t, toOrigin, "HEADERS 1 GET/here")
	origin.head(t, 1, true, ":status", "204")
	client.head(t, 3, true, asked("GET", "/kept")...)
	until(t, toClient, "HEADERS 3 500")
	client.head(t, 5, true, asked("GET", "/place")...)
	until(t, toOrigin, "HEADERS 5 GET/place")
	origin.head(t, 5, false, ":status", "200")
	must(t, origin.WriteData(5, true, []byte("came")))
	until(t, toClient, "HEADERS 5 200")
	until(t, toClient, "DATA 5 4 END")
	for path, effects := range map[string]flow.Effects{"/here": flow.EffectFailed, "/kept": flow.EffectFailed | flow.EffectAnswered,
		"/place": flow.EffectFailed} {
		row, did := r.didOf(t, path)
		if row.Effects != flow.EffectApplied|effects || len(did) != 1 || did[0].Code != reason.RuleFailed ||
			!strings.Contains(reason.English(did[0]), "here.txt cannot be used: the disk has not answered within 300ms") {
			t.Errorf("%s: %v %v", path, row.Effects, did)
		}
	}
	disk.Wake() // what comes now is dropped
	eventually.Holds(t, "all looks have ended", func() bool {
		busy, _ := r.srv.Looks()
		return busy == 0
	})
	client.head(t, 7, true, asked("GET", "/here")...)
	until(t, toClient, "DATA 7 4 END")
}

// A file is read beside what sends other answers.
func TestHTTP2PiecesOfAFileKeepNoOtherAnswer(t *testing.T) {
	r, client, origin := opened(t, Config{Rules: diskSet(t, "[[rule]]\nwhen='path:/page'\nanswer.text='"+
		strings.Repeat("p", 100_000)+"'")})
	disk := r.srv.SleepDisk(t, 0)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/long")...)
	disk.Answer(1) // what is answered; its first piece sleeps
	until(t, toClient, "HEADERS 1 200")
	disk.Begun(1)
	client.head(t, 3, true, asked("GET", "/page")...)
	until(t, toClient, "HEADERS 3 200")
	for got := 0; got < http2DefaultWindow; got += dataOf(t, <-toClient, "DATA 3 ") {
	}
	must(t, client.WriteWindowUpdate(0, 1<<20))
	must(t, client.WriteWindowUpdate(3, 1<<20))
	for got := http2DefaultWindow; got < 100_000; got += dataOf(t, <-toClient, "DATA 3 ") {
	}
	must(t, client.WriteWindowUpdate(1, 1<<20))
	othersGoOn(t, client, origin, toClient, toOrigin, 5)
	disk.Wake()
	for got := 0; got < longFile; got += dataOf(t, <-toClient, "DATA 1 ") {
	}
	if row := r.row(t, "/long"); row.ResponseSize != longFile || row.Failure != 0 {
		t.Errorf("%+v", row)
	}
}

// dataOf is how much content a frame has that begins so; others have none.
func dataOf(tb testing.TB, frame, begin string) (n int) {
	tb.Helper()
	rest, is := strings.CutPrefix(frame, begin)
	if !is {
		return 0
	}
	for _, r := range strings.TrimSuffix(rest, " END") {
		n = 10*n + int(r-'0')
	}
	return n
}

// A piece that does not come in time breaks the answer off.
func TestHTTP2PiecesOfAFileHaveTheirTime(t *testing.T) {
	r, client, origin, disk := sleeping(t, 500*time.Millisecond)
	toClient, _ := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/long")...)
	disk.Answer(2)
	until(t, toClient, "HEADERS 1 200")
	must(t, client.WriteWindowUpdate(0, 1<<20))
	must(t, client.WriteWindowUpdate(1, 1<<20))
	until(t, toClient, "RST_STREAM 1 INTERNAL_ERROR")
	row := r.row(t, "/long")
	if row.Failure != flow.FailureTruncated || row.ResponseSize == 0 || row.ResponseSize >= longFile ||
		!strings.Contains(reason.English(row.Reason), "the disk has not answered within 500ms") {
		t.Errorf("%+v", row)
	}
}

// A file that takes the place of a body keeps that body alone, however much of it comes.
func TestHTTP2FilesForBodiesKeepNoOtherStream(t *testing.T) {
	r, client, origin, disk := sleeping(t, 0)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/place")...)
	until(t, toOrigin, "HEADERS 1 GET/place")
	origin.head(t, 1, false, ":status", "200")
	client.head(t, 3, false, asked("POST", "/put")...)
	disk.Begun(2)
	piece := make([]byte, 16_000)
	for sent := 0; sent <= 2*http2Behind; sent += len(piece) {
		must(t, origin.WriteData(1, false, piece))
		must(t, client.WriteData(3, false, piece))
	}
	othersGoOn(t, client, origin, toClient, toOrigin, 5)
	disk.Wake()
	until(t, toClient, "HEADERS 1 200")
	until(t, toClient, "DATA 1 4")
	must(t, client.WriteData(3, true, piece))
	until(t, toOrigin, "HEADERS 7 POST/put")
	until(t, toOrigin, "DATA 7 4")
	origin.head(t, 7, true, ":status", "204")
	if row := r.row(t, "/put"); row.Failure != 0 || row.Effects != flow.EffectApplied|flow.EffectRequest {
		t.Errorf("%+v", row)
	}
}

// What a rule answers with a text, and another puts a file in the place of that, waits for the disk likewise.
func TestHTTP2FilesForAnswersKeepNoOtherStream(t *testing.T) {
	r, client, origin, disk := sleeping(t, 0)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/both")...)
	disk.Begun(1)
	othersGoOn(t, client, origin, toClient, toOrigin, 3)
	disk.Wake()
	until(t, toClient, "HEADERS 1 200")
	until(t, toClient, "DATA 1 4 END")
	if row := r.row(t, "/both"); row.Effects != flow.EffectApplied|flow.EffectAnswered|flow.EffectResponse {
		t.Errorf("%+v", row)
	}
}

// What rules do besides is done when it is known: a delay, and what they do to the body that came meanwhile.
func TestHTTP2RulesGoOnBehindADisk(t *testing.T) {
	r, client, origin := opened(t, Config{Rules: diskSet(t, `[[rule]]
when = "path:/gone"
delay.request = "20ms"
request.body.replace = [{ find = "cat", with = "tiger" }]
`)})
	disk := r.srv.SleepDisk(t, 0)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/gone")...)
	must(t, client.WriteData(1, false, []byte("a c")))
	must(t, client.WriteRawFrame(0xee, 0, 1, []byte("unknown")))
	must(t, client.WriteData(1, true, []byte("at!")))
	disk.Begun(1)
	othersGoOn(t, client, origin, toClient, toOrigin, 3)
	disk.Wake()
	until(t, toOrigin, "HEADERS 5 POST/gone")
	for got := 0; got < len("a tiger!"); got += dataOf(t, <-toOrigin, "DATA 5 ") {
	}
	origin.head(t, 5, true, ":status", "204")
	row, did := r.didOf(t, "/gone")
	if row.Effects != flow.EffectApplied|flow.EffectFailed|flow.EffectDelayed|flow.EffectRequest || len(did) != 4 {
		t.Errorf("%+v %v", row, did)
	}
}
