package query

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/flow"
)

// keys are the words that may stand before a colon. Each makes a test of the
// value, or says what is wrong with it.
var keys = map[string]func(string) (func(*flow.Row) bool, string){
	"app":    exactly(isApp, app),
	"host":   exactly(isHost, hostContains),
	"path":   contains(func(r *flow.Row) string { return r.Path }),
	"type":   contains(func(r *flow.Row) string { return r.ContentType }),
	"method": equals(func(r *flow.Row) string { return r.Method }),
	"scheme": equals(func(r *flow.Row) string { return r.Scheme }),
	"client": address(func(r *flow.Row) netip.AddrPort { return r.Client }),
	"remote": address(func(r *flow.Row) netip.AddrPort { return r.Remote }),
	"status": status,
	"is":     is,
	"mark":   mark,
	"size":   number(size, func(r *flow.Row) int64 { return r.ResponseSize }, "write a size such as >10kb, <1mb or 0"),
	"sent":   number(size, func(r *flow.Row) int64 { return r.RequestSize }, "write a size such as >10kb, <1mb or 0"),
	"time":   number(duration, func(r *flow.Row) int64 { return int64(r.Duration) }, "write a time such as >500ms or <2s"),
}

const needsValue = "a value must follow the colon"

func list(value string) []string {
	var all []string
	for part := range strings.SplitSeq(strings.ToLower(value), ",") {
		if part != "" {
			all = append(all, part)
		}
	}
	return all
}

// exactly takes a value that begins with = for a whole name, commas and all, and
// leaves others to another test.
func exactly(is func(name string) func(*flow.Row) bool,
	others func(string) (func(*flow.Row) bool, string)) func(string) (func(*flow.Row) bool, string) {
	return func(value string) (func(*flow.Row) bool, string) {
		name, whole := strings.CutPrefix(value, "=")
		switch {
		case !whole:
			return others(value)
		case name == "":
			return nil, needsValue
		}
		return is(name), ""
	}
}

// The words for programs whose name is not known.
const (
	appUnknown = "?"
	appEnded   = "?ended"
)

// app takes parts of names, and the words for programs without one.
func app(value string) (func(*flow.Row) bool, string) {
	named, bad := contains(func(r *flow.Row) string { return r.App })(value)
	parts := list(value)
	unknown, ended := slices.Contains(parts, appUnknown), slices.Contains(parts, appEnded)
	if bad != "" || !unknown && !ended {
		return named, bad
	}
	return func(r *flow.Row) bool { return named(r) || unknown && r.App == "" || ended && r.AppEnded() }, ""
}

// isHost tests whether a row's host is the named one; without a port in the name every
// port is meant. "*.example.com" is example.com and all below it.
func isHost(name string) func(*flow.Row) bool {
	domain, all := strings.CutPrefix(name, "*.")
	forms := hostForms(domain)
	return func(r *flow.Row) bool {
		for _, form := range forms {
			if matchesHost(r.Host, form, all) {
				return true
			}
		}
		return false
	}
}

func matchesHost(whole, name string, below bool) bool {
	host := Hostname(whole)
	if !below {
		return same(whole, name) || same(host, name)
	}
	at := len(host) - len(name)
	return same(host, name) || at > 0 && host[at-1] == '.' && same(host[at:], name)
}

// Hostname is a host without its port.
func Hostname(host string) string {
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 || colon < strings.LastIndexByte(host, ']') || strings.IndexByte(host, ':') != colon && host[0] != '[' {
		return host // none, or a bare IPv6 address
	}
	return host[:colon]
}

func isApp(name string) func(*flow.Row) bool {
	return func(r *flow.Row) bool { return same(r.App, name) }
}

func contains(of func(*flow.Row) string) func(string) (func(*flow.Row) bool, string) {
	return anyOf(func(n *needle, r *flow.Row) bool { return n.in(of(r)) })
}

var hostContains = anyOf(func(n *needle, r *flow.Row) bool { return n.inHost(r.Host) })

// anyOf takes a list of which one has to be found.
func anyOf(found func(*needle, *flow.Row) bool) func(string) (func(*flow.Row) bool, string) {
	return func(value string) (func(*flow.Row) bool, string) {
		any := needles(value)
		if len(any) == 0 {
			return nil, needsValue
		}
		return func(r *flow.Row) bool {
			for i := range any {
				if found(&any[i], r) {
					return true
				}
			}
			return false
		}, ""
	}
}

func equals(of func(*flow.Row) string) func(string) (func(*flow.Row) bool, string) {
	return func(value string) (func(*flow.Row) bool, string) {
		any := list(value)
		if len(any) == 0 {
			return nil, needsValue
		}
		return func(r *flow.Row) bool {
			s := of(r)
			for _, part := range any {
				if len(s) == len(part) && foldContains(s, part) {
					return true
				}
			}
			return false
		}, ""
	}
}

func address(of func(*flow.Row) netip.AddrPort) func(string) (func(*flow.Row) bool, string) {
	return func(value string) (func(*flow.Row) bool, string) {
		any := list(value)
		if len(any) == 0 {
			return nil, needsValue
		}
		return func(r *flow.Row) bool {
			a := of(r)
			if !a.IsValid() {
				return false
			}
			var space [64]byte
			text := a.AppendTo(space[:0])
			for _, part := range any {
				if bytesContain(text, part) {
					return true
				}
			}
			return false
		}, ""
	}
}

