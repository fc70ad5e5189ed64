package http1

import "testing"

// Detached names outlive the bytes of their head, also when a head is used again.
func TestDetachedNames(t *testing.T) {
	var h Head
	for _, names := range []string{"a, bb", "ccc", "", "d,e,f"} {
		raw := []byte(names)
		h.reset(raw)
		if err := h.interpretConnection(raw, true); err != nil {
			t.Fatal(err)
		}
		h.Detach()
		clear(raw)
		for _, name := range []string{"A", "bb", "Ccc", "d", "E", "f", "x"} {
			want := false
			for rest := []byte(names); rest != nil; {
				var one []byte
				one, rest = nextElement(rest)
				want = want || sameFold(one, []byte(name))
			}
			if got := h.Named(&Field{Name: []byte(name)}); got != want {
				t.Errorf("%q names %s: %v", names, name, got)
			}
		}
	}
}

func TestNextField(t *testing.T) {
	var f Field
	rest := NextField([]byte("A: 1\r\nhost:x\r\n"), &f)
	if string(f.Name) != "A" || string(f.Line) != "A: 1\r\n" {
		t.Errorf("%+v", f)
	}
	if rest = NextField(rest, &f); len(rest) != 0 || f.Known != Host || string(f.Line) != "host:x\r\n" {
		t.Errorf("%+v, left %q", f, rest)
	}
}
