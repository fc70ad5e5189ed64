package rules

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// OwnPreset is a network that a file of rules names.
type OwnPreset struct {
	Down    Rate     `toml:"down,omitempty"`
	Up      Rate     `toml:"up,omitempty"`
	Latency Duration `toml:"latency,omitempty"`
}

// maxPresets bounds the presets of a file, and maxPresetName their names, in bytes.
const (
	maxPresets    = 100
	maxPresetName = 100
)

// readPresets reads the presets of a file by their names in lower case. A name means one thing. wrong is the
// one that cannot be used, "" where there are too many.
func readPresets(all map[string]OwnPreset) (out map[string]*Preset, wrong string, why flow.Reason) {
	if len(all) > maxPresets {
		return nil, "", reason.RulePresetMany.With(maxPresets)
	}
	out = make(map[string]*Preset, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name]
		key := presetKey(name)
		_, known := presetOf(name)
		switch latency := time.Duration(p.Latency); {
		case key == "", len(name) > maxPresetName, known, out[key] != nil:
			return nil, name, reason.RulePresetName.With(name)
		case latency < 0 || latency > MaxDelay:
			return nil, name, reason.RuleDelay.With(MaxDelay)
		case !p.Down.sound():
			return nil, name, badRate(strconv.FormatInt(int64(p.Down), 10))
		case !p.Up.sound():
			return nil, name, badRate(strconv.FormatInt(int64(p.Up), 10))
		case unitless(latency):
			return nil, name, reason.RuleUnit.With(int64(latency))
		case p == OwnPreset{}:
			return nil, name, reason.RuleThrottleNothing.With()
		default:
			out[key] = &Preset{name, p.Down, p.Up, latency}
		}
	}
	return out, "", flow.Reason{}
}

func presetKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// namePresets has the rules that name presets of their file go by these.
func namePresets(list []Rule, own map[string]*Preset) {
	if len(own) == 0 {
		return
	}
	for i := range list {
		if t := list[i].Throttle; t != nil && own[presetKey(t.Preset)] != nil {
			t.own = own[presetKey(t.Preset)]
		}
	}
}

// Draft makes a set of the text of a rule that is to stand in the file that s was read from: it may
// name what that file names. s may be nil. The error is a *FileError.
func (s *Set) Draft(text []byte) (*Set, error) {
	if s == nil {
		return Load("", text, "")
	}
	return load("", text, "", s.presets)
}
