package compare

import "time"

// A myers finds a short way from one list of lines to another: Myers' algorithm in linear
// space ("An O(ND) Difference Algorithm and Its Variations", 1986). Libraries for it look for
// shortcuts first that know no deadline, and take minutes for some hundred thousand lines that
// repeat.
type myers struct {
	a, b     []int // lines by their number; two lines are the same if their numbers are
	deadline time.Time
	coarse   bool // the time was over
	out      *Lines
	removed  int // lines since the last that is the same
	added    int

	forward, backward []int // how far each diagonal was followed, -1 for not at all
}

// compare tells what lies between a0 and a1 of the first, b0 and b1 of the second.
func (m *myers) compare(a0, a1, b0, b1 int) {
	for a0 < a1 && b0 < b1 && m.a[a0] == m.b[b0] {
		m.same(1)
		a0, b0 = a0+1, b0+1
	}
	end := 0
	for a0 < a1 && b0 < b1 && m.a[a1-1] == m.b[b1-1] {
		end, a1, b1 = end+1, a1-1, b1-1
	}
	x, y, found := 0, 0, false
	if a0 < a1 && b0 < b1 && !m.coarse {
		x, y, found = m.middle(m.a[a0:a1], m.b[b0:b1])
	}
	if found {
		m.compare(a0, a0+x, b0, b0+y)
		m.compare(a0+x, a1, b0+y, b1)
	} else {
		m.removed, m.added = m.removed+a1-a0, m.added+b1-b0
	}
	m.same(end)
}

// same tells lines that are the same, and before what was gathered: what went before what came.
func (m *myers) same(n int) {
	if n > 0 {
		m.flush()
		m.out.run(Same, n, n)
	}
}

func (m *myers) flush() {
	m.out.run(Removed, m.removed, 0)
	m.out.run(Added, 0, m.added)
	m.removed, m.added = 0, 0
}

// middle is a place on a shortest way, about halfway; not found is whether the time was over.
func (m *myers) middle(a, b []int) (x, y int, found bool) {
	n := len(a) + len(b)
	half := (n + 1) / 2
	off := half + 2
	if need := 2*off + 1; len(m.forward) < need {
		m.forward, m.backward = make([]int, need), make([]int, need)
	}
	for d := range half + 1 {
		if time.Now().After(m.deadline) {
			break
		}
		for _, v := range [...][]int{m.forward, m.backward} {
			v[off-d-1], v[off+d+1] = -1, -1
		}
		if x, y, found = advance(a, b, m.forward, m.backward, off, d, false); found {
			return x, y, inside(x, y, a, b)
		}
		if x, y, found = advance(a, b, m.backward, m.forward, off, d, true); found {
			return x, y, inside(x, y, a, b)
		}
	}
	m.coarse = true
	return 0, 0, false
}

// inside reports whether a place parts the two in smaller ones.
func inside(x, y int, a, b []int) bool { return x+y > 0 && x+y < len(a)+len(b) }

// advance follows each diagonal with one difference more, from the front or from the end, and
// finds the place at which the other side's way is met.
func advance(a, b, own, other []int, off, d int, fromEnd bool) (x, y int, found bool) {
	n, m := len(a), len(b)
	delta := n - m
	at := func(x, y int) bool {
		if fromEnd {
			return a[n-1-x] == b[m-1-y]
		}
		return a[x] == b[y]
	}
	for k := max(-d, -m+(d+m)%2); k <= min(d, n); k += 2 {
		x = -1
		if d == 0 {
			x = 0
		}
		if v := own[off+k+1]; d > 0 && v >= 0 && v-k <= m {
			x = v
		}
		if v := own[off+k-1]; d > 0 && v >= 0 && v+1 <= n && v+1 > x {
			x = v + 1
		}
		if y = x - k; x < 0 || y < 0 || y > m {
			own[off+k] = -1
			continue
		}
		for x < n && y < m && at(x, y) {
			x, y = x+1, y+1
		}
		own[off+k] = x
		reach := d // of the other side, which is one step behind before its turn
		if !fromEnd {
			reach--
		}
		if o := delta - k; (delta%2 != 0) != fromEnd && o >= -reach && o <= reach && other[off+o] >= 0 && x+other[off+o] >= n {
			if fromEnd {
				return n - x, m - y, true
			}
			return x, y, true
		}
	}
	return 0, 0, false
}
