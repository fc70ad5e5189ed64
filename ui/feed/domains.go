package feed

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Hosts of one domain stand together in the sidebar, below a row of the domain that
// has their sum, where there are at least two of them. A domain is what somebody
// registers: one label more than a public suffix such as "com" or "co.uk". There
// are never more such rows than half as many hosts.

// domainPrefix is what the name of a domain's row begins with, as in the filter.
const domainPrefix = "*."

// domainOf is the domain that a host belongs to, "" for addresses and single words.
func domainOf(host string) string {
	if host == "" || strings.ContainsAny(host, ":[") || host[len(host)-1] >= '0' && host[len(host)-1] <= '9' {
		return "" // an address (RFC 3986 section 3.2.2): no top-level domain ends in a digit
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return domain
}

// gather puts hosts of one domain together, and the domains in the order of the rest.
func (v *GroupView) gather(byCount bool) {
	type family struct{ hosts, count int }
	families := map[string]family{}
	for _, g := range v.Names {
		if g.domain != "" {
			f := families[g.domain]
			families[g.domain] = family{f.hosts + 1, f.count + g.Count}
		}
	}
	for domain, f := range families {
		if f.hosts > 1 {
			v.domains = append(v.domains, GroupCount{Name: domainPrefix + domain, Count: f.count, domain: domain})
		}
	}
	if len(v.domains) == 0 {
		return
	}
	slices.SortFunc(v.domains, func(a, b GroupCount) int { return strings.Compare(a.Name, b.Name) })
	shown := slices.Clone(v.domains)
	for _, g := range v.Names {
		g.Under = families[g.domain].hosts > 1
		shown = append(shown, g)
	}
	// head is what a row stands for among the others, and how many requests that has.
	head := func(g *GroupCount) (string, int) {
		if f := families[g.domain]; f.hosts > 1 {
			return g.domain, f.count
		}
		return g.Name, g.Count
	}
	slices.SortFunc(shown, func(a, b GroupCount) int {
		headA, countA := head(&a)
		headB, countB := head(&b)
		if !byCount {
			return cmp.Or(strings.Compare(headA, headB), below(a, b), strings.Compare(a.Name, b.Name))
		}
		return cmp.Or(countB-countA, strings.Compare(headA, headB), below(a, b), b.Count-a.Count, strings.Compare(a.Name, b.Name))
	})
	v.Shown = shown
}

// below puts the row of a domain above those of its hosts.
func below(a, b GroupCount) int {
	switch {
	case a.Under == b.Under:
		return 0
	case b.Under:
		return -1
	}
	return 1
}

// Label is what a row says: the domain, or of a host below it what comes before.
func (g GroupCount) Label() string {
	switch {
	case g.Under && g.Name != g.domain:
		return strings.TrimSuffix(g.Name, "."+g.domain)
	case !g.Under && g.domain != "":
		return strings.TrimPrefix(g.Name, domainPrefix)
	}
	return g.Name
}
