package settings

import (
	"time"

	"posthouse/proxy/breakpoints"
)

// Breakpoints is whether messages wait for a person, by rules or once, and for how long.
// docs/breakpoints.md explains it.
type Breakpoints struct {
	Enabled  bool     `toml:"enabled"`
	Patience Duration `toml:"patience"` // then the original goes on
}

// The least and the most that a message waits.
const (
	minPatience = Duration(time.Second)
	maxPatience = Duration(10 * time.Minute)
)

func defaultBreakpoints() Breakpoints {
	return Breakpoints{Enabled: true, Patience: Duration(breakpoints.DefaultPatience)}
}

func (b *Breakpoints) validate() error {
	if b.Patience < minPatience || b.Patience > maxPatience {
		return notBetween("breakpoints.patience", b.Patience.String(), minPatience.String(), maxPatience.String())
	}
	return nil
}
