package sysproxy

import (
	"slices"
	"testing"
)

func TestCompareAndSwap(t *testing.T) {
	ties := ties{masters: []string{"mode"}, groups: [][]string{{"host", "port"}, {"host2"}}}
	v := func(text string) Value { return Value{text, true} }
	s := section{
		Before: Values{"mode": v("none"), "host": v(""), "port": v("0"), "host2": v(""), "bypass": v("a")},
		Wrote:  []Change{{"host", v("us")}, {"port", v("1")}, {"host2", v("us")}, {"bypass", v("a,b")}, {"mode", v("manual")}},
	}
	ours := s.Before.with(s.Wrote)
	for name, c := range map[string]struct {
		now        Values
		back, left []string
	}{
		"all as written":       {ours, []string{"host", "port", "host2", "bypass", "mode"}, nil},
		"nothing written yet":  {s.Before, nil, nil},
		"half written":         {s.Before.with(s.Wrote[:2]), []string{"host", "port"}, nil},
		"half put back":        {ours.with([]Change{{"mode", v("none")}}), []string{"host", "port", "host2", "bypass"}, nil},
		"another key":          {ours.with([]Change{{"bypass", v("c")}}), []string{"host", "port", "host2", "mode"}, []string{"bypass"}},
		"switched off":         {ours.with([]Change{{"mode", v("auto")}}), []string{"host", "port", "host2", "bypass"}, []string{"mode"}},
		"another address":      {ours.with([]Change{{"host", v("them")}}), []string{"host2", "bypass"}, []string{"host", "port", "mode"}},
		"another port alone":   {ours.with([]Change{{"port", v("2")}}), []string{"host2", "bypass"}, []string{"host", "port", "mode"}},
		"another for the rest": {ours.with([]Change{{"host2", v("them")}}), []string{"host", "port", "bypass"}, []string{"host2", "mode"}},
	} {
		back, left := compare(s, c.now, ties)
		if !slices.Equal(keysOf(back), c.back) || !slices.Equal(keysOf(left), c.left) {
			t.Errorf("%s: back %v, left %v", name, keysOf(back), keysOf(left))
		}
		for _, b := range back {
			if b.To != s.Before[b.Key] {
				t.Errorf("%s: %s goes back to %v", name, b.Key, b.To)
			}
		}
	}
}

// A user who had a proxy on this computer already: of that, only the port was written.
func TestWhatWasNotWrittenCountsToo(t *testing.T) {
	ties := ties{masters: []string{"mode"}, groups: [][]string{{"host", "port"}, {"host2"}, {"host3"}}}
	v := func(text string) Value { return Value{text, true} }
	s := section{
		Before: Values{"mode": v("manual"), "host": v("127.0.0.1"), "port": v("1"), "host2": v("a"), "host3": v("b")},
		Wrote:  []Change{{"port", v("2")}, {"host2", v("us")}},
	}
	ours := s.Before.with(s.Wrote)
	for name, c := range map[string]struct {
		change     Change
		inForce    bool
		back, left []string
	}{
		"nothing":               {Change{"mode", v("manual")}, true, []string{"port", "host2"}, nil},
		"the switch":            {Change{"mode", v("none")}, false, []string{"port", "host2"}, nil},
		"the host alone":        {Change{"host", v("10.1.1.1")}, false, []string{"host2"}, []string{"port"}},
		"what is none of ours":  {Change{"host3", v("c")}, true, []string{"port", "host2"}, nil},
		"the port, to what was": {Change{"port", v("1")}, false, []string{"host2"}, nil},
	} {
		now := ours.with([]Change{c.change})
		if got := inForce(s, now, ties); got != c.inForce {
			t.Errorf("%s: in force is %v", name, got)
		}
		back, left := compare(s, now, ties)
		if !slices.Equal(keysOf(back), c.back) || !slices.Equal(keysOf(left), c.left) {
			t.Errorf("%s: back %v, left %v", name, keysOf(back), keysOf(left))
		}
	}
}

func keysOf(changes []Change) []string {
	var keys []string
	for _, c := range changes {
		keys = append(keys, c.Key)
	}
	return keys
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{"0.0.0.0:1": "127.0.0.1:1", ":1": "127.0.0.1:1", "[::]:1": "[::1]:1", "10.0.0.1:1": "10.0.0.1:1", "localhost:1": "localhost:1"} {
		if got, err := reachable(in); got != want || err != nil {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
	if _, err := reachable("nonsense"); err == nil {
		t.Error("nonsense is an address")
	}
	ours := ownAddress("127.0.0.1:9876")
	for addr, want := range map[string]bool{"127.0.0.1:9876": true, "localhost:9876": true, "[::1]:9876": true, "127.9.9.9:9876": true, "127.0.0.1:9877": false, "10.0.0.1:9876": false, "": false} {
		if ours(addr) != want {
			t.Errorf("%s is ours: %v", addr, !want)
		}
	}
}

func TestCommandOutputIsBounded(t *testing.T) {
	var b limitedBuffer
	for range 300 {
		if n, err := b.Write(make([]byte, 4096)); n != 4096 || err != nil {
			t.Fatal(n, err)
		}
	}
	if b.Len() != 1<<20 {
		t.Errorf("%d bytes are kept", b.Len())
	}
}
