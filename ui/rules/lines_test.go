package rules

import (
	"fmt"
	"strings"
	"testing"

	"posthouse/proxy/rules"
)

// written are rules, each as name or folder/name.
func written(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		folder, own, in := strings.Cut(name, "/")
		if !in {
			folder, own = "", name
		}
		fmt.Fprintf(&b, "[[rule]]\nname = '%s'\nblock = 'reset'\n", own)
		if folder != "" {
			fmt.Fprintf(&b, "folder = '%s'\n", folder)
		}
	}
	return b.String()
}

func read(t *testing.T, text string) []*rules.Compiled {
	t.Helper()
	s, err := rules.Load("", []byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	return s.Rules
}

// names are rules as written takes them.
func names(list []*rules.Compiled) string {
	var all []string
	for _, c := range list {
		name := c.Name
		if c.Folder != "" {
			name = c.Folder + "/" + name
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

func shown(lines []line) string {
	var all []string
	for _, l := range lines {
		if l.rule < 0 {
			all = append(all, fmt.Sprintf("%s[%d,%d)", l.folder, l.from, l.to))
		} else {
			all = append(all, fmt.Sprint(l.rule))
		}
	}
	return strings.Join(all, " ")
}

// Folders stand where their rules do, once for each run of them.
func TestLines(t *testing.T) {
	list := read(t, written("a", "F/b", "F/c", "d", "G/e", "F/f"))
	folded := ""
	is := func(folder string) bool { return folder == folded }
	if got := shown(linesOf(list, is)); got != "0 F[1,3) 1 2 3 G[4,5) 4 F[5,6) 5" {
		t.Error(got)
	}
	folded = "F"
	lines := linesOf(list, is)
	if got := shown(lines); got != "0 F[1,3) 3 G[4,5) 4 F[5,6)" {
		t.Error(got)
	}
	for rule, want := range []int{0, 1, 1, 2, 4, 5} {
		if got := lineOf(lines, rule); got != want {
			t.Errorf("rule %d is in line %d, want %d", rule, got, want)
		}
	}
	if lineOf(lines, 6) != -1 || lineOf(nil, 0) != -1 {
		t.Error("a rule that is not there has a line")
	}
}

// What goes up or down passes its neighbour, enters the folder beside it, or leaves its own.
func TestSteps(t *testing.T) {
	for _, c := range []struct {
		rules  string
		folded string
		at     int
		down   bool
		want   string // "" for nowhere to go
	}{
		{"a b", "", 0, true, "b a"}, {"a b", "", 1, false, "b a"}, {"a b", "", 0, false, ""}, {"a b", "", 1, true, ""},
		{"a F/b c", "", 0, true, "F/a F/b c"}, {"a F/b c", "", 3, false, "a F/b F/c"},
		{"a F/b c", "", 2, false, "a b c"}, {"a F/b c", "", 2, true, "a b c"},
		{"F/a F/b", "", 2, true, "F/a b"}, {"F/a F/b", "", 1, true, "F/b F/a"}, {"F/a F/b", "", 2, false, "F/b F/a"},
		{"a F/b F/c d", "F", 0, true, "F/b F/c a d"}, {"a F/b F/c d", "F", 2, false, "a d F/b F/c"},
		{"a F/b F/c d", "", 1, true, "a d F/b F/c"}, {"a F/b F/c d", "", 1, false, "F/b F/c a d"},
		{"F/a G/b G/c", "", 2, false, "G/b G/c F/a"}, {"F/a G/b G/c", "", 0, true, "G/b G/c F/a"}, {"a F/b", "", 1, true, ""},
	} {
		text := written(strings.Fields(c.rules)...)
		list := read(t, text)
		lines := linesOf(list, func(folder string) bool { return folder == c.folded })
		p, can := stepOf(lines, c.at, c.down)
		got := ""
		if can {
			out, err := moved([]byte(text), &lines[c.at], p)
			if err != nil {
				t.Fatal(err)
			}
			got = names(read(t, string(out)))
		}
		if got != c.want {
			t.Errorf("%s, line %d, down %v: %q, want %q", c.rules, c.at, c.down, got, c.want)
		}
	}
}

// What is dropped between two lines stands there, and in the folder that it is dropped in.
func TestDrops(t *testing.T) {
	for _, c := range []struct {
		rules string
		at    int // the line that is dragged
		gap   int
		right bool
		want  string
	}{
		{"a b c", 0, 3, false, "b c a"}, {"a b c", 2, 0, false, "c a b"}, {"a b c", 1, 1, false, "a b c"}, {"a b c", 1, 99, false, "a c b"},
		{"a F/b F/c d", 0, 3, false, "F/b F/a F/c d"}, {"a F/b F/c d", 0, 2, false, "F/a F/b F/c d"},
		{"a F/b F/c d", 0, 4, true, "F/b F/c F/a d"}, {"a F/b F/c d", 0, 4, false, "F/b F/c a d"}, {"a F/b F/c d", 2, 0, false,
			"b a F/c d"},
		{"a F/b F/c d", 1, 5, false, "a d F/b F/c"}, {"a F/b F/c d", 1, 0, false, "F/b F/c a d"}, {"a F/b F/c d", 1, 3, false,
			"a F/b F/c d"},
		{"F/a F/b G/c", 3, 1, false, "G/c F/a F/b"}, {"F/a F/b G/c G/d", 0, 5, true, "G/c G/d F/a F/b"},
	} {
		text := written(strings.Fields(c.rules)...)
		lines := linesOf(read(t, text), func(string) bool { return false })
		l := &lines[c.at]
		p := placeAt(lines, c.gap, c.right)
		if l.rule < 0 {
			p = placeOf(lines, c.gap)
		}
		out, err := moved([]byte(text), l, p)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(read(t, string(out))); got != c.want {
			t.Errorf("%s, line %d to %d: %q, want %q", c.rules, c.at, c.gap, got, c.want)
		}
	}
}
