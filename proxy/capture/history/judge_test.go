package history

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

func pick[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// varied makes an exchange unlike others.
func varied(r *rand.Rand, id flow.ID) flow.Exchange {
	x := flow.Exchange{RequestHead: []byte("GET / HTTP/1.1\r\n\r\n"), ResponseHead: []byte("HTTP/1.1 200 OK\r\n\r\n")}
	x.Row = flow.Row{ID: id, Start: time.Unix(1780000000, 0), Kind: pick(r, flow.KindHTTP, flow.KindHTTP, flow.KindTunnel, flow.KindLocal),
		Phase: pick(r, flow.PhaseDone, flow.PhaseFailed), Method: pick(r, "GET", "POST", "get"), Scheme: pick(r, "http", "https", ""),
		Host: pick(r, "API.Example.com:8080", "api.example.com", "other.test", ""), Path: pick(r, "/v1/Users?q=a b", "/", ""),
		Status: pick(r, 0, 200, 404, 503), ContentType: pick(r, "", "application/json", "text/html"),
		RequestSize: pick[int64](r, 0, 10, 5000), ResponseSize: pick[int64](r, 0, 10, 5000),
		Duration: pick(r, 0, time.Second, time.Millisecond),
		App:      pick(r, "firefox", "curl", ""), AppPID: pick[int32](r, 0, -1, 5), AppPath: pick(r, "", "/usr/bin/firefox"),
		Client: pick(r, netip.AddrPort{}, netip.MustParseAddrPort("127.0.0.1:5555")), HostReplaced: r.IntN(8) == 0,
		Remote:  pick(r, netip.AddrPort{}, netip.MustParseAddrPort("[2001:db8::1]:8080")),
		Failure: pick(r, flow.FailureNone, flow.FailureNone, flow.FailureRefused, flow.FailureClientGone),
		TLS:     flow.TLS{Seen: r.IntN(2) == 0, SNI: pick(r, "", "sni.example"), Outcome: pick(r, flow.TLSOutcome(0), flow.TLSDecrypted)},
		Mended:  pick[flow.Mended](r, 0, 0, 1)}
	if r.IntN(6) == 0 {
		x.Annotation = flow.Annotation{Mark: flow.Marks[r.IntN(2)], Star: r.IntN(2) == 0, Note: pick(r, "", "see later")}
	}
	return x
}

var judgedWords = []string{"api", "404", "json", "users", "refused", "http://api", "/v1.users?/i", "host:api", "host:=api.example.com",
	"host:/^api/i", "path:users", "type:json", "method:get", "method:/^p/i", "scheme:https", "client:127.0.0.1", "remote:2001",
	"status:4xx",
	"app:fire", "app:?", "app:?ended", "is:failed", "is:error", "is:tunnel", "is:local", "is:secure", "is:mended", "is:modified",
	"is:ruled", "is:rulefailed",
	"is:marked", "is:starred,noted", "mark:red,orange", "note:later", "size:>1kb", "sent:<11", "time:>500ms", "body:needle", "any:users",
	"sni"}

func judgedQuery(r *rand.Rand) string {
	var b strings.Builder
	for i := range r.IntN(5) {
		if i > 0 {
			b.WriteString(pick(r, " ", " ", " | "))
		}
		b.WriteString(pick(r, "", "", "-") + judgedWords[r.IntN(len(judgedWords))])
	}
	return b.String()
}

// What is judged of rows that are read in part is what the filter says of whole ones: of those in
// segments and of those that wait, annotated later, deleted and not shown.
func TestJudgeIsTheFilter(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	r := rand.New(rand.NewPCG(11, 5))
	const n = 3000
	for id := flow.ID(1); id <= n; id++ {
		x := varied(r, id)
		h.add(&x, ShedNothing)
		if id == n/2 || id == n*3/4 {
			flush(t, h)
		}
	}
	for id := flow.ID(10); id < n; id += 97 {
		if err := h.Annotate(id, flow.Annotation{Mark: flow.Marks[0], Note: "see later"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Delete(5, n/2, n-1); err != nil {
		t.Fatal(err)
	}
	tiers := NewTiers(capture.New(capture.Options{FirstID: n + 1}))
	tiers.Attach(h, Range{First: 100, Last: 140})
	whole := map[flow.ID]flow.Row{}
	for _, row := range h.Rows(1, n) {
		if row.ID < 100 || row.ID > 140 {
			whole[row.ID] = row
		}
	}
	if len(whole) != n-41-3 {
		t.Fatalf("%d rows", len(whole))
	}
	for range 150 {
		text := judgedQuery(r)
		q, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		below, seen, last := ^flow.ID(0), 0, flow.ID(0)
		for below != 0 {
			rows, next := tiers.Judge(q, below)
			for i, j := range rows {
				row, ok := whole[j.ID]
				if !ok || i > 0 && j.ID <= last || j.ID >= below {
					t.Fatalf("%q: %d is judged behind %d", text, j.ID, last)
				}
				last = j.ID
				if want := q.Row(&row); j.Result != want {
					t.Fatalf("%q of %+v: %v, not %v", text, row, j.Result, want)
				}
				if j.Alike.Host != row.Host || j.Alike.App != row.App || j.Alike.AppPath != row.AppPath {
					t.Fatalf("%d is alike %+v", j.ID, j.Alike)
				}
			}
			seen, below = seen+len(rows), next
		}
		if seen != len(whole) {
			t.Fatalf("%q: %d rows", text, seen)
		}
	}
}

// Pieces are bounded, and go on where the last one ended.
func TestJudgeInPieces(t *testing.T) {
	h := rowsOnly(t, 2500)
	q := &query.Query{}
	var all []flow.ID
	for below := ^flow.ID(0); ; {
		rows, next := h.Judge(q, below, 999)
		for i := len(rows) - 1; i >= 0; i-- {
			all = append(all, rows[i].ID)
		}
		if next == 0 {
			break
		}
		below = next
	}
	for i, id := range all {
		if id != flow.ID(2500-i) {
			t.Fatalf("%d at %d", id, i)
		}
	}
	if len(all) != 2500 {
		t.Errorf("%d rows", len(all))
	}
}

// Records are found in any order, and in one block as in another.
func TestAWalkFindsEachRecord(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 9))
	blocks := map[int64]*block{}
	for at := range int64(3) {
		k := newBlock()
		for id := flow.ID(1); id <= 40; id++ {
			x := varied(r, id+flow.ID(at)*100)
			k.add(&x)
		}
		blocks[at] = k
	}
	var w walk
	for range 2000 {
		at, nth := r.Int64N(3), r.IntN(41)
		record, err := w.to(at, blocks[at].b, nth)
		if nth == 40 {
			if err == nil {
				t.Fatal("there is one more")
			}
			continue
		}
		var x flow.Exchange
		if err != nil || readWhole(record, blocks[at].b, &x) != nil || x.ID != flow.ID(nth+1)+flow.ID(at)*100 {
			t.Fatalf("%d of %d is %d: %v", nth, at, x.ID, err)
		}
	}
}

// A session is judged as a history is.
func TestASessionIsJudged(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var all []flow.Exchange
	for id := flow.ID(1); id <= 900; id++ {
		all = append(all, varied(r, id*2))
	}
	s := openBytes(t, writeSession(t, all))
	for range 30 {
		q, err := query.Parse(judgedQuery(r))
		if err != nil {
			t.Fatal(err)
		}
		at := len(all)
		for below := ^flow.ID(0); below != 0; {
			var rows []Judged
			rows, below = s.Judge(q, below, 250)
			for i := len(rows) - 1; i >= 0; i-- {
				at--
				if want := q.Row(&all[at].Row); rows[i].ID != all[at].ID || rows[i].Result != want {
					t.Fatalf("%q: %+v of %d, not %v", q, rows[i], all[at].ID, want)
				}
			}
		}
		if at != 0 {
			t.Fatalf("%d are left out", at)
		}
	}
}
