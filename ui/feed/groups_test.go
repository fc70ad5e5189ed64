package feed

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
	"posthouse/ui/uitest"
)

// counted is what the groups must say, found the slow way.
func counted(rows uitest.FakeRows, of func(*flow.Row) string) map[string]int {
	all := map[string]int{}
	for _, row := range rows {
		if name := of(&row); name != "" {
			all[name]++
		}
	}
	return all
}

func sameCounts(t *testing.T, what string, v *GroupView, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, g := range v.Names {
		got[g.Name] = g.Count
	}
	if len(got) != len(want) || v.Others != 0 {
		t.Fatalf("%s: %d names and %d others, want %d names", what, len(got), v.Others, len(want))
	}
	for name, n := range want {
		if got[name] != n || v.Named(name).Count != n {
			t.Fatalf("%s: %s has %d, want %d", what, name, got[name], n)
		}
	}
	if !slices.IsSortedFunc(v.Names, func(a, b GroupCount) int { return strings.Compare(a.Name, b.Name) }) {
		t.Fatalf("%s are not in the order of their names", what)
	}
}

// Whatever comes, gets an app, or leaves: the counts are what a plain loop over
// all rows finds.
func TestGroupsCountWhatAPlainLoopWould(t *testing.T) {
	apps := []string{"", "curl", "firefox", "node"}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 2))
		rows, next := uitest.FakeRows{}, flow.ID(1)
		m := NewModel(rows, testKeys)
		for range 200 {
			var batch []flow.Row
			switch random.IntN(4) {
			case 0:
				for id := range rows {
					if random.IntN(3) == 0 {
						delete(rows, id)
					}
				}
				removeMissing(m)
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
					row := uitest.SampleRow(next)
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
			m.Apply(batch)
			if v := m.Counts.Snapshot(random.IntN(2) == 0); v != nil {
				sameCounts(t, "hosts", &v.Hosts, counted(rows, HostGroup))
				sameCounts(t, "apps", &v.Apps, counted(rows, func(r *flow.Row) string { return r.App }))
				if v.Total != len(rows) {
					t.Fatalf("%d rows in all, want %d", v.Total, len(rows))
				}
			}
			if m.Counts.Snapshot(false) != nil {
				t.Fatal("nothing has changed, and there is a new snapshot")
			}
		}
	}
}

// There are never more names than the bound; the rest is counted together, and
// names come in again once others have gone.
func TestGroupsAreBounded(t *testing.T) {
	rows := uitest.FakeRows{}
	m := NewModel(rows, testKeys)
	const extra = 1000
	add := func(from, n int) {
		var batch []flow.Row
		for i := range n {
			row := flow.Row{ID: flow.ID(from + i), Host: fmt.Sprintf("host-%06d.test", from+i), App: fmt.Sprintf("app-%d", from+i)}
			rows[row.ID] = row
			batch = append(batch, row)
		}
		m.Apply(batch)
	}
	add(1, maxHosts+extra)
	v := m.Counts.Snapshot(true)
	if len(v.Hosts.Names) != maxHosts || v.Hosts.Others != extra || len(v.Apps.Names) != MaxApps ||
		v.Apps.Others != maxHosts+extra-MaxApps {
		t.Fatalf("%d hosts and %d others, %d apps and %d others", len(v.Hosts.Names), v.Hosts.Others, len(v.Apps.Names), v.Apps.Others)
	}
	clear(rows)
	removeMissing(m)
	if v = m.Counts.Snapshot(true); len(v.Hosts.Names) != 0 || v.Hosts.Others != 0 || v.Apps.Others != 0 {
		t.Fatalf("of no rows there are %d hosts and %d others", len(v.Hosts.Names), v.Hosts.Others)
	}
	add(maxHosts+extra+1, maxHosts)
	if v = m.Counts.Snapshot(false); len(v.Hosts.Names) != maxHosts || v.Hosts.Others != 0 ||
		len(m.Counts.hosts.list) > maxHosts+int(firstGroup) {
		t.Errorf("%d hosts and %d others in %d slots", len(v.Hosts.Names), v.Hosts.Others, len(m.Counts.hosts.list))
	}
}

