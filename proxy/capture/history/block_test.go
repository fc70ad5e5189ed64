package history

import (
	"bytes"
	"context"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/proxy/flow"
)

// What is remembered of one exchange is written for no other that differs in it.
func TestContextsAreThoseOfTheirExchanges(t *testing.T) {
	k, tr := newBlock(), newTraffic(false)
	x := tr.exchange(1)
	var want [][]byte
	add := func() {
		x.ID++
		var e encoder
		e.put(allFields, &x)
		want = append(want, e.b)
		k.add(&x)
	}
	add()
	for i := range contextFields { // each field on its own becomes another's, and back
		before := x
		y := tr.exchange(1)
		y.Kind, y.Method, y.Scheme, y.Host, y.Proto, y.HostReplaced = flow.KindTunnel, "PUT", "wss", "h", "HTTP/2.0", true
		y.ContentType, y.Upstream, y.App, y.AppPath, y.Phase, y.Mended = "a/b", "u", "a", "/a", flow.PhaseFailed, 1
		y.Remote, y.Timing.Reused = y.Client, false
		y.TLS = flow.TLS{Outcome: 1, Problem: 1, ClientJA4: flow.JA4{1}, OriginJA4: flow.JA4{2}, Deviation: 1, SNI: "s", ALPN: "h2",
			Version: "v"}
		var e encoder
		if e.put(contextFields[i:i+1], &y); len(e.b) == 0 {
			contextFields[i].get(&x, value{}) // what is zero is not written
		} else if err := read(e.b, nil, &x, false); err != nil {
			t.Fatal(err)
		}
		add()
		x = before
		x.ID = flow.ID(len(want))
		add()
	}
	for i := range maxPacked * 2 { // however many there are
		x.Host = string(rune('a'+i%26)) + x.Host[:min(len(x.Host), 40)]
		add()
	}
	for i := range want {
		if !bytes.Equal(k.record(i), want[i]) {
			t.Fatalf("record %d is %q, not %q", i, k.record(i), want[i])
		}
		var e encoder
		e.put(contextFields, &exchange{Row: rowIn(t, k, i)})
		row := k.row(i).fields
		if rest := len(e.b); !bytes.HasPrefix(row, e.b) {
			t.Fatalf("the context of record %d is not %q: %q", i, e.b, row)
		} else if e.put(restFields, &exchange{Row: rowIn(t, k, i)}); !bytes.HasSuffix(row, e.b[rest:]) {
			t.Fatalf("the rest of record %d is not %q: %q", i, e.b[rest:], row)
		}
	}
	var alike flow.Row
	last := rowIn(t, k, len(k.ids)-1)
	inContext(&alike, &last)
	if k.contexts.known[alike] == nil {
		t.Error("a context is not remembered")
	}
	if n := len(k.contexts.known); n > maxPacked {
		t.Errorf("%d contexts are remembered", n)
	}
}

// rowIn is a row of a block.
func rowIn(t testing.TB, k *block, nth int) flow.Row {
	t.Helper()
	r := k.row(nth)
	row, ok := r.read()
	if !ok {
		t.Fatalf("row %d of the block cannot be read", nth)
	}
	return row
}

// block reads a block as the indexer does.
func (k *owedScratch) block(t testing.TB, of *block) *blockRows {
	t.Helper()
	if err := k.read(of.b); err != nil {
		t.Fatal(err)
	}
	return &blockRows{rows: k.rows, nths: k.nths, packed: k.ith}
}

// The memory of a block is used again, but not while somebody reads it.
func TestABlockThatIsReadIsNotUsedAgain(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	tr := newTraffic(false)
	all := fill(h, tr, 1, 200)
	next, read := flow.ID(1000), 0
	var once sync.Once
	_, err := h.ScanBlocks(context.Background(), nil, func(x *flow.Exchange) bool {
		once.Do(func() {
			for range 4 { // the block that is read is written, and others after it
				flush(t, h)
				fill(h, tr, next, 200)
				next += 200
			}
		})
		want := &all[x.ID-1]
		if !bytes.Equal(x.ResponseBody.Bytes, want.ResponseBody.Bytes) || !bytes.Equal(x.RequestHead, want.RequestHead) {
			t.Errorf("%d became another", x.ID)
		}
		read++
		return read < 200
	})
	if err != nil || read != 200 {
		t.Fatal(read, err)
	}
	flush(t, h)
	h.mu.Lock()
	spare := len(h.spare)
	h.mu.Unlock()
	if spare == 0 || spare > maxSpare {
		t.Errorf("%d blocks wait", spare)
	}
	for i := range all {
		if x, err := h.Get(all[i].ID); err != nil || !reflect.DeepEqual(x.ResponseBody, all[i].ResponseBody) {
			t.Fatalf("%d is %+v, %v", all[i].ID, x, err)
		}
	}
}

