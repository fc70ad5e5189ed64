package settings

import (
	"fmt"
	"strings"
	"time"
)

// Duration is a length of time whose text is like "30s", "2m" or "1h30m"; "0" is none.
type Duration time.Duration

// ParseDuration reads a duration.
func ParseDuration(text string) (Duration, error) {
	d, err := time.ParseDuration(strings.ReplaceAll(strings.TrimSpace(text), " ", ""))
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a length of time: write one such as \"30s\", \"2m\" or \"1h30m\", or \"0\" for none", text)
	}
	return Duration(d), nil
}

// String leaves out the parts that are zero: "2m", not "2m0s".
func (d Duration) String() string {
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}

// MarshalText is String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDuration.
func (d *Duration) UnmarshalText(text []byte) error {
	n, err := ParseDuration(string(text))
	if err == nil {
		*d = n
	}
	return err
}
