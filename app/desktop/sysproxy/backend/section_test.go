package backend

import (
	"slices"
	"testing"
)

func TestCompareAndSwap(t *testing.T) {
	ties := Ties{Masters: []string{"mode"}, Groups: [][]string{{"host", "port"}, {"host2"}}}
	v := func(text string) Value { return Value{text, true} }
	s := Section{
		Before: Values{"mode": v("none"), "host": v(""), "port": v("0"), "host2": v(""), "bypass": v("a")},
		Wrote:  []Change{{"host", v("us")}, {"port", v("1")}, {"host2", v("us")}, {"bypass", v("a,b")}, {"mode", v("manual")}},
	}
	ours := s.Before.With(s.Wrote)
	for name, c := range map[string]struct {
		now        Values
		back, left []string
	}{
		"all as written":       {ours, []string{"host", "port", "host2", "bypass", "mode"}, nil},
		"nothing written yet":  {s.Before, nil, nil},
		"half written":         {s.Before.With(s.Wrote[:2]), []string{"host", "port"}, nil},
		"half put back":        {ours.With([]Change{{"mode", v("none")}}), []string{"host", "port", "host2", "bypass"}, nil},
		"another key":          {ours.With([]Change{{"bypass", v("c")}}), []string{"host", "port", "host2", "mode"}, []string{"bypass"}},
		"switched off":         {ours.With([]Change{{"mode", v("auto")}}), []string{"host", "port", "host2", "bypass"}, []string{"mode"}},
		"another address":      {ours.With([]Change{{"host", v("them")}}), []string{"host2", "bypass"}, []string{"host", "port", "mode"}},
		"another port alone":   {ours.With([]Change{{"port", v("2")}}), []string{"host2", "bypass"}, []string{"host", "port", "mode"}},
		"another for the rest": {ours.With([]Change{{"host2", v("them")}}), []string{"host", "port", "bypass"}, []string{"host2", "mode"}},
	} {
		back, left := s.Compare(c.now, ties)
		if !slices.Equal(keys(back), c.back) || !slices.Equal(keys(left), c.left) {
			t.Errorf("%s: back %v, left %v", name, keys(back), keys(left))
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
	ties := Ties{Masters: []string{"mode"}, Groups: [][]string{{"host", "port"}, {"host2"}, {"host3"}}}
	v := func(text string) Value { return Value{text, true} }
	s := Section{
		Before: Values{"mode": v("manual"), "host": v("127.0.0.1"), "port": v("1"), "host2": v("a"), "host3": v("b")},
		Wrote:  []Change{{"port", v("2")}, {"host2", v("us")}},
	}
	ours := s.Before.With(s.Wrote)
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
		now := ours.With([]Change{c.change})
		if got := s.InForce(now, ties); got != c.inForce {
			t.Errorf("%s: in force is %v", name, got)
		}
		back, left := s.Compare(now, ties)
		if !slices.Equal(keys(back), c.back) || !slices.Equal(keys(left), c.left) {
			t.Errorf("%s: back %v, left %v", name, keys(back), keys(left))
		}
	}
}

func keys(changes []Change) []string {
	var all []string
	for _, c := range changes {
		all = append(all, c.Key)
	}
	return all
}
