package backend

import (
	"net/url"
	"slices"
)

// Section is the part of one
type Section struct {
	Backend string   `json:"backend"`
	Before  Values   `json:"before"`
	Wrote   []Change `json:"wrote"`
	File    *File    `json:"file,omitempty"`

	Login *url.Userinfo `json:"-"` // as in Snapshot; a password is not written down
}

// Expected is what a key holds while no one else has changed it: what was written,
// or what was there before where that served.
func (s Section) Expected(key string) Change {
	if i := slices.IndexFunc(s.Wrote, func(c Change) bool { return c.Key == key }); i >= 0 {
		return s.Wrote[i]
	}
	return Change{key, s.Before[key]}
}

// wroteAny reports whether one of the keys was written.
func (s Section) wroteAny(keys []string) bool {
	return slices.ContainsFunc(s.Wrote, func(c Change) bool { return slices.Contains(keys, c.Key) })
}

// Compare says which keys go back and which were changed by somebody else.
func (s Section) Compare(now Values, t Ties) (back, left []Change) {
	theirs := func(key string) bool {
		return now[key] != s.Before[key] && !t.Holds(s.Expected(key), now[key])
	}
	taken := map[string]bool{}
	for _, group := range t.Groups {
		if !s.wroteAny(group) || !slices.ContainsFunc(group, theirs) {
			continue
		}
		for _, key := range append(slices.Clone(group), t.Masters...) {
			taken[key] = true
		}
	}
	for _, c := range s.Wrote {
		switch {
		case now[c.Key] == s.Before[c.Key]: // never written, or back already
		case taken[c.Key] || theirs(c.Key):
			left = append(left, c)
		default:
			back = append(back, Change{c.Key, s.Before[c.Key]})
		}
	}
	return back, left
}

// InForce reports whether switch and addresses are what they were when all was
// written. What was not written counts too, because it was as it had to be: the
// switch of a user who had a proxy already, or one half of an address.
func (s Section) InForce(now Values, t Ties) bool {
	keys := slices.Clone(t.Masters)
	for _, group := range t.Groups {
		if s.wroteAny(group) {
			keys = append(keys, group...)
		}
	}
	return !slices.ContainsFunc(keys, func(key string) bool {
		if t.Vanishing && !now[key].Set {
			return false
		}
		return !t.Holds(s.Expected(key), now[key])
	})
}
