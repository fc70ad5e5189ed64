package feed

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/ui/uitest"
)

func (m *Model) list() []flow.ID { return slices.Clone(m.shown.ids) }

// plain is what the model must show, found the slow way.
func plain(rows uitest.FakeRows, q *query.Query, s Sorting) []flow.ID {
	ids := []flow.ID{}
	for id, row := range rows {
		if q.Match(&row) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if s.Column == "" {
		return ids
	}
	key := testKeys(s.Column)
	slices.SortFunc(ids, func(a, b flow.ID) int {
		ra, rb := rows[a], rows[b]
		ka, kb := key(&ra), key(&rb)
		ka.id, kb.id = a, b
		return ka.compare(kb)
	})
	if s.Descending {
		slices.Reverse(ids)
	}
	return ids
}

// Whatever comes, changes, leaves, is filtered or sorted: the model shows what
// a plain loop over all rows would.
func TestModelShowsWhatAPlainLoopWould(t *testing.T) {
	filters := []string{"", "host:api", "status:4xx", "-host:cdn method:get", "is:failed", "nothing-matches-this"}
	orders := []Sorting{{}, {}, {}, {"duration", false}, {"host", true}, {"status", false}, {"number", true}}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		rows := uitest.FakeRows{}
		m := NewModel(rows, testKeys)
		q, order, next, now := uitest.Parsed(t, ""), Sorting{}, flow.ID(1), uitest.StartOfTests
		for step := range 300 {
			switch random.IntN(10) {
			case 0:
				q = uitest.Parsed(t, filters[random.IntN(len(filters))])
				m.SetFilter(q)
			case 1:
				order = orders[random.IntN(len(orders))]
				m.SetSort(order)
			case 2: // the oldest leave memory
				for id := range next {
					if len(rows) > 0 && random.IntN(4) == 0 {
						delete(rows, id)
					}
				}
				removeMissing(m)
			case 3, 4: // a row under way ends otherwise
				var batch []flow.Row
				for id, row := range rows {
					if random.IntN(8) == 0 {
						row.Status, row.Phase, row.Failure = 404, flow.PhaseDone, flow.FailureNone
						rows[id] = row
						batch = append(batch, row)
					}
				}
				m.Apply(batch)
			default:
				var batch []flow.Row
				for range 1 + random.IntN(20) {
					row := uitest.SampleRow(next)
					rows[row.ID] = row
					next++
					batch = append(batch, row)
				}
				random.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
				m.Apply(batch)
			}
			now = now.Add(time.Hour) // so that a list in another order may be sorted again
			m.ResortAt = uitest.StartOfTests
			m.Settle(now)
			if got, want := m.list(), plain(rows, q, order); !slices.Equal(got, want) {
				t.Fatalf("seed %d, step %d, order %v: %d rows shown, want %d\n%v\n%v", seed, step, order, len(got), len(want), got, want)
			}
		}
	}
}

func TestModelFindsRows(t *testing.T) {
	rows := uitest.FakeRows{}
	m := NewModel(rows, testKeys)
	m.Apply(rows.Fill(100))
	if i := m.Index(40); i != 39 {
		t.Errorf("row 40 is at %d", i)
	}
	if i := m.Index(101); i != -1 {
		t.Errorf("a row that there is not is at %d", i)
	}
	if m.At(-1) != 0 || m.At(100) != 0 || m.At(0) != 1 {
		t.Error("At is wrong at the ends")
	}
	m.SetSort(Sorting{"number", true})
	if i := m.Index(100); i != 0 {
		t.Errorf("the newest row is at %d with the order turned round", i)
	}
}

// A row that left has a place all the same: where it would be.
func TestModelKnowsWhereARowWouldBe(t *testing.T) {
	rows := uitest.FakeRows{}
	m := NewModel(rows, testKeys)
	m.Apply(rows.Fill(100))
	for id := flow.ID(1); id <= 30; id++ {
		delete(rows, id)
	}
	removeMissing(m)
	if i := m.shown.Near(50, 49); i != 19 {
		t.Errorf("row 50 is at %d after 30 rows left before it", i)
	}
	if i := m.shown.Near(10, 9); i != 0 {
		t.Errorf("row 10, which left, would be at %d", i)
	}
}