// A block that is indexed again changes nothing, and its segment is known to be indexed.
func TestABlockIsIndexedOnce(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	tr, k, g := newTraffic(false), newBlock(), &segment{number: 1, indexed: 100}
	for id := flow.ID(1); id <= 3*rowsTogether+5; id++ {
		x := tr.exchange(id)
		k.add(&x)
	}
	var read owedScratch
	of := read.block(t, k)
	for range 2 {
		g.indexed += 100
		if twice, err := h.index.addBlock(of, placed{segment: 1}, g); err != nil || len(twice) > 0 {
			t.Fatal(twice, err)
		}
		known, err := h.index.segments()
		if err != nil || known[1].rows != uint64(len(k.ids)) || known[1].indexed != g.indexed || g.rows != known[1].rows {
			t.Errorf("%+v, %v", known[1], err)
		}
	}
	rows, err := h.index.rowsWhere(`ORDER BY id`, len(k.ids))
	if err != nil || len(rows) != len(k.ids) {
		t.Fatal(len(rows), err)
	}
	for i := range rows {
		if rows[i] != of.rows[i] {
			t.Errorf("%+v\nnot %+v", rows[i], of.rows[i])
		}
	}
}

// What the index remembers of the sizes of its files is what they are, whatever changed them.
func TestTheIndexKnowsItsSize(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	tr, sizes := newTraffic(false), map[int64]bool{}
	check := func(what string, err error) {
		t.Helper()
		want := int64(0)
		for _, suffix := range [...]string{"", "-wal"} {
			info, err := os.Stat(h.index.path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			want += info.Size()
		}
		if got := h.index.size(); got != want || err != nil {
			t.Errorf("%s: %d bytes, not %d; %v", what, got, want, err)
		}
		sizes[want] = true
	}
	check("opened", nil)
	fill(h, tr, 1, 3000)
	flush(t, h)
	check("written", nil)
	check("checkpoint", h.index.checkpoint())
	all := make([]flow.ID, 2900)
	for i := range all {
		all[i] = flow.ID(i + 1)
	}
	check("deleted", h.Delete(all...))
	check("tidied", h.index.tidy())
	if err := h.do(func() error { indexer{&h.writer}.renewIndex(); return nil }); err != nil {
		t.Fatal(err)
	}
	check("made anew", nil)
	if len(sizes) < 4 {
		t.Errorf("they had %d sizes, which shows nothing", len(sizes))
	}
}

// The writer rests when it has worked for a while, not where more waits, and no longer than the
// history is open.
func TestTheWriterRests(t *testing.T) {
	var waiting atomic.Int32
	stop := make(chan struct{})
	pause := breath{waiting: &waiting, stop: stop}
	rested := func(after time.Duration) time.Duration {
		pause.begun = time.Now().Add(-after)
		begun := time.Now()
		pause.rest()
		return time.Since(begun)
	}
	waiting.Store(1)
	if took := rested(2 * workFor); took < restFor {
		t.Errorf("it rested %v", took)
	}
	if pause.begun.Before(time.Now().Add(-time.Minute)) {
		t.Error("its work does not begin anew")
	}
	none := func(why string, after time.Duration) {
		t.Helper()
		least := time.Hour
		for range 20 {
			least = min(least, rested(after))
		}
		if least >= restFor {
			t.Errorf("%s: it rested %v", why, least)
		}
	}
	none("it has just begun", 0)
	waiting.Store(2)
	none("another waits", time.Hour)
	waiting.Store(1)
	close(stop)
	none("it ends", time.Hour)
	(*breath)(nil).rest()
}