// is are states that have a name.
func is(value string) (func(*flow.Row) bool, string) {
	const allowed = "write one of failed, error, tunnel, websocket, running, local, secure, decrypted, refused, badcert, mended, marked"
	names := list(value)
	if len(names) == 0 {
		return nil, allowed
	}
	var tests []func(*flow.Row) bool
	for _, name := range names {
		test, ok := states[name]
		if !ok {
			return nil, allowed
		}
		tests = append(tests, test)
	}
	return func(r *flow.Row) bool {
		for _, test := range tests {
			if test(r) {
				return true
			}
		}
		return false
	}, ""
}

var states = map[string]func(*flow.Row) bool{
	"failed":    func(r *flow.Row) bool { return failed(r) },
	"error":     func(r *flow.Row) bool { return failed(r) || r.Status >= 400 },
	"tunnel":    func(r *flow.Row) bool { return r.Kind == flow.KindTunnel },
	"websocket": func(r *flow.Row) bool { return r.Kind == flow.KindUpgraded },
	"running":   func(r *flow.Row) bool { return !r.Phase.Final() },
	"local":     func(r *flow.Row) bool { return r.Kind == flow.KindLocal },
	"decrypted": func(r *flow.Row) bool {
		return r.TLS.Outcome == flow.TLSDecrypted || r.TLS.Outcome == flow.TLSBadCertificate
	},
	"badcert": func(r *flow.Row) bool { return r.TLS.Problem&^flow.ProblemClientCertificate != 0 },
	"refused": func(r *flow.Row) bool { return r.TLS.Outcome == flow.TLSRefused },
	"mended":  func(r *flow.Row) bool { return r.Mended != 0 },
	"marked":  func(r *flow.Row) bool { return r.Mark != flow.MarkNone },
	"secure":  func(r *flow.Row) bool { return r.TLS.Seen || r.Scheme == "https" },
}

// mark takes colours.
func mark(value string) (func(*flow.Row) bool, string) {
	const allowed = "write one of red, orange, yellow, green, blue, purple"
	var any [len(flow.Marks) + 1]bool
	names := list(value)
	for _, name := range names {
		m, ok := flow.ParseMark(name)
		if !ok {
			return nil, allowed
		}
		any[m] = true
	}
	if len(names) == 0 {
		return nil, allowed
	}
	return func(r *flow.Row) bool { return int(r.Mark) < len(any) && any[r.Mark] }, ""
}

// failed leaves out streams that their client ended: so streams end.
func failed(r *flow.Row) bool { return r.Phase == flow.PhaseFailed && !r.LeftStream() }

// status takes codes, classes, ranges and comparisons.
func status(value string) (func(*flow.Row) bool, string) {
	const allowed = "write a status such as 404, 4xx, 200-299 or >=400"
	var ranges [][2]int64
	for _, part := range list(value) {
		low, high, ok := statusRange(part)
		if !ok {
			return nil, allowed
		}
		ranges = append(ranges, [2]int64{low, high})
	}
	if len(ranges) == 0 {
		return nil, allowed
	}
	return func(r *flow.Row) bool {
		for _, s := range ranges {
			if n := int64(r.Status); n != 0 && n >= s[0] && n <= s[1] {
				return true
			}
		}
		return false
	}, ""
}

func statusRange(text string) (low, high int64, ok bool) {
	if len(text) == 3 && strings.HasSuffix(text, "xx") && text[0] >= '1' && text[0] <= '9' {
		low = int64(text[0]-'0') * 100
		return low, low + 99, true
	}
	if a, b, found := strings.Cut(text, "-"); found {
		low, okA := code(a)
		high, okB := code(b)
		return low, high, okA && okB && low <= high
	}
	return compared(text, code)
}

func code(text string) (int64, bool) {
	n, err := strconv.ParseUint(text, 10, 10)
	return int64(n), err == nil && n <= 999
}

// compared reads an optional <, <=, >, >= before a value, as a range.
func compared(text string, parse func(string) (int64, bool)) (low, high int64, ok bool) {
	for _, op := range [...]string{">=", "<=", ">", "<", "="} {
		rest, found := strings.CutPrefix(text, op)
		if !found {
			continue
		}
		n, ok := parse(rest)
		switch op {
		case ">=":
			return n, math.MaxInt64, ok
		case "<=":
			return math.MinInt64, n, ok
		case ">":
			return n + 1, math.MaxInt64, ok && n < math.MaxInt64
		case "<":
			return math.MinInt64, n - 1, ok
		}
		return n, n, ok
	}
	n, ok := parse(text)
	return n, n, ok
}

func number(parse func(string) (int64, bool), of func(*flow.Row) int64, allowed string) func(string) (func(*flow.Row) bool, string) {
	return func(value string) (func(*flow.Row) bool, string) {
		low, high, ok := compared(strings.ToLower(value), parse)
		if !ok {
			return nil, allowed
		}
		return func(r *flow.Row) bool { n := of(r); return n >= low && n <= high }, ""
	}
}

// size counts kb, mb and gb by 1024, as the window shows them.
func size(text string) (int64, bool) {
	factor := float64(1)
	for _, unit := range [...]struct {
		name  string
		bytes float64
	}{{"gib", 1 << 30}, {"gb", 1 << 30}, {"g", 1 << 30}, {"mib", 1 << 20}, {"mb", 1 << 20}, {"m", 1 << 20}, {"kib", 1 << 10},
		{"kb", 1 << 10}, {"k", 1 << 10}, {"b", 1}} {
		if rest, ok := strings.CutSuffix(text, unit.name); ok {
			text, factor = rest, unit.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0) || n*factor > 1<<62 {
		return 0, false
	}
	return int64(n * factor), true
}

func duration(text string) (int64, bool) {
	d, err := time.ParseDuration(text)
	return int64(d), err == nil && d >= 0
}