// A row that is told again for its mark is the same row, passes filters by its mark, and
// leaves memory when it would have left without.
func TestModelOfMarkedRows(t *testing.T) {
	rows := uitest.FakeRows{}
	m := NewModel(rows, testKeys)
	all := rows.Fill(100)
	m.Apply(all)
	m.SetFilter(uitest.Parsed(t, "is:marked"))
	steps := m.steps
	for _, i := range []int{9, 49} {
		row := all[i]
		row.Mark, row.Rev = flow.MarkRed, 200+flow.Rev(i)
		rows[row.ID] = row
		m.Apply([]flow.Row{row, row})
	}
	if got := m.list(); !slices.Equal(got, []flow.ID{10, 50}) || m.steps == steps || len(m.All) != 100 {
		t.Errorf("rows %v are shown of %d", got, len(m.All))
	}
	left := 100
	for i := range all[:30] {
		if all[i].Phase.Final() {
			left--
		}
	}
	m.evict(all[29].Rev+1, false)
	if got := m.list(); !slices.Equal(got, []flow.ID{50}) || len(m.All) != left {
		t.Errorf("rows %v are shown of %d once 30 have left", got, len(m.All))
	}
}

// A mark of a row under way is drawn with the next refresh.
func TestAMarkIsNoMereProgress(t *testing.T) {
	m := NewModel(uitest.FakeRows{}, testKeys)
	row := flow.Row{ID: 1, Rev: 1, Phase: flow.PhaseRequest}
	m.Apply([]flow.Row{row})
	for _, mark := range []flow.Mark{flow.MarkRed, flow.MarkNone} {
		steps := m.steps
		row.Mark = mark
		m.Apply([]flow.Row{row})
		if m.steps == steps {
			t.Errorf("the mark %q is no step", mark)
		}
	}
}

// In the order of arrival a change costs by the rows that changed, however many there are.
func TestNewRowsAllocateNothingButTheirPlace(t *testing.T) {
	rows := uitest.FakeRows{}
	m := NewModel(rows, testKeys)
	m.Apply(rows.Fill(100_000))
	batch := []flow.Row{rows[500], rows[99_000]}
	if n := testing.AllocsPerRun(100, func() { m.Apply(batch) }); n > 0 {
		t.Errorf("a change of 2 of 100,000 rows allocates %v times", n)
	}
}

func BenchmarkApply200Of100000(b *testing.B) {
	rows := uitest.FakeRows{}
	all := rows.Fill(100_000)
	m := NewModel(rows, testKeys)
	m.Apply(all)
	b.ReportAllocs()
	for b.Loop() {
		m.Apply(all[:200])
	}
}

func BenchmarkFilter100000(b *testing.B) {
	rows := uitest.FakeRows{}
	m := NewModel(rows, testKeys)
	m.Apply(rows.Fill(100_000))
	q := uitest.Parsed(b, "host:api status:5xx users")
	for b.Loop() {
		m.SetFilter(q)
	}
}

// testKeys are a few columns of the list.
func testKeys(column string) func(*flow.Row) SortKey {
	return map[string]func(*flow.Row) SortKey{
		"number":   ByNumber(func(r *flow.Row) float64 { return float64(r.ID) }),
		"host":     ByText(func(r *flow.Row) string { return r.Host }),
		"status":   ByNumber(func(r *flow.Row) float64 { return float64(r.Status) }),
		"duration": ByNumber(func(r *flow.Row) float64 { return float64(r.Duration) }),
	}[column]
}

// removeMissing removes the rows that the source lacks, in whatever order they left it.
func removeMissing(m *Model) {
	var gone []flow.ID
	for _, id := range m.All {
		if _, ok := m.Rows.Row(id); !ok {
			gone = append(gone, id)
		}
	}
	m.Remove(gone)
}
