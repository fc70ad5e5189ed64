package rules

import (
	"math"
	"strconv"
	"strings"
	"sync/atomic"
)

// share is a part of all requests. Which ones is spread evenly and follows no beat that a
// program could keep: of any hundred it is as many as it says, two more or less.
type share struct {
	part  uint64 // of 2^64; 0: all
	asked atomic.Uint64
}

// readShare reads a percentage; ok is false for what is none between 0 and 100.
func readShare(text string) (part uint64, ok bool) {
	number, is := strings.CutSuffix(strings.TrimSpace(text), "%")
	percent, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !is || err != nil || !(percent > 0 && percent <= 100) {
		return 0, false
	}
	if percent == 100 {
		return 0, true
	}
	return max(1, uint64(percent/100*math.MaxUint64)), true
}

// golden is 2^64 over the golden ratio: its multiples are spread evenly whatever their number
// (Weyl's theorem; Knuth, The Art of Computer Programming, section 6.4).
const golden = 0x9E3779B97F4A7C15

// draws reports whether the next request is one of those.
func (s *share) draws() bool { return s.part == 0 || s.asked.Add(1)*golden < s.part }

// Draws reports whether the rule applies to the next request that its condition matches.
func (c *Compiled) Draws() bool { return c.share.draws() }
