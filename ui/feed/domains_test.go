package feed

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

func TestDomainOf(t *testing.T) {
	for host, want := range map[string]string{
		"api.example.com": "example.com", "example.com": "example.com", "a.b.example.co.uk": "example.co.uk", "co.uk": "", "com": "",
		"localhost": "", "": "",
		"10.0.0.7": "", "[::1]": "", "::1": "", "me.github.io": "me.github.io", "a.test": "a.test", "x.a.test": "a.test", ".": "", "..": "",
		"a..test": "",
	} {
		if got := domainOf(host); got != want {
			t.Errorf("%q belongs to %q, want %q", host, got, want)
		}
	}
}

// lines are the rows as they are read, those below a domain with a space before.
func (v *GroupView) lines() (all []string) {
	for _, g := range v.Shown {
		line := fmt.Sprintf("%s %d", g.Label(), v.Named(g.Name).Count)
		if g.Under {
			line = " " + line
		}
		all = append(all, line)
	}
	return all
}

func TestHostsOfOneDomainStandTogether(t *testing.T) {
	g := NewHosts()
	for host, n := range map[string]int{"www.b.com": 1, "b.com": 4, "cdn.b.com": 2, "alone.a.com": 5, "10.0.0.7": 3, "localhost": 1,
		"x.c.co.uk": 9, "y.c.co.uk": 1} {
		for range n {
			g.Join(host)
		}
	}
	g.Join("*.b.com") // nobody may pass for a domain
	byName, byCount := g.View(false), g.View(true)
	if got, want := byName.lines(), []string{"10.0.0.7 3", "alone.a.com 5", "b.com 7", " b.com 4", " cdn 2", " www 1", "c.co.uk 10", " x 9",
		" y 1", "localhost 1"}; !slices.Equal(got, want) {
		t.Errorf("by name: %q", got)
	}
	if got, want := byCount.lines(), []string{"c.co.uk 10", " x 9", " y 1", "b.com 7", " b.com 4", " cdn 2", " www 1", "alone.a.com 5",
		"10.0.0.7 3", "localhost 1"}; !slices.Equal(got, want) {
		t.Errorf("by count: %q", got)
	}
	if byName.Others != 1 {
		t.Errorf("%d others", byName.Others)
	}
}

// A domain's row has what its filter finds, and there are no more rows than that.
func TestADomainsRowSaysWhatItsFilterFinds(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	g := NewHosts()
	var rows []flow.Row
	for range 3000 {
		host := fmt.Sprintf("h%d.d%d.test", random.IntN(4), random.IntN(30))
		rows = append(rows, flow.Row{Host: host + ":80"})
		g.Join(host)
	}
	v := g.View(random.IntN(2) == 0)
	if len(v.domains) == 0 || len(v.Shown) != len(v.Names)+len(v.domains) {
		t.Fatalf("%d rows for %d hosts and %d domains", len(v.Shown), len(v.Names), len(v.domains))
	}
	for _, d := range v.domains {
		filter, err := query.Parse(ScopeWord(ScopeKeys[0], d.Name))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for i := range rows {
			if filter.Match(&rows[i]) {
				n++
			}
		}
		if n != d.Count || v.Named(d.Name).Count != n {
			t.Errorf("%s has %d, and its filter finds %d", d.Name, d.Count, n)
		}
	}
}

// However many hosts: half as many domains at most.
func TestDomainsAreBounded(t *testing.T) {
	g := NewHosts()
	for i := range 2 * maxHosts {
		g.Join(fmt.Sprintf("%s.d%d.test", []string{"a", "b"}[i%2], i/2))
	}
	if v := g.View(true); len(v.domains) > maxHosts/2 || len(v.Names) != maxHosts || v.Others != maxHosts ||
		strings.Contains(v.Shown[0].Label(), "*") {
		t.Errorf("%d domains, %d hosts, %d others", len(v.domains), len(v.Names), v.Others)
	}
}
