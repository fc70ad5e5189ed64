package history

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// Rows that are in no segment yet are read like the others, in pieces of any size, whatever order they ended in, and
// with what was said of them since.
func TestUnwrittenRowsAreReadInPieces(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	r, all := rand.New(rand.NewPCG(1, 2)), make([]flow.Exchange, 90)
	for _, n := range r.Perm(len(all)) {
		all[n] = varied(r, flow.ID(n+1))
		x := all[n]
		h.add(&x, ShedNothing)
		switch r.IntN(20) {
		case 0:
			flush(t, h)
		case 1:
			h.mu.Lock() // it waits, and the next one grows
			if k := len(h.pending); k > 0 {
				h.pending[k-1].sealed = true
			}
			h.mu.Unlock()
		}
	}
	said := flow.Annotation{Star: true, Note: "since"}
	for _, i := range []int{3, 40, 77} {
		all[i].Annotation = said
		if err := h.Annotate(all[i].ID, said); err != nil {
			t.Fatal(err)
		}
	}
	all[8].Annotation = flow.Annotation{} // taken off, or never there
	if err := h.Annotate(all[8].ID, flow.Annotation{}); err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	waiting := len(h.pending)
	h.mu.Unlock()
	if waiting < 2 {
		t.Fatalf("%d blocks wait", waiting)
	}
	expect(t, h, all)
	for i := range all {
		if row, ok := h.Row(all[i].ID); !ok || !reflect.DeepEqual(row, all[i].Row) || !h.Has(all[i].ID) {
			t.Fatalf("%d is %+v", all[i].ID, row)
		}
	}
	if _, ok := h.Row(91); ok || h.Has(91) {
		t.Error("one more is there")
	}
	everything, err := query.Parse("")
	if err != nil {
		t.Fatal(err)
	}
	for most := 1; most < 8; most++ {
		var up, down []flow.ID
		for first := flow.ID(1); ; {
			rows := h.Rows(first, most)
			for i := range rows {
				up = append(up, rows[i].ID)
			}
			if len(rows) < most {
				break
			}
			first = rows[len(rows)-1].ID + 1
		}
		for below := ^flow.ID(0); below != 0; {
			var rows []Judged
			rows, below = h.Judge(everything, below, most)
			for _, one := range slices.Backward(rows) {
				down = append(down, one.ID)
			}
		}
		slices.Reverse(down)
		if len(up) != len(all) || !slices.IsSorted(up) || !slices.Equal(up, down) {
			t.Errorf("%d at a time: up %v, down %v", most, up, down)
		}
	}
	marked := uint64(0)
	for i := range all {
		if all[i].Annotated() {
			marked++
		}
	}
	unmarked, err := h.Unmarked(Range{1, 90})
	if s := h.Stats(); s.Rows != 90 || s.Marked != marked || unmarked != 90-marked || err != nil {
		t.Errorf("%d rows, %d of %d marked, %d not, %v", s.Rows, s.Marked, marked, unmarked, err)
	}
}

// Rows that were looked at before their block was written stay as they are, though its memory is wanted again.
func TestUnwrittenRowsStay(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	tr := newTraffic(false)
	all := fill(h, tr, 1, 200)
	rows := unwrittenIn(h, 51, 151)
	for next := flow.ID(1000); next < 1800; next += 200 {
		flush(t, h)
		fill(h, tr, next, 200)
	}
	got := readUnwritten(rows)
	if len(got) != 100 {
		t.Fatalf("%d rows", len(got))
	}
	for i := range got {
		if want := all[50+i].Row; !reflect.DeepEqual(got[i], want) {
			t.Fatalf("%+v\nnot\n%+v", got[i], want)
		}
	}
}

// What is known of a field without asking it is what it would write: nothing, and it is known of most.
func TestAFieldIsKnownToBeEmpty(t *testing.T) {
	var empty, full flow.Exchange
	n, known := 0, 0
	fillValue(t, reflect.ValueOf(&full).Elem(), &n)
	for _, f := range allFields {
		if f.put == nil {
			continue
		}
		var e encoder
		f.put(&e, f.number, &empty)
		if f.none.of(&empty) {
			known++
		}
		if len(e.b) > 0 {
			t.Errorf("field %d writes %x of nothing", f.number, e.b)
		}
		if f.none.of(&full) {
			t.Errorf("field %d is taken to be empty", f.number)
		}
	}
	if known < len(allFields)*3/4 {
		t.Errorf("%d of %d are known to be empty", known, len(allFields))
	}
}
