package ui

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// counted is what the groups must say, found the slow way.
func counted(rows fakeRows, of func(*flow.Row) string) map[string]int {
	all := map[string]int{}
	for _, row := range rows {
		if name := of(&row); name != "" {
			all[name]++
		}
	}
	return all
}

func sameCounts(t *testing.T, what string, v *groupView, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, g := range v.names {
		got[g.name] = g.count
	}
	if len(got) != len(want) || v.others != 0 {
		t.Fatalf("%s: %d names and %d others, want %d names", what, len(got), v.others, len(want))
	}
	for name, n := range want {
		if got[name] != n || v.count(name) != n {
			t.Fatalf("%s: %s has %d, want %d", what, name, got[name], n)
		}
	}
	if !slices.IsSortedFunc(v.names, func(a, b groupCount) int { return strings.Compare(a.name, b.name) }) {
		t.Fatalf("%s are not in the order of their names", what)
	}
}

// Whatever comes, gets an app, or leaves: the counts are what a plain loop over
// all rows finds.
func TestGroupsCountWhatAPlainLoopWould(t *testing.T) {
	apps := []string{"", "curl", "firefox", "node"}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 2))
		rows, next := fakeRows{}, flow.ID(1)
		m := newModel(rows)
		for range 200 {
			var batch []flow.Row
			switch random.IntN(4) {
			case 0:
				for id := range rows {
					if random.IntN(3) == 0 {
						delete(rows, id)
					}
				}
				m.removeMissing()
			case 1: // the app is known later
				for id, row := range rows {
					if row.App == "" && random.IntN(2) == 0 {
						row.App = apps[random.IntN(len(apps))]
						rows[id] = row
						batch = append(batch, row)
					}
				}
			default:
				for range random.IntN(20) {
					row := sampleRow(next)
					row.Host = fmt.Sprintf("H%d.test", random.IntN(30))
					if random.IntN(2) == 0 {
						row.Host += ":8080"
					}
					rows[next] = row
					batch = append(batch, row)
					next++
				}
				random.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
			}
			m.apply(batch)
			if v := m.tally.snapshot(random.IntN(2) == 0); v != nil {
				sameCounts(t, "hosts", &v.hosts, counted(rows, hostGroup))
				sameCounts(t, "apps", &v.apps, counted(rows, func(r *flow.Row) string { return r.App }))
				if v.total != len(rows) {
					t.Fatalf("%d rows in all, want %d", v.total, len(rows))
				}
			}
			if m.tally.snapshot(false) != nil {
				t.Fatal("nothing has changed, and there is a new snapshot")
			}
		}
	}
}

// There are never more names than the bound; the rest is counted together, and
// names come in again once others have gone.
func TestGroupsAreBounded(t *testing.T) {
	rows := fakeRows{}
	m := newModel(rows)
	const extra = 1000
	add := func(from, n int) {
		var batch []flow.Row
		for i := range n {
			row := flow.Row{ID: flow.ID(from + i), Host: fmt.Sprintf("host-%06d.test", from+i), App: fmt.Sprintf("app-%d", from+i)}
			rows[row.ID] = row
			batch = append(batch, row)
		}
		m.apply(batch)
	}
	add(1, maxHosts+extra)
	v := m.tally.snapshot(true)
	if len(v.hosts.names) != maxHosts || v.hosts.others != extra || len(v.apps.names) != maxApps || v.apps.others != maxHosts+extra-maxApps {
		t.Fatalf("%d hosts and %d others, %d apps and %d others", len(v.hosts.names), v.hosts.others, len(v.apps.names), v.apps.others)
	}
	clear(rows)
	m.removeMissing()
	if v = m.tally.snapshot(true); len(v.hosts.names) != 0 || v.hosts.others != 0 || v.apps.others != 0 {
		t.Fatalf("of no rows there are %d hosts and %d others", len(v.hosts.names), v.hosts.others)
	}
	add(maxHosts+extra+1, maxHosts)
	if v = m.tally.snapshot(false); len(v.hosts.names) != maxHosts || v.hosts.others != 0 || len(m.tally.hosts.list) > maxHosts+int(firstGroup) {
		t.Errorf("%d hosts and %d others in %d slots", len(v.hosts.names), v.hosts.others, len(m.tally.hosts.list))
	}
}

