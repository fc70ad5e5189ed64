package settings

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// History is what stays on the disk of what was recorded. docs/history.md explains it.
type History struct {
	Keep   string `toml:"keep"`   // "never", "until-quit", or days such as "7d"
	Budget Size   `toml:"budget"` // of all its files
	Folder string `toml:"folder"` // absolute; "": the user's
}

// How long history is kept, beside days.
const (
	KeepNever     = "never"
	KeepUntilQuit = "until-quit"
)

// MaxKeepDays bounds the days of History.Keep.
const MaxKeepDays = 3650

// KeepDays is how History.Keep writes days.
func KeepDays(n int) string { return strconv.Itoa(n) + "d" }

// ParseKeep reads History.Keep; days are 0 for what is no number of days.
func ParseKeep(text string) (days int, err error) {
	if text == KeepNever || text == KeepUntilQuit {
		return 0, nil
	}
	number, ok := strings.CutSuffix(text, "d")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 || n > MaxKeepDays || number != strconv.Itoa(n) {
		return 0, fmt.Errorf("it must be \"never\", \"until-quit\" or 1 to %d days, such as \"7d\"", MaxKeepDays)
	}
	return n, nil
}

// Days are those that are kept, 0 where days are not what is counted.
func (h History) Days() int {
	n, _ := ParseKeep(h.Keep) // Validate has found it good
	return n
}

// MaxAge is how old an exchange may become, 0 for no limit.
func (h History) MaxAge() time.Duration { return time.Duration(h.Days()) * 24 * time.Hour }

func (h History) validate() error {
	if _, err := ParseKeep(h.Keep); err != nil {
		return &ValueError{Key: "history.keep", Value: strconv.Quote(h.Keep), Rule: RuleKeep, Args: []any{MaxKeepDays}, Remedy: err.Error()}
	}
	if err := sizeBetween("history.budget", h.Budget, 16<<20, 1<<40); err != nil {
		return err
	}
	if h.Folder != "" && (!filepath.IsAbs(h.Folder) || !plainText(h.Folder)) {
		return &ValueError{Key: "history.folder", Value: strconv.Quote(h.Folder), Rule: RuleFolder,
			Remedy: "write the whole path of a folder, from the root on"}
	}
	return nil
}
