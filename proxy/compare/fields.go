package compare

import (
	"slices"
	"strconv"
	"strings"

	"posthouse/proxy/content"
)

func number(n int) string { return strconv.Itoa(n) }

// named compares fields by name, and the lines of one name in their order: the first of
// one side is the first of the other. With fold, case makes no other name.
func named(a, b []content.Field, fold bool, ignored func(name string) bool) (s Entries) {
	key := func(name string) string {
		if fold {
			return strings.ToLower(name)
		}
		return name
	}
	places := map[string][]int{} // of b, by name, those that are not taken yet
	for i := range b {
		k := key(b[i].Name)
		places[k] = append(places[k], i)
	}
	partner := make([]int, len(b)) // in a
	for i := range partner {
		partner[i] = -1
	}
	alone := make([]bool, len(a))
	equalFirst(a, b, key, places, partner, alone)
	for i := range a {
		if !alone[i] {
			continue
		}
		k := key(a[i].Name)
		if left := places[k]; len(left) > 0 {
			places[k], partner[left[0]], alone[i] = left[1:], i, false
		}
	}
	moved := outOfOrder(partner)
	at := 0 // of a: removed entries stand where they stood
	flush := func(upTo int) {
		for ; at < upTo; at++ {
			if alone[at] {
				s.add(Entry{Name: a[at].Name, Kind: Removed, Old: a[at].Value, Ignored: ignored(a[at].Name)})
			}
		}
	}
	for i := range b {
		e := Entry{Name: b[i].Name, New: b[i].Value, Kind: Added, Ignored: ignored(b[i].Name)}
		if p := partner[i]; p >= 0 {
			flush(p)
			e.Kind, e.Old = Same, a[p].Value
			if e.Old != e.New {
				e.Kind = Changed
			}
			if a[p].Name != b[i].Name {
				e.Remark |= Recast
			}
			if moved[i] {
				e.Remark |= Moved
			}
		}
		s.add(e)
	}
	flush(len(a))
	return s
}

// equalFirst pairs lines of one name that say the same, in their order, where the counts
// of the name differ: what was added or removed is then the line that was.
func equalFirst(a, b []content.Field, key func(string) string, places map[string][]int, partner []int, alone []bool) {
	count := map[string]int{}
	for i := range a {
		alone[i] = true
		count[key(a[i].Name)]++
	}
	for i := range a {
		k := key(a[i].Name)
		if count[k] == len(places[k]) {
			continue
		}
		for n, j := range places[k] {
			if b[j].Value == a[i].Value {
				partner[j], alone[i] = i, false
				places[k] = slices.Delete(slices.Clone(places[k]), n, n+1)
				count[k]--
				break
			}
		}
	}
}

// outOfOrder are the places in b of what would have to move for the rest to be in a's
// order: all but a longest rising run.
func outOfOrder(partner []int) []bool {
	moved := make([]bool, len(partner))
	var ends []int // ends[n] is the place in b where a rising run of n+1 ends lowest
	before := make([]int, len(partner))
	for i, p := range partner {
		if p < 0 {
			continue
		}
		moved[i] = true
		n, _ := slices.BinarySearchFunc(ends, p, func(end, p int) int { return partner[end] - p })
		before[i] = -1
		if n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	if len(ends) == 0 {
		return moved
	}
	for i := ends[len(ends)-1]; i >= 0; i = before[i] {
		moved[i] = false
	}
	return moved
}

// parameters compares two queries or forms, whose charset is label.
func parameters(a, b, label string, o *Options) Entries {
	var fields [2][]content.Field
	for i, text := range [2]string{a, b} {
		if text != "" {
			fields[i], _ = content.FormFields(text, label)
		}
	}
	return named(fields[0], fields[1], false, func(name string) bool { return slices.Contains(o.Paths, name) })
}
