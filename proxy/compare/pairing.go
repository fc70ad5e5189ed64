package compare

// queue are the places of a list by what they have in common, each in its order.
type queue struct {
	first map[uint64]int32
	next  []int32 // -1: none
}

func queueOf(rows []listRow, of func(*listRow) uint64) queue {
	q := queue{first: make(map[uint64]int32, len(rows)), next: make([]int32, len(rows))}
	for i := len(rows) - 1; i >= 0; i-- {
		k := of(&rows[i])
		q.next[i] = -1
		if next, ok := q.first[k]; ok {
			q.next[i] = next
		}
		q.first[k] = int32(i)
	}
	return q
}

// take is the first place that is not taken, -1 for none.
func (q *queue) take(k uint64, taken []bool) int32 {
	at, ok := q.first[k]
	if !ok {
		return -1
	}
	for at >= 0 && taken[at] {
		at = q.next[at]
	}
	if at < 0 {
		delete(q.first, k)
		return -1
	}
	taken[at], q.first[k] = true, at
	return at
}

// pair finds the pairs.
func (c *listing) pair() {
	a, b := c.rows[0], c.rows[1]
	taken, partner := make([]bool, len(a)), make([]int32, len(b))
	for i := range partner {
		partner[i] = -1
	}
	for _, of := range [...]func(*listRow) uint64{
		func(r *listRow) uint64 { return r.target },
		func(r *listRow) uint64 { return r.key },
	} {
		q := queueOf(a, of)
		for i := range b {
			if partner[i] < 0 {
				partner[i] = q.take(of(&b[i]), taken)
			}
		}
	}
	c.inOrder(partner, taken)
}

// inOrder makes the pairs: in the order of b, what only a has where it stood.
func (c *listing) inOrder(partner []int32, taken []bool) {
	a, b := c.rows[0], c.rows[1]
	alone := 0
	for i := range taken {
		if !taken[i] {
			alone++
		}
	}
	pairs := make([]Pair, 0, len(b)+alone)
	at := 0
	gone := func(upTo int) {
		for ; at < upTo; at++ {
			if !taken[at] {
				p := Pair{Kind: PairGone, A: a[at].id, name: a[at].name}
				p.set(0, &a[at])
				pairs = append(pairs, p)
			}
		}
	}
	for i := range b {
		p := Pair{Kind: PairNew, B: b[i].id, name: b[i].name}
		p.set(1, &b[i])
		if partner[i] >= 0 {
			from := &a[partner[i]]
			gone(int(partner[i]))
			p.Kind, p.A, p.OtherPath = PairSame, from.id, from.target != b[i].target
			p.set(0, from)
		}
		pairs = append(pairs, p)
	}
	gone(len(a))
	c.result.Pairs, c.rows = pairs, [2][]listRow{}
}

func (p *Pair) set(side int, r *listRow) {
	p.Took[side], p.Size[side], p.Status[side], p.Failure[side] = r.took, r.size, r.status, r.failure
}
