package imports

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// whistle is a file of lines that is read: pattern, and what is done.
type whistle struct {
	Result
	values map[string]string // that operations name, by name
	used   int               // bytes of values that rules have by now
	folder string            // of the window, for rules of an export that has several files
}

var (
	embedded  = regexp.MustCompile("(?ms)^[ \t]*```[ \t]*([^\\s`]+)[^\n]*\n(.*?)^[ \t]*```[ \t]*$")
	joinedOps = regexp.MustCompile("(?ms)^[ \t]*line`(.*?)`")
	operation = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_.-]*)://(.*)$`)
)

// readWhistle reads lines. Texts of any other kind are lines that cannot be understood. values are
// those that the program keeps beside its rules.
func readWhistle(name string, text []byte, values map[string]string) (*Result, error) {
	w := &whistle{Result: Result{Format: Whistle}}
	w.read(text, values)
	return w.done(name)
}

// done is what was read; an error where nothing was.
func (w *whistle) done(name string) (*Result, error) {
	if len(w.Rules) == 0 {
		return nil, &reasonError{reason.ImportUnknown.With(clean(name))}
	}
	return &w.Result, nil
}

// exported reads what the program exports of its rules, or of the values beside them: texts by
// their names, in the order of the list that has no name.
func exported(text []byte) (names []string, texts map[string]string, ok bool) {
	var all map[string]json.RawMessage
	if json.Unmarshal(text, &all) != nil || len(all) == 0 {
		return nil, nil, false
	}
	texts = map[string]string{}
	for name, raw := range all {
		var one string
		switch {
		case name == "":
			if json.Unmarshal(raw, &names) != nil {
				return nil, nil, false
			}
		case json.Unmarshal(raw, &one) != nil:
			return nil, nil, false
		default:
			texts[name] = one
		}
	}
	listed := map[string]bool{}
	names = slices.DeleteFunc(names, func(name string) bool {
		_, has := texts[name]
		again := listed[name]
		listed[name] = true
		return !has || again
	})
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if !listed[name] {
			names = append(names, name)
		}
	}
	return names, texts, true
}

// readExported reads rules that the program exported.
func readExported(name string, names []string, texts, values map[string]string) (*Result, error) {
	w := &whistle{Result: Result{Format: Whistle}}
	for _, file := range names {
		if w.folder = file; len(names) == 1 {
			w.folder = ""
		}
		w.read([]byte(texts[file]), values)
	}
	return w.done(name)
}

// read reads the lines of one file.
func (w *whistle) read(text []byte, values map[string]string) {
	if w.values = maps.Clone(values); w.values == nil {
		w.values = map[string]string{}
	}
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	keep := func(b []byte) []byte { return bytes.Repeat([]byte("\n"), bytes.Count(b, []byte("\n"))) } // so that lines keep their numbers
	text = embedded.ReplaceAllFunc(text, func(b []byte) []byte {
		m := embedded.FindSubmatch(b)
		w.values[string(m[1])] = strings.TrimSuffix(string(m[2]), "\n")
		return keep(b)
	})
	text = joinedOps.ReplaceAllFunc(text, func(b []byte) []byte {
		m := joinedOps.FindSubmatch(b)
		return append(bytes.ReplaceAll(m[1], []byte("\n"), []byte(" ")), keep(b)...)
	})
	n := 0
	for line := range bytes.Lines(text) {
		if n++; w.full() {
			return
		}
		plain, _, _ := strings.Cut(string(line), "#")
		if words := strings.Fields(plain); len(words) > 0 {
			w.line(n, words)
		}
	}
}

// isHost reports whether a word is an address that is dialled.
func isHost(word string) bool {
	if _, err := netip.ParseAddr(strings.Trim(word, "[]")); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(word)
	return err == nil
}

// isOperation reports whether a word says what is done, and not where.
func isOperation(word string) bool {
	if m := operation.FindStringSubmatch(word); m != nil {
		return !slices.Contains(webSchemes, m[1])
	}
	return isHost(word) || isFile(word)
}

// webSchemes are those that a pattern may have, and what a request is sent to.
var webSchemes = []string{"http", "https", "ws", "wss", "tunnel"}

// isFile reports whether a word says what a file has, or where it lies.
func isFile(word string) bool {
	switch {
	case len(word) > 2 && word[1] == ':' && (word[2] == '\\' || word[2] == '/'):
		return true
	case strings.HasPrefix(word, "~/"):
		return true
	case word[0] == '{', word[0] == '(', word[0] == '<':
		return true
	}
	return word[0] == '/' && !strings.HasPrefix(word, "//") && !isExpression(word)
}

// lineParts are the words of a line.
type lineParts struct{ patterns, operations, filters, props []string }

