package feed

import (
	"strings"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// hostFilter is what a filter that asks for hosts alone lets pass: that is known of each
// host, and no row has to be read. Nil where the rows themselves must be asked.
func hostFilter(m *Model) []flow.ID {
	hosts := &m.Counts.hosts
	if !asksHostsAlone(m.filter.String()) || hosts.list[otherGroups].Count > 0 {
		return nil
	}
	pass := make([]bool, len(hosts.list))
	for slot := range hosts.list {
		g := &hosts.list[slot]
		if len(g.spelt) >= maxSpelt {
			return nil // there may be more
		}
		pass[slot] = m.filter.Row(&flow.Row{Host: g.Name}) == query.Matched
		for _, host := range g.spelt {
			if (m.filter.Row(&flow.Row{Host: host}) == query.Matched) != pass[slot] {
				return nil // it asks for a port
			}
		}
	}
	shown := []flow.ID{}
	for at, of := range m.Counts.Of {
		if pass[of.host] {
			shown = append(shown, m.All[at])
		}
	}
	return shown
}

// asksHostsAlone reports whether a filter is one word or more of host:NAME.
func asksHostsAlone(text string) bool {
	if strings.ContainsAny(text, "|()/\\'") {
		return false
	}
	words := strings.Fields(text)
	for _, w := range words {
		if !strings.HasPrefix(strings.ToLower(strings.TrimPrefix(w, "-")), "host:") {
			return false
		}
	}
	return len(words) > 0
}
