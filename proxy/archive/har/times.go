package har

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// layouts are the forms of dates that are met. A fraction of a second is read in each.
var layouts = [...]string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05 Z0700", "2006-01-02 15:04:05", time.RFC1123, time.RFC1123Z, time.ANSIC, "2006-01-02"}

// parseTime reads a date, or a number of seconds or milliseconds since 1970. What is
// neither is the zero time.
func parseTime(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Local()
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f <= 0 || f > 1e15 {
		return time.Time{}
	}
	if f < 1e11 { // seconds until the year 5138
		f *= 1000
	}
	return time.UnixMicro(int64(f * 1000))
}