// partsOf tells them apart: a pattern and operations, or operations and patterns.
func partsOf(words []string) (p lineParts) {
	first := !isOperation(words[0])
	for i, word := range words {
		name, _, _ := strings.Cut(word, "://")
		switch {
		case name == "includeFilter", name == "excludeFilter", name == "filter" && i > 0:
			p.filters = append(p.filters, word)
		case name == "lineProps":
			p.props = append(p.props, word)
		case first && i == 0, !first && !isOperation(word):
			p.patterns = append(p.patterns, word)
		default:
			p.operations = append(p.operations, word)
		}
	}
	return p
}

// maxWords bounds the words of a line.
const maxWords = 200

// line reads one.
func (w *whistle) line(n int, words []string) {
	shown := make([]string, min(len(words), maxWords))
	for i := range shown {
		shown[i] = withoutSecret(words[i])
	}
	text := clean(strings.Join(shown, " "))
	if len(words) > maxWords {
		w.lose(n, text, reason.ImportLarge.With())
		return
	}
	p := partsOf(words)
	if len(p.patterns) == 0 && len(p.operations) > 1 && slices.ContainsFunc(p.operations, isHost) { // an address that is asked for
		at := slices.IndexFunc(p.operations, isHost)
		p.patterns = append(p.patterns, p.operations[at])
		p.operations = slices.Delete(p.operations, at, at+1)
	}
	if len(p.patterns) == 0 || len(p.operations) == 0 {
		w.lose(n, text, reason.ImportLine.With())
		return
	}
	for _, pattern := range p.patterns {
		w.rule(n, text, pattern, &p)
	}
}

// What has a password: a login, and a name and a password before a host.
var (
	basicLogin = regexp.MustCompile(`(?i)\b(auth://)\S+`)
	hostLogin  = regexp.MustCompile(`://[^/?#\s]*@`) // up to the last one, as splitURL reads it
)

// withoutSecret is a word without the password that it has: names of rules and remarks are shown,
// and logged.
func withoutSecret(word string) string {
	return hostLogin.ReplaceAllString(basicLogin.ReplaceAllString(word, "$1…"), "://…@")
}

// rule makes the rules of one pattern.
func (w *whistle) rule(n int, text, pattern string, p *lineParts) {
	from, ok := patternOf(pattern)
	if !ok {
		w.lose(n, text, reason.ImportPlace.With())
		return
	}
	f := filtersOf(p.filters)
	a := &action{w: w, from: from, rule: Taken{Rule: rules.Rule{Name: text, Folder: w.folder, When: both(from.when, f.when)}}}
	empty := a.rule
	did, lost := false, false
	for _, word := range slices.SortedStableFunc(slices.Values(p.operations), later) {
		switch name, value, ok := operationOf(word); {
		case !ok:
			lost = true
		default:
			a.rule.Why = append(a.rule.Why, nearWhy(word)...)
			if lacks := a.do(name, value); lacks != "" {
				w.lacks(n, empty, lacks)
			} else {
				did = true
			}
		}
	}
	if lost {
		w.lose(n, text, reason.ImportLine.With())
	}
	if !did {
		return
	}
	for _, prop := range p.props {
		a.rule.Why = append(a.rule.Why, reason.ImportLeft.With(clean(prop)))
	}
	for _, one := range append([]Taken{a.rule}, a.more...) {
		if f.lacks != "" {
			w.lacks(n, empty, f.lacks)
			return
		}
		if f.share != "" {
			if one.Answer == nil && one.Block == "" {
				w.lacks(n, empty, "chance:")
				continue
			}
			one.Fail = f.share
		}
		w.add(n, one)
	}
}

// later has those operations be done behind others that depend on what these say of the same line.
func later(a, b string) int {
	rank := func(word string) int {
		switch name, _, _ := strings.Cut(word, "://"); name {
		case "resType", "reqMerge", "params":
			return 1
		}
		return 0
	}
	return rank(a) - rank(b)
}

// nearWhy says in what an operation is another way here.
func nearWhy(word string) []flow.Reason {
	switch name, _, _ := strings.Cut(word, "://"); name {
	case "xhost":
		return []flow.Reason{reason.ImportFallback.With(name + "://")}
	}
	return nil
}

// operationOf is what a word does: names that are not written are those of what it looks like.
func operationOf(word string) (name, value string, ok bool) {
	if m := operation.FindStringSubmatch(word); m != nil {
		name, value = m[1], m[2]
		if to := aliases[name]; to != "" {
			name = to
		}
		return name, value, true
	}
	switch {
	case isHost(word):
		return "host", word, true
	case isFile(word):
		return "file", word, true
	}
	to := splitURL(strings.TrimPrefix(word, "//"))
	return "rule", strings.TrimPrefix(word, "//"), strings.ContainsAny(to.host, ".") || to.port != "" || to.host == "localhost"
}

// aliases are other names of operations.
var aliases = map[string]string{"hosts": "host", "xhost": "host", "status": "statusCode", "statuscode": "statusCode", "params": "reqMerge",
	"urlReplace": "pathReplace", "download": "attachment", "http-proxy": "proxy", "skip": "ignore"}