func TestNamesThatNoFilterCanSay(t *testing.T) {
	m := newModel(fakeRows{})
	for i, host := range []string{"a\"b.test", "a\x00b.test", "a\nb", strings.Repeat("x", 300), "a\xffb", "\u200eok.test"} {
		m.apply([]flow.Row{{ID: flow.ID(i + 1), Host: host}})
	}
	if v := m.tally.snapshot(false); v.hosts.others != 5 || len(v.hosts.names) != 1 {
		t.Errorf("%d others and %v", v.hosts.others, v.hosts.names)
	}
}

// A row of the sidebar stands for the rows that its filter shows, and no others.
func TestAScopeShowsWhatItCounts(t *testing.T) {
	hosts := []string{"a.test", "b.a.test", "A.test:8080", "a.test.evil", "[::1]:80", "::1", "[::1]", "10.0.0.1:443", "a,b.test", "a b(c)|d", "-a.test", "=a.test", "host:a.test", "ü.test"}
	rows := fakeRows{}
	m := newModel(rows)
	for i, host := range hosts {
		rows[flow.ID(i+1)] = flow.Row{ID: flow.ID(i + 1), Host: host, App: host}
		m.apply([]flow.Row{rows[flow.ID(i+1)]})
	}
	v := m.tally.snapshot(false)
	for i, section := range []*groupView{&v.hosts, &v.apps} {
		for _, g := range section.names {
			word := scopeWord(sections[i].key, g.name)
			if found := scopes("x " + word + " -y"); len(found) != 1 || found[0] != word {
				t.Errorf("%s is read back as %q", word, found)
			}
			q, err := query.Parse(word)
			if err != nil {
				t.Fatalf("%s: %v", word, err)
			}
			n := 0
			for _, row := range rows {
				if q.Match(&row) {
					n++
				}
			}
			if n != g.count {
				t.Errorf("%s shows %d rows, and %d are counted", word, n, g.count)
			}
		}
	}
}

// Rows that leave memory leave the counts.
func TestEvictedRowsLeaveTheCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{Budget: 256 << 10})
		w := watchFeed(t, store)
		w.setGroups(groupsWish{on: true})
		traffic(store, 5000, 10*time.Second)
		record(store, "last.test", "/", 200)
		time.Sleep(groupsEvery + clockEvery)
		var v *groupsView
		for _, u := range w.seen() {
			if u.groups != nil {
				v = u.groups
			}
		}
		sum := v.hosts.others
		for _, g := range v.hosts.names {
			sum += g.count
		}
		if held := store.Stats().Rows; sum != held || v.total != held || sum == 5001 || v.hosts.count("last.test") != 1 {
			t.Errorf("%d rows are counted, %d in all; %d are in memory", sum, v.total, held)
		}
		w.forget()
		w.setGroups(groupsWish{})
		record(store, "more.test", "/", 200)
		time.Sleep(groupsEvery + clockEvery)
		for _, u := range w.seen() {
			if u.groups != nil {
				t.Error("nobody wants counts, and they are made")
			}
		}
	})
}

// manyHosts are 100,000 rows of 10,000 hosts.
func manyHosts() []flow.Row {
	rows := make([]flow.Row, 100_000)
	for i := range rows {
		rows[i] = flow.Row{ID: flow.ID(i + 1), Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "GET", Scheme: "http",
			Host: fmt.Sprintf("host-%d.example.test:8080", i*7919%10_000), Path: "/", Status: 200, App: fmt.Sprintf("app-%d", i%40)}
	}
	return rows
}

// BenchmarkCounting is what counting costs the feed for each row that comes.
func BenchmarkCounting(b *testing.B) {
	rows := manyHosts()
	m := newModel(fakeRows{})
	m.apply(rows)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.tally.change(i%len(rows), &rows[i%len(rows)])
		m.tally.of[i%len(rows)].host = m.tally.hosts.join(hostGroup(&rows[i%len(rows)]))
		m.tally.hosts.leave(m.tally.of[i%len(rows)].host)
		i++
	}
}

// BenchmarkCountsSnapshot is what 10,000 hosts cost the feed with each refresh.
func BenchmarkCountsSnapshot(b *testing.B) {
	m := newModel(fakeRows{})
	m.apply(manyHosts())
	for _, byCount := range []bool{false, true} {
		b.Run(fmt.Sprintf("byCount=%v", byCount), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.tally.changed = true
				m.tally.snapshot(byCount)
			}
		})
	}
}
