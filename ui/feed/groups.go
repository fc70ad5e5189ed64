package feed

import (
	"slices"
	"strings"
	"unicode"

	"posthouse/app/clients/appicon"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// Bounds of what the sidebar counts. Rows of names beyond them are counted
// together; a name that is too long, or that no filter can be written for, is
// one of those.
const (
	maxHosts     = 16_384
	MaxApps      = 1024
	maxGroupName = 255 // bytes; a host name has 253 at most (RFC 1035 section 2.3.4)
	maxSpelt     = 4   // ways to write a host, with its ports
	maxPrograms  = 8   // of one name, whose icons are asked for: those that came last
)

// Slots that stand for no name.
const (
	noGroup     uint32 = iota // the row has none: it is not counted
	otherGroups               // names beyond the bounds
	firstGroup
)

// groups counts rows by a name. Counting costs the same however many there are;
// names are kept sorted as they come.
type groups struct {
	max     int
	domains bool // the names are hosts: those of one domain stand together
	slots   map[string]uint32
	list    []GroupCount // by slot
	sorted  []uint32     // slots by name; those without rows too, until tidy
	free    []uint32
	empty   int // named slots without rows
}

// GroupCount is a name and how many rows it has.
type GroupCount struct {
	Name     string
	Count    int
	Programs []appicon.Program // of this name; never changed in place, for views have them too
	domain   string            // that the host belongs to (domains.go), "" for none
	Under    bool              // it stands below the row of its domain
	spelt    []string          // other hosts than the name that there were, such as with a port; at most maxSpelt
}

// NewGroups counts up to max names, and all others together.
func NewGroups(max int) groups {
	return groups{max: max, slots: map[string]uint32{}, list: make([]GroupCount, firstGroup)}
}

// Join counts a row in, and returns the slot to count it out of.
func (g *groups) Join(name string) uint32 {
	slot := g.slotOf(name)
	if slot >= firstGroup && g.list[slot].Count == 0 {
		g.empty--
	}
	g.list[slot].Count++
	return slot
}

func (g *groups) leave(slot uint32) {
	g.list[slot].Count--
	if slot >= firstGroup && g.list[slot].Count == 0 {
		g.empty++
	}
}

// move counts a row under another name, if it is one; it reports whether it was.
func (g *groups) move(slot uint32, name string) (uint32, bool) {
	if g.list[slot].Name == name || slot == otherGroups {
		return slot, false
	}
	g.leave(slot)
	return g.Join(name), true
}

// note remembers which program has a name.
func (g *groups) note(slot uint32, r *flow.Row) {
	if slot < firstGroup {
		return
	}
	had, p := g.list[slot].Programs, appicon.Of(r.AppPath, r.AppPID)
	if slices.Contains(had, p) {
		return
	}
	p.Path = strings.Clone(p.Path)
	g.list[slot].Programs = append(slices.Clone(had[max(0, len(had)-maxPrograms+1):]), p)
}

// slotOf finds a name's slot or makes one, which has no rows yet.
func (g *groups) slotOf(name string) uint32 {
	if name == "" {
		return noGroup
	}
	if slot, ok := g.slots[name]; ok {
		return slot
	}
	if len(g.slots) >= g.max {
		g.tidy()
	}
	if len(g.slots) >= g.max || !nameable(name) {
		return otherGroups
	}
	name = strings.Clone(name) // it may be a part of something larger
	slot := uint32(len(g.list))
	if n := len(g.free); n > 0 {
		slot, g.free = g.free[n-1], g.free[:n-1]
	} else {
		g.list = append(g.list, GroupCount{})
	}
	g.list[slot] = GroupCount{Name: name}
	if g.domains {
		g.list[slot].domain = domainOf(name)
	}
	g.slots[name] = slot
	g.empty++
	at, _ := slices.BinarySearchFunc(g.sorted, name, func(s uint32, name string) int { return strings.Compare(g.list[s].Name, name) })
	g.sorted = slices.Insert(g.sorted, at, slot)
	return slot
}

// nameable reports whether a filter can be written for a name.
func nameable(name string) bool {
	return len(name) <= maxGroupName && !strings.HasPrefix(name, domainPrefix) && !strings.ContainsFunc(name, func(r rune) bool {
		return query.Quote(r) || r == unicode.ReplacementChar || unicode.IsControl(r)
	})
}

// tidy forgets names without rows.
func (g *groups) tidy() {
	if g.empty == 0 {
		return
	}
	g.sorted = slices.DeleteFunc(g.sorted, func(slot uint32) bool {
		if g.list[slot].Count > 0 {
			return false
		}
		delete(g.slots, g.list[slot].Name)
		g.list[slot] = GroupCount{}
		g.free = append(g.free, slot)
		return true
	})
	g.empty = 0
}

// View is the groups as they stand.
func (g *groups) View(byCount bool) GroupView {
	g.tidy()
	v := GroupView{Names: make([]GroupCount, 0, len(g.sorted)), Others: g.list[otherGroups].Count}
	for _, slot := range g.sorted {
		v.Names = append(v.Names, g.list[slot])
	}
	v.Shown = v.Names
	if byCount {
		v.Shown = slices.Clone(v.Names)
		slices.SortStableFunc(v.Shown, func(a, b GroupCount) int { return b.Count - a.Count })
	}
	if g.domains {
		v.gather(byCount)
	}
	return v
}

// GroupView is a snapshot that nothing changes any more.
type GroupView struct {
	Names   []GroupCount // by name
	domains []GroupCount // of those with a row of their own, by name
	Shown   []GroupCount // both, in the order in which they are shown
	Others  int          // rows of names beyond the bounds
}

// Named is the group of a name; without rows if there is none.
func (v *GroupView) Named(name string) GroupCount {
	among := v.Names
	if strings.HasPrefix(name, domainPrefix) {
		among = v.domains
	}
	at, ok := slices.BinarySearchFunc(among, name, func(g GroupCount, name string) int { return strings.Compare(g.Name, name) })
	if !ok {
		return GroupCount{}
	}
	return among[at]
}

// counts counts the model's rows by host and by app. It has 8 bytes for each row,
// in the order of the model's: of a row that has left memory nobody else knows
// where it was counted.
type counts struct {
	hosts, apps groups
	Of          []membership
	Changed     bool // since the last snapshot
}

type membership struct{ host, app uint32 }

func newCounts() counts { return counts{hosts: NewHosts(), apps: NewGroups(MaxApps)} }

// NewHosts counts hosts, and the domains above them.
func NewHosts() groups {
	g := NewGroups(maxHosts)
	g.domains = true
	return g
}

// Add counts a row that has come to stand at a place.
func (t *counts) Add(at int, r *flow.Row) {
	t.Changed = true
	m := membership{t.hosts.Join(HostGroup(r)), t.apps.Join(r.App)}
	t.apps.note(m.app, r)
	t.hosts.spell(m.host, r)
	t.Of = slices.Insert(t.Of, at, m)
}

// change counts a row that is known anew: its app is known a little after it began.
func (t *counts) change(at int, r *flow.Row) {
	m := &t.Of[at]
	var host, app bool
	m.host, host = t.hosts.move(m.host, HostGroup(r))
	t.hosts.spell(m.host, r)
	if m.app, app = t.apps.move(m.app, r.App); app {
		t.apps.note(m.app, r)
	}
	t.Changed = t.Changed || host || app
}

// spell keeps in mind how else than its name a host is written in rows, with a port for one.
func (g *groups) spell(slot uint32, r *flow.Row) {
	if slot < firstGroup || strings.EqualFold(r.Host, g.list[slot].Name) || len(g.list[slot].spelt) >= maxSpelt {
		return
	}
	had := g.list[slot].spelt
	if !slices.ContainsFunc(had, func(s string) bool { return strings.EqualFold(s, r.Host) }) {
		g.list[slot].spelt = append(slices.Clone(had), strings.Clone(r.Host[:min(len(r.Host), maxGroupName+8)]))
	}
}

// drop counts out the rows at the places that gone names, which is asked from the first on.
func (t *counts) drop(gone func(at int) bool) {
	t.Changed = true
	kept := t.Of[:0]
	for at, m := range t.Of {
		if gone(at) {
			t.hosts.leave(m.host)
			t.apps.leave(m.app)
		} else {
			kept = append(kept, m)
		}
	}
	t.Of = kept
}

// HostGroup is the host that a row is counted under: without a port, in lower case.
func HostGroup(r *flow.Row) string { return strings.ToLower(query.Hostname(r.Host)) }

// GroupsView is what the sidebar shows.
type GroupsView struct {
	Total       int
	Hosts, Apps GroupView
}

// Snapshot is nil while nothing has changed since the last one.
func (t *counts) Snapshot(byCount bool) *GroupsView {
	if !t.Changed {
		return nil
	}
	t.Changed = false
	return &GroupsView{len(t.Of), t.hosts.View(byCount), t.apps.View(byCount)}
}
