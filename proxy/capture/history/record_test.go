package history

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"posthouse/proxy/flow"
)

// fillValue gives every field below v a value of its own that is not zero.
func fillValue(t *testing.T, v reflect.Value, next *int) {
	*next++
	n := *next
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = time.Unix(1780000000+int64(n), int64(n))
		return
	case *netip.AddrPort:
		*at = netip.AddrPortFrom(netip.MustParseAddr(fmt.Sprintf("fe80::%x%%eth0", n)), uint16(n))
		return
	case *flow.Reason:
		*at = flow.ReasonCode(fmt.Sprint("code-", n)).With("text", n, time.Second)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(t, v.Field(i), next)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString(fmt.Sprint("text ", n))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(-n))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(n % 6))
		if n%6 == 0 {
			v.SetUint(6)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillValue(t, v.Index(0), next)
		fillValue(t, v.Index(1), next)
	case reflect.Array:
		for i := range v.Len() {
			fillValue(t, v.Index(i), next)
		}
	default:
		t.Fatalf("%s is not filled", v.Type())
	}
}

// leaves visits all values below v that have none below, each named.
func leaves(v reflect.Value, name string, visit func(v reflect.Value, name string)) {
	switch v.Addr().Interface().(type) {
	case *time.Time, *netip.AddrPort, *flow.Reason:
		visit(v, name)
		return
	}
	if v.Kind() != reflect.Struct {
		visit(v, name)
		return
	}
	for i := range v.NumField() {
		leaves(v.Field(i), name+"."+v.Type().Field(i).Name, visit)
	}
}

// An exchange that has one field alone keeps that: no group of fields is left out for the others.
func TestARecordKeepsAFieldThatIsAlone(t *testing.T) {
	var x flow.Exchange
	fields := 0
	leaves(reflect.ValueOf(&x).Elem(), "", func(v reflect.Value, name string) {
		x = flow.Exchange{}
		n := 0
		fillValue(t, v, &n)
		if x.Rev = 0; reflect.DeepEqual(x, flow.Exchange{}) {
			return // Rev is left out
		}
		fields++
		k := newBlock()
		k.add(&x)
		if back, err := k.exchange(0); err != nil || !reflect.DeepEqual(back, x) {
			t.Errorf("%s: %v, came back as %+v", name, err, back)
		}
	})
	if fields < 60 {
		t.Errorf("%d fields", fields)
	}
}

// A field that is added to flow and not here is found by this.
func TestARecordForgetsNoField(t *testing.T) {
	var x flow.Exchange
	n := 0
	fillValue(t, reflect.ValueOf(&x).Elem(), &n)
	x.Rev = 0 // numbers changes of one run, and is left out
	k := newBlock()
	k.add(&x)
	k.add(&x) // names the certificates of the first
	first := k.starts[1]
	if second := len(k.b) - first; second >= first {
		t.Errorf("the certificates stand there twice: %d and %d bytes", first, second)
	}
	for nth := range 2 {
		back, err := k.exchange(nth)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, x) {
			t.Errorf("record %d\n%+v\ncame back as\n%+v", nth, x, back)
		}
	}
	var row flow.Exchange
	e := encoder{}
	e.put(rowFields, &x)
	if err := readWhole(e.b, nil, &row); err != nil || !reflect.DeepEqual(row.Row, x.Row) {
		t.Errorf("%v: the row\n%+v\ncame back as\n%+v", err, x.Row, row.Row)
	}
}

// The index has every field of a row.
func TestTheIndexForgetsNoField(t *testing.T) {
	var x flow.Exchange
	n := 0
	fillValue(t, reflect.ValueOf(&x).Elem(), &n)
	x.ID, x.Rev, x.Row.Mark = 7, 0, flow.MarkGreen
	h := openTest(t, Options{Folder: t.TempDir()})
	h.add(&x, ShedNothing)
	for range 2 {
		if row, ok := h.Row(7); !ok || !reflect.DeepEqual(row, x.Row) {
			t.Errorf("%v\n%+v\ncame back as\n%+v", ok, x.Row, row)
		}
		if got, err := h.Get(7); err != nil || !reflect.DeepEqual(got, x) {
			t.Errorf("%v\n%+v\ncame back as\n%+v", err, x, got)
		}
		flush(t, h) // from memory the first time, then from the disk
	}
}

// Numbers that a later version adds are passed over, and what it leaves out is zero.
func TestLaterFieldsArePassedOver(t *testing.T) {
	e := encoder{}
	e.number(9999, 5)
	putBytes(&e, 120, "later")
	e.put(ownFields, &flow.Exchange{Row: flow.Row{ID: 3, Path: "/a"}})
	e.number(127, 1)
	var x flow.Exchange
	if err := readWhole(e.b, nil, &x); err != nil || !reflect.DeepEqual(x, flow.Exchange{Row: flow.Row{ID: 3, Path: "/a"}}) {
		t.Errorf("%v %+v", err, x)
	}
}

func FuzzRecord(f *testing.F) {
	k := newBlock()
	x := newTraffic(false).exchange(1)
	x.Secure.Chain = [][]byte{{1, 2}, {3}}
	k.add(&x)
	k.add(&x)
	f.Add(k.b)
	f.Add([]byte{})
	f.Add([]byte{3, 0, 0, 0, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		again := newBlock()
		_ = eachRecord(b, func(_ int, x *flow.Exchange) bool {
			again.add(x)
			return true
		})
		n := 0
		if err := eachRecord(again.b, func(int, *flow.Exchange) bool { n++; return true }); err != nil || n != len(again.starts) {
			t.Fatalf("what was read cannot be written: %v", err)
		}
	})
}

// Exchanges of a block are found by their ID in whatever order they ended, also by an index that is made anew.
func TestExchangesEndInAnyOrder(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	tr := newTraffic(false)
	all := map[flow.ID]string{}
	for round := range 3 {
		for _, n := range tr.Perm(5*rowsTogether + 3) {
			x := tr.exchange(flow.ID(round*(4*rowsTogether) + n + 1)) // some come twice
			if _, twice := all[x.ID]; twice {
				continue
			}
			all[x.ID] = x.Path
			h.add(&x, ShedNothing)
		}
		flush(t, h)
	}
	for range 2 {
		last := flow.ID(0)
		h.Each(func(row *flow.Row) {
			x, err := h.Get(row.ID)
			if err != nil || x.ID != row.ID || x.Path != row.Path || row.Path != all[row.ID] || row.ID != last+1 {
				t.Errorf("%d behind %d: %v, %q and %q, not %q", row.ID, last, err, row.Path, x.Path, all[row.ID])
			}
			last = row.ID
		})
		if int(last) != len(all) {
			t.Errorf("%d of %d", last, len(all))
		}
		if err := errors.Join(h.Close(), os.Remove(filepath.Join(dir, indexFile))); err != nil {
			t.Fatal(err)
		}
		h = openTest(t, Options{Folder: dir})
	}
}
