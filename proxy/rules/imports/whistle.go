package imports

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// whistle is a file of lines that is read: pattern, and what is done.
type whistle struct {
	Result
	values map[string]string // embedded in the file, by name
}

var (
	embedded  = regexp.MustCompile("(?ms)^[ \t]*```[ \t]*([^\\s`]+)[^\n]*\n(.*?)^[ \t]*```[ \t]*$")
	joinedOps = regexp.MustCompile("(?ms)^[ \t]*line`(.*?)`")
	operation = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9.-]*)://(.*)$`)
)

// readWhistle reads lines. Texts of any other kind are lines that cannot be understood.
func readWhistle(name string, text []byte) (*Result, error) {
	w := &whistle{Result: Result{Format: Whistle}, values: map[string]string{}}
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
		n++
		before, _, comment := strings.Cut(string(line), "#")
		if comment && before != "" && !strings.HasSuffix(before, " ") && !strings.HasSuffix(before, "\t") {
			before = string(line) // a # within a word
		}
		if words := strings.Fields(before); len(words) > 0 {
			w.line(n, words)
		}
	}
	if on, off, _ := w.Counts(); on+off == 0 {
		return nil, &reasonError{reason.ImportUnknown.With(clean(name))}
	}
	return &w.Result, nil
}

// isOperation reports whether a word says what is done, and not where.
func isOperation(word string) bool {
	if m := operation.FindStringSubmatch(word); m != nil {
		switch m[1] {
		case "http", "https", "ws", "wss", "tunnel":
			return false
		}
		return true
	}
	_, err := netip.ParseAddr(word)
	_, port := netip.ParseAddrPort(word)
	return err == nil || port == nil || strings.HasPrefix(word, "{")
}

// line reads one: a pattern and operations, or an operation and patterns.
func (w *whistle) line(n int, words []string) {
	text := strings.Join(words, " ")
	patterns, ops := words[:1], words[1:]
	if isOperation(words[0]) {
		patterns, ops = words[1:], words[:1]
	}
	if len(patterns) == 0 || len(ops) == 0 {
		w.lose(n, text, reason.ImportLine.With())
		return
	}
	for _, pattern := range patterns {
		w.rule(n, text, pattern, ops)
	}
}

// isFile reports whether a word says what a file has, or where it lies.
func isFile(word string) bool {
	return strings.ContainsRune(`/{(\\`, rune(word[0])) || len(word) > 2 && word[1] == ':'
}

func (w *whistle) rule(n int, text, pattern string, ops []string) {
	when, from, ok := patternOf(pattern)
	if !ok {
		w.lose(n, text, reason.ImportPlace.With())
		return
	}
	one := Taken{Rule: rules.Rule{Name: text, When: when}}
	did := false
	for _, op := range ops {
		name, value := "file", op
		if m := operation.FindStringSubmatch(op); m != nil {
			name, value = m[1], m[2]
		} else if isOperation(op) && op[0] != '{' {
			name = "host"
		}
		if value == "" || name == "file" && !isFile(value) {
			w.lose(n, text, reason.ImportLine.With())
			return
		}
		switch done := w.do(&one, from, name, value); done {
		case "":
			did = true
		default:
			w.lacks(n, Taken{Rule: rules.Rule{Name: text, When: when}}, done)
		}
	}
	if did {
		w.add(n, one)
	}
}

// patternOf is the condition of a pattern, and the place that it names.
func patternOf(pattern string) (when string, from place, ok bool) {
	if strings.HasPrefix(pattern, "!") {
		return "", from, false
	}
	if last := strings.LastIndexByte(pattern, '/'); pattern[0] == '/' && last > 0 && !strings.ContainsFunc(pattern[last+1:],
		func(r rune) bool {
			return r != 'i' && r != 'u'
		}) {
		flags := ""
		if strings.Contains(pattern[last:], "i") {
			flags = "i"
		}
		when = expression("url", pattern[1:last], flags)
		return when, from, validFilter(when)
	}
	exact := strings.HasPrefix(pattern, "$")
	pattern = strings.TrimLeft(pattern, "$^")
	from = splitURL(pattern)
	if from.scheme == "tunnel" {
		from.scheme = ""
	}
	if host, many := strings.CutPrefix(from.host, "**."); many {
		from.host = "*." + host
	}
	from.below = !exact && from.path != "" && !strings.Contains(from.path, "*") && from.query == ""
	when, ok = from.condition()
	return when, from, ok && when != ""
}

// value is what an operation has, inline or embedded.
func (w *whistle) value(text string) (value string, inline bool) {
	if strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") {
		return text[1 : len(text)-1], true
	}
	if strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") {
		value, known := w.values[text[1:len(text)-1]]
		return value, known
	}
	return text, false
}