func TestNamesThatNoFilterCanSay(t *testing.T) {
	m := NewModel(uitest.FakeRows{}, testKeys)
	for i, host := range []string{"a\"b.test", "a\x00b.test", "a\nb", strings.Repeat("x", 300), "a\xffb", "\u200eok.test"} {
		m.Apply([]flow.Row{{ID: flow.ID(i + 1), Host: host}})
	}
	if v := m.Counts.Snapshot(false); v.Hosts.Others != 5 || len(v.Hosts.Names) != 1 {
		t.Errorf("%d others and %v", v.Hosts.Others, v.Hosts.Names)
	}
}

// A row of the sidebar stands for the rows that its filter shows, and no others.
func TestAScopeShowsWhatItCounts(t *testing.T) {
	hosts := []string{"a.test", "b.a.test", "A.test:8080", "a.test.evil", "[::1]:80", "::1", "[::1]", "10.0.0.1:443", "a,b.test",
		"a b(c)|d", "-a.test", "=a.test", "host:a.test", "ü.test"}
	rows := uitest.FakeRows{}
	m := NewModel(rows, testKeys)
	for i, host := range hosts {
		rows[flow.ID(i+1)] = flow.Row{ID: flow.ID(i + 1), Host: host, App: host}
		m.Apply([]flow.Row{rows[flow.ID(i+1)]})
	}
	v := m.Counts.Snapshot(false)
	for i, section := range []*GroupView{&v.Hosts, &v.Apps} {
		for _, g := range section.Names {
			word := ScopeWord(ScopeKeys[i], g.Name)
			if found := Scopes("x " + word + " -y"); len(found) != 1 || found[0] != word {
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
			if n != g.Count {
				t.Errorf("%s shows %d rows, and %d are counted", word, n, g.Count)
			}
		}
	}
}

// Rows that leave memory leave the counts.
func TestEvictedRowsLeaveTheCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{Budget: 256 << 10})
		w := watchFeed(t, store)
		w.SetGroups(GroupsRequest{On: true})
		traffic(store, 5000, 10*time.Second)
		uitest.Record(store, "last.test", "/", 200)
		time.Sleep(groupsEvery + clockEvery)
		var v *GroupsView
		for _, u := range w.seen() {
			if u.Groups != nil {
				v = u.Groups
			}
		}
		sum := v.Hosts.Others
		for _, g := range v.Hosts.Names {
			sum += g.Count
		}
		if held := store.Stats().Rows; sum != held || v.Total != held || sum == 5001 || v.Hosts.Named("last.test").Count != 1 {
			t.Errorf("%d rows are counted, %d in all; %d are in memory", sum, v.Total, held)
		}
		w.forget()
		w.SetGroups(GroupsRequest{})
		uitest.Record(store, "more.test", "/", 200)
		time.Sleep(groupsEvery + clockEvery)
		for _, u := range w.seen() {
			if u.Groups != nil {
				t.Error("nobody wants counts, and they are made")
			}
		}
	})
}

// BenchmarkCounting is what counting costs the feed for each row that comes.
func BenchmarkCounting(b *testing.B) {
	rows := uitest.ManyHosts()
	m := NewModel(uitest.FakeRows{}, testKeys)
	m.Apply(rows)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Counts.change(i%len(rows), &rows[i%len(rows)])
		m.Counts.Of[i%len(rows)].host = m.Counts.hosts.Join(HostGroup(&rows[i%len(rows)]))
		m.Counts.hosts.leave(m.Counts.Of[i%len(rows)].host)
		i++
	}
}

// BenchmarkCountsSnapshot is what 10,000 hosts cost the feed with each refresh.
func BenchmarkCountsSnapshot(b *testing.B) {
	m := NewModel(uitest.FakeRows{}, testKeys)
	m.Apply(uitest.ManyHosts())
	for _, byCount := range []bool{false, true} {
		b.Run(fmt.Sprintf("byCount=%v", byCount), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Counts.Changed = true
				m.Counts.Snapshot(byCount)
			}
		})
	}
}
