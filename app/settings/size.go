package settings

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes. Its text is a whole number with an optional unit:
// "1000000", "64KiB", "128 MiB", "2 GiB", "5 MB". KiB, MiB, GiB count by 1024;
// KB, MB, GB by 1000; case and the space before the unit do not matter.
type Size int64

var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"gib", 1 << 30}, {"mib", 1 << 20}, {"kib", 1 << 10},
	{"gb", 1e9}, {"mb", 1e6}, {"kb", 1e3},
	{"g", 1 << 30}, {"m", 1 << 20}, {"k", 1 << 10}, {"b", 1},
}

// ParseSize reads a size.
func ParseSize(text string) (Size, error) {
	rest, factor := strings.ToLower(strings.TrimSpace(text)), int64(1)
	for _, unit := range sizeUnits {
		if number, ok := strings.CutSuffix(rest, unit.name); ok {
			rest, factor = strings.TrimSpace(number), unit.bytes
			break
		}
	}
	n, err := strconv.ParseInt(rest, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return 0, fmt.Errorf("%q is not a size: write a number of bytes, or one with KiB, MiB or GiB, such as \"128 MiB\"", text)
	}
	return Size(n * factor), nil
}

// String writes the size with the largest unit that leaves it whole.
func (s Size) String() string {
	for _, unit := range []struct {
		name  string
		bytes Size
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if s != 0 && s%unit.bytes == 0 {
			return strconv.FormatInt(int64(s/unit.bytes), 10) + " " + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText is String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is ParseSize.
func (s *Size) UnmarshalText(text []byte) error {
	n, err := ParseSize(string(text))
	if err == nil {
		*s = n
	}
	return err
}
