package rules

import (
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/pace"
	"posthouse/proxy/reason"
)

// Throttle makes the network slow. All that the rule applies to shares one line.
type Throttle struct {
	Preset  string   `toml:"preset,omitempty"`  // one of Presets, for what is not named beside it
	Down    Rate     `toml:"down,omitempty"`    // to clients; 0: as it comes
	Up      Rate     `toml:"up,omitempty"`      // to origins
	Latency Duration `toml:"latency,omitempty"` // that each request waits, there and back

	own *Preset // that Preset names where it is one of the file's own
}

// Rate is in bytes a second, written as "1.5 Mbit/s" or "200 kB/s".
type Rate int64

// rateUnits are in bytes a second; the longest comes first.
var rateUnits = []struct {
	name  string
	bytes float64
}{
	{"Mbit/s", 125_000}, {"Mbps", 125_000}, {"kbit/s", 125}, {"kbps", 125}, {"Gbit/s", 125_000_000}, {"Gbps", 125_000_000},
	{"bit/s", 0.125},
	{"MB/s", 1e6}, {"kB/s", 1e3}, {"GB/s", 1e9}, {"B/s", 1},
}

// MarshalText writes it in bits.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r Rate) String() string {
	bits := float64(r) * 8
	unit := "bit/s"
	switch {
	case bits >= 1e6:
		bits, unit = bits/1e6, "Mbit/s"
	case bits >= 1e3:
		bits, unit = bits/1e3, "kbit/s"
	}
	return strconv.FormatFloat(bits, 'f', -1, 64) + " " + unit
}

// UnmarshalText reads it.
func (r *Rate) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	for _, unit := range rateUnits {
		number, is := strings.CutSuffix(s, unit.name)
		if !is {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if n *= unit.bytes; err != nil || !(n >= pace.MinRate && n <= pace.MaxRate) {
			break
		}
		*r = Rate(n)
		return nil
	}
	return &reason.Error{Why: badRate(string(text))}
}

// sound reports whether a rate is one that a line can have, or none. A number alone, which has no
// unit, can be any.
func (r Rate) sound() bool { return r == 0 || r >= pace.MinRate && r <= pace.MaxRate }

func badRate(text string) flow.Reason {
	return reason.RuleRate.With(text, Rate(pace.MinRate).String(), Rate(pace.MaxRate).String())
}

// Preset is a network that people know.
type Preset struct {
	Name     string
	Down, Up Rate
	Latency  time.Duration
}

// Presets are the networks that have a name. Slow and fast 3G and 4G are those of Chrome's
// DevTools, DSL and Wi-Fi of Apple's Network Link Conditioner, 2G and 3G as phones had them.
var Presets = []Preset{
	{"2G", 30_000, 25_000, 1200 * time.Millisecond},
	{"slow 3G", 50_000, 50_000, 2 * time.Second},
	{"3G", 97_500, 41_250, 400 * time.Millisecond},
	{"fast 3G", 180_000, 84_375, 562 * time.Millisecond},
	{"4G", 1_012_500, 168_750, 165 * time.Millisecond},
	{"DSL", 250_000, 32_000, 5 * time.Millisecond},
	{"Wi-Fi", 5_000_000, 4_125_000, time.Millisecond},
}

// line is a Throttle that was read.
type line struct {
	down, up *pace.Line // nil: as it comes
	latency  time.Duration
}

// Lines are what bytes to clients, and to origins, pass because of the rule; nil: as they come.
func (c *Compiled) Lines() (down, up *pace.Line) { return c.line.down, c.line.up }

// Wait is how long the rule has a request wait before it goes on.
func (c *Compiled) Wait() (wait time.Duration) {
	if c.Delay != nil {
		wait = time.Duration(c.Delay.Request)
	}
	return wait + c.line.latency
}

// ToldSlow says which line the rule has an exchange pass; zero for none.
func (c *Compiled) ToldSlow() flow.Reason {
	rate := func(l *pace.Line) string { return Rate(l.Rate()).String() }
	switch down, up := c.Lines(); {
	case down != nil && up != nil:
		return reason.RuleThrottled.With(c.Label(), rate(down), rate(up))
	case down != nil:
		return reason.RuleThrottledDown.With(c.Label(), rate(down))
	case up != nil:
		return reason.RuleThrottledUp.With(c.Label(), rate(up))
	}
	return flow.Reason{}
}

// ActsOnResponse reports whether the rule changes responses, or has them wait a time.
func (c *Compiled) ActsOnResponse() bool {
	return c.ChangesResponse() || c.Delay != nil && c.Delay.Response > 0
}

// AnswerDelays are the rules that have what rules answer wait as a response does: those of which it is
// known before there is an answer that they apply.
func AnswerDelays(matched []*Compiled) (list []*Compiled) {
	for _, c := range matched {
		switch {
		case c.Early() && c.Delay != nil && c.Delay.Response > 0:
			list = append(list, c)
		case !c.Early() && c.Last: // which rules apply behind it the answer decides
			return list
		}
	}
	return list
}

// Piece is how long rules have each piece of a body wait: of a request, those whose condition does
// not ask for the response.
func Piece(apply []*Compiled, request bool) (wait time.Duration) {
	for _, c := range apply {
		if c.Delay != nil && (c.Early() || !request) {
			wait += time.Duration(c.Delay.Piece)
		}
	}
	return wait
}

// ToldPieces says how long each rule has each piece of a body wait.
func ToldPieces(apply []*Compiled, request bool) (did []flow.Reason) {
	waits := reason.RulePiecesResponse
	if request {
		waits = reason.RulePiecesRequest
	}
	for i, c := range apply {
		if wait := Piece(apply[i:i+1], request); wait > 0 {
			did = append(did, waits.With(c.Label(), wait))
		}
	}
	return did
}

// readThrottle reads a Throttle.
func (c *Compiled) readThrottle() flow.Reason {
	t := c.Throttle
	if t == nil {
		return flow.Reason{}
	}
	down, up, latency := t.Down, t.Up, time.Duration(t.Latency)
	if t.Preset != "" {
		p, ok := presetOf(t.Preset)
		if t.own != nil {
			p, ok = *t.own, true
		}
		if !ok {
			return reason.RulePreset.With(t.Preset, presetNames())
		}
		if down == 0 {
			down = p.Down
		}
		if up == 0 {
			up = p.Up
		}
		if latency == 0 {
			latency = p.Latency
		}
	}
	for _, rate := range [...]Rate{down, up} {
		if !rate.sound() {
			return badRate(strconv.FormatInt(int64(rate), 10))
		}
	}
	switch {
	case latency < 0 || latency > MaxDelay:
		return reason.RuleDelay.With(MaxDelay)
	case unitless(latency):
		return reason.RuleUnit.With(int64(latency))
	case down == 0 && up == 0 && latency == 0:
		return reason.RuleThrottleNothing.With()
	}
	if c.line.latency = latency; down != 0 {
		c.line.down = pace.NewLine(int64(down))
	}
	if up != 0 {
		c.line.up = pace.NewLine(int64(up))
	}
	return flow.Reason{}
}

func presetOf(name string) (Preset, bool) {
	for _, p := range Presets {
		if strings.EqualFold(p.Name, strings.TrimSpace(name)) {
			return p, true
		}
	}
	return Preset{}, false
}

func presetNames() string {
	var names []string
	for _, p := range Presets {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
