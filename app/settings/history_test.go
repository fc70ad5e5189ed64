package settings

import (
	"errors"
	"path/filepath"
	"testing"
	"time"
)

func TestHistoryKeep(t *testing.T) {
	for text, days := range map[string]int{"never": 0, "until-quit": 0, "1d": 1, "7d": 7, "3650d": 3650,
		"": -1, "0d": -1, "7": -1, "-1d": -1, "07d": -1, "+7d": -1, "3651d": -1, "7D": -1, "7d ": -1, "99999999999999999999d": -1} {
		s := Default()
		s.History.Keep = text
		err := s.Validate()
		var bad *ValueError
		if days < 0 {
			if !errors.As(err, &bad) || bad.Key != "history.keep" || bad.Rule != RuleKeep {
				t.Errorf("%q: %v", text, err)
			}
		} else if err != nil || s.History.Days() != days || s.History.MaxAge() != time.Duration(days)*24*time.Hour {
			t.Errorf("%q: %v, %d days, %v", text, err, s.History.Days(), s.History.MaxAge())
		}
	}
}

func TestHistoryBounds(t *testing.T) {
	for _, c := range []struct {
		key    string
		change func(*History)
	}{
		{"history.budget", func(h *History) { h.Budget = 1 << 20 }},
		{"history.budget", func(h *History) { h.Budget = 2 << 40 }},
		{"history.folder", func(h *History) { h.Folder = "here" }},
		{"history.folder", func(h *History) { h.Folder = t.TempDir() + "\n" }},
	} {
		s := Default()
		c.change(&s.History)
		var bad *ValueError
		if err := s.Validate(); !errors.As(err, &bad) || bad.Key != c.key {
			t.Errorf("%+v: %v", s.History, err)
		}
	}
}

func TestEachSettingsFileHasItsHistory(t *testing.T) {
	own, other := HistoryDir(DefaultPath()), HistoryDir(filepath.Join(t.TempDir(), "settings.toml"))
	if own == other || filepath.Base(own) != "history" || filepath.Dir(own) != filepath.Dir(other) {
		t.Errorf("%s and %s", own, other)
	}
}
