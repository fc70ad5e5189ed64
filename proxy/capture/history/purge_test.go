package history

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/proxy/flow"
)

// secrets are in every part of an exchange; no other exchange has them, and no compression
// hides them from these tests, for they are looked for in what is decoded, too.
var secrets = []string{"s3cret-host", "s3cret-path", "s3cret-head", "s3cret-body", "s3cret-note"}

func secretExchange(tr *traffic, id flow.ID) flow.Exchange {
	x := tr.exchange(id)
	x.Host, x.Path = secrets[0]+".test", "/"+secrets[1]
	x.RequestHead = []byte("GET /" + secrets[1] + " HTTP/1.1\r\nHost: " + secrets[0] + "\r\nCookie: " + secrets[2] + "\r\n\r\n")
	x.ResponseBody = flow.Body{State: flow.BodyWhole, Size: int64(len(secrets[3])), Bytes: []byte(secrets[3])}
	return x
}

// noSecret looks for the secrets in all files, as they are and decoded.
func noSecret(t *testing.T, dir, when string) {
	t.Helper()
	for name, text := range snapshot(t, dir) {
		r := strings.NewReader(text)
		_, err := framesOf(r, fileHeadSize, r.Size(), func(p place) bool {
			if p.kind == frameExchanges {
				b, err := readBlock(r, p, name)
				if err != nil {
					t.Error(err)
				}
				text += string(b)
			}
			return true
		}, func(int64) {})
		if err != nil {
			t.Error(err)
		}
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s: %s has %s", when, name, s)
			}
		}
	}
}

// What is deleted before its block is written is in no file, now or later, whichever way it
// stood: in the tail or not, alone in its block or beside others, in a block that waits.
func TestADeletedExchangeLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		before, after int
		tail, sealed  bool
		index         bool
	}{
		"in memory": {before: 3, after: 3}, "in the tail": {before: 3, after: 3, tail: true}, "alone": {tail: true},
		"waiting": {before: 3, after: 3, tail: true, sealed: true}, "large": {before: 3, after: 500, tail: true},
		"without an index": {before: 3, after: 3, tail: true, index: true},
	} {
		dir := t.TempDir()
		h := openTest(t, Options{Folder: dir})
		tr := newTraffic(false)
		all := fill(h, tr, 1, c.before)
		id := flow.ID(c.before + 1)
		x := secretExchange(tr, id)
		h.add(&x, ShedNothing)
		if c.tail {
			tailed(t, h)
		}
		if err := h.Annotate(id, flow.Annotation{Note: secrets[4]}); err != nil {
			t.Fatal(err)
		}
		all = append(all, fill(h, tr, id+1, c.after)...)
		before := h.Stats().Bytes
		if c.sealed { // the writer is busy, and comes to the block, then to the deletion
			hold := make(chan struct{})
			h.send(func() { <-hold })
			f := &follower{h: h}
			f.tail() // with old bytes, behind the deletion
			done := make(chan error)
			go func() { done <- h.Delete(id) }()
			close(hold)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		} else if err := h.Delete(id); err != nil {
			t.Fatal(name, err)
		}
		if after := h.Stats().Bytes; c.tail && !c.sealed && c.after < 100 && after >= before {
			t.Errorf("%s: %d bytes before, %d after", name, before, after)
		}
		expect(t, h, all)
		noSecret(t, dir, name+": deleted")
		killed := copyOf(t, dir)
		fill(h, tr, 2000, 2)
		tailed(t, h)
		noSecret(t, dir, name+": tail")
		all = append(all, h.rowsOf(t, 2000)...)
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		noSecret(t, dir, name+": closed")
		if c.index {
			if err := os.Remove(filepath.Join(dir, indexFile)); err != nil {
				t.Fatal(err)
			}
		}
		h = openTest(t, Options{Folder: dir})
		expect(t, h, all)
		noSecret(t, dir, name+": opened")
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		h = openTest(t, Options{Folder: killed})
		if _, err := h.Get(id); !errors.Is(err, ErrNotHere) {
			t.Errorf("%s: after a kill: %v", name, err)
		}
		if s := h.Stats(); s.Damaged > 0 || c.tail && s.Rows < uint64(c.before) {
			t.Errorf("%s: after a kill: %+v", name, s)
		}
		_ = h.Close()
		noSecret(t, killed, name+": killed")
	}
}

// rowsOf reads exchanges from an ID on.
func (h *History) rowsOf(t *testing.T, first flow.ID) (all []flow.Exchange) {
	t.Helper()
	for _, row := range h.Rows(first, 100) {
		x, err := h.Get(row.ID)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	return all
}

// Clear takes all, those that are in a segment too: it goes with its last row.
func TestClearLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	tr := newTraffic(false)
	for id := flow.ID(1); id <= 30; id++ {
		x := secretExchange(tr, id)
		h.add(&x, ShedNothing)
		if id == 20 {
			flush(t, h)
		}
	}
	tailed(t, h)
	if err := h.Annotate(25, flow.Annotation{Note: secrets[4]}); err != nil {
		t.Fatal(err)
	}
	var ids []flow.ID
	h.Each(func(r *flow.Row) { ids = append(ids, r.ID) })
	if err := h.Delete(ids...); err != nil {
		t.Fatal(err)
	}
	noSecret(t, dir, "cleared")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	noSecret(t, dir, "closed")
	h = openTest(t, Options{Folder: dir})
	if s := h.Stats(); s.Rows != 0 {
		t.Errorf("%+v", s)
	}
	noSecret(t, dir, "opened")
}