// do has a rule do one operation; lacks says what cannot be done, "" where it can.
func (w *whistle) do(one *Taken, from place, name, value string) (lacks string) {
	switch name {
	case "host", "xhost":
		one.Resolve = value
	case "statusCode", "statuscode":
		one.Answer = &rules.Answer{Status: number(value)}
	case "redirect":
		one.Answer = &rules.Answer{Status: 302, Fields: []string{"Location: " + value}}
	case "replaceStatus":
		w.response(one).Status = number(value)
	case "file", "xfile", "tpl", "rawfile":
		return w.answer(one, name, value)
	case "http", "https":
		w.send(one, from, name, value)
	case "reqHeaders", "resHeaders":
		return w.headers(one, name, value)
	case "ua":
		w.request(one).Set = append(w.request(one).Set, "User-Agent: "+value)
	case "referer":
		w.request(one).Set = append(w.request(one).Set, "Referer: "+value)
	case "resType":
		w.response(one).Set = append(w.response(one).Set, "Content-Type: "+value)
	case "resCors":
		one.CORS = true
	case "reqDelay", "resDelay", "delay":
		return w.delay(one, name, value)
	case "reqSpeed", "resSpeed", "speed":
		return w.speed(one, name, value)
	case "disable":
		if value != "cache" {
			return name + "://" + value
		}
		one.NoCache = true
	case "enable":
		if value != "abort" {
			return name + "://" + value
		}
		one.Block = rules.BlockReset
	default:
		return name + "://"
	}
	return ""
}

func (w *whistle) request(one *Taken) *rules.Edit {
	if one.Request == nil {
		one.Request = &rules.Edit{}
	}
	return one.Request
}

func (w *whistle) response(one *Taken) *rules.Edit {
	if one.Response == nil {
		one.Response = &rules.Edit{}
	}
	return one.Response
}

// number is a number, or -1, which no rule takes.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// answer is a text, or a file elsewhere.
func (w *whistle) answer(one *Taken, name, value string) (lacks string) {
	if name != "file" && name != "xfile" {
		return name + "://"
	}
	text, inline := w.value(value)
	if inline {
		one.Answer = &rules.Answer{Text: text}
		if t := strings.TrimSpace(text); t != "" && (t[0] == '{' || t[0] == '[') {
			one.Answer.Type = "application/json"
		}
		return ""
	}
	if strings.HasPrefix(value, "{") {
		return "file://" + value
	}
	made := outside(one.Rule, value)
	one.Rule, one.Why = made.Rule, append(one.Why, made.Why...)
	return ""
}

// send has a request go elsewhere: what is behind the pattern's path stays.
func (w *whistle) send(one *Taken, from place, scheme, value string) {
	to := splitURL(scheme + "://" + value)
	one.Send = &rules.Send{Scheme: scheme, Host: strings.Trim(to.host, "[]")}
	one.Send.Port, _ = strconv.Atoi(to.port)
	if to.path != "" && to.path != from.path {
		begin := strings.TrimSuffix(from.path, "*")
		if begin == "" {
			begin = "/"
		}
		one.Send.Find, one.Send.With = "/^"+regexp.QuoteMeta(begin)+"/", literal(to.path)
	}
}

// headers are names and values, as a query or as JSON or line by line.
func (w *whistle) headers(one *Taken, name, value string) (lacks string) {
	text, inline := w.value(value)
	if !inline && (strings.HasPrefix(value, "{") || strings.HasPrefix(value, "/") || !strings.Contains(value, "=")) {
		return name + "://" + value
	}
	var lines []string
	var object map[string]string
	switch {
	case json.Unmarshal([]byte(text), &object) == nil:
		for _, key := range sortedKeys(object) {
			lines = append(lines, key+": "+object[key])
		}
	case inline && strings.Contains(text, ":"):
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
	default:
		for pair := range strings.SplitSeq(text, "&") {
			key, value, _ := strings.Cut(pair, "=")
			lines = append(lines, key+": "+value)
		}
	}
	if name == "reqHeaders" {
		w.request(one).Set = append(w.request(one).Set, lines...)
	} else {
		w.response(one).Set = append(w.response(one).Set, lines...)
	}
	return ""
}

func (w *whistle) delay(one *Taken, name, value string) (lacks string) {
	ms, err := strconv.ParseFloat(value, 64)
	if err != nil || !(ms >= 0) || ms > float64(rules.MaxDelay/time.Millisecond) {
		return name + "://" + value
	}
	if one.Delay == nil {
		one.Delay = &rules.Delay{}
	}
	wait := rules.Duration(time.Duration(ms * float64(time.Millisecond)))
	if name == "reqDelay" {
		one.Delay.Request = wait
	} else {
		one.Delay.Response = wait
	}
	return ""
}

// speed is in kB/s.
func (w *whistle) speed(one *Taken, name, value string) (lacks string) {
	kb, err := strconv.ParseFloat(value, 64)
	var rate rules.Rate
	if err != nil || rate.UnmarshalText([]byte(strconv.FormatFloat(kb, 'f', -1, 64)+" kB/s")) != nil {
		return name + "://" + value
	}
	if one.Throttle == nil {
		one.Throttle = &rules.Throttle{}
	}
	if name == "reqSpeed" {
		one.Throttle.Up = rate
	} else {
		one.Throttle.Down = rate
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
