package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed absolute.lua
var absoluteScript []byte

// wrkLoad is one run of wrk: absolute-form requests for one target.
type wrkLoad struct {
	threads, connections int
	duration             time.Duration
	target               string // the origin's URL
	close                bool   // a new connection for each request
}

// wrkResult is what absolute.lua prints.
type wrkResult struct {
	requests, bytes int64
	seconds         float64
	failures        map[string]int64 // kind to count, without the zeros
	p50, p99        float64          // microseconds
}

func runWrk(ctx context.Context, dir, proxy string, load wrkLoad) (wrkResult, error) {
	script := filepath.Join(dir, "absolute.lua")
	if err := os.WriteFile(script, absoluteScript, 0o644); err != nil {
		return wrkResult{}, err
	}
	args := []string{
		"-t", strconv.Itoa(load.threads), "-c", strconv.Itoa(load.connections),
		"-d", strconv.Itoa(max(1, int(load.duration.Round(time.Second).Seconds()))) + "s", "--timeout", "10s",
		"-s", script, "http://" + proxy + "/", "--", load.target,
	}
	if load.close {
		args = append(args, "close")
	}
	out, err := exec.CommandContext(ctx, "wrk", args...).CombinedOutput()
	if err != nil {
		return wrkResult{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	return parseWrk(string(out))
}

// parseWrk reads the line that absolute.lua prints.
func parseWrk(out string) (wrkResult, error) {
	r := wrkResult{failures: map[string]int64{}}
	_, line, found := strings.Cut(out, "RESULT ")
	if !found {
		return r, fmt.Errorf("wrk printed no result:\n%s", out)
	}
	line, _, _ = strings.Cut(line, "\n")
	seen := 0
	for _, pair := range strings.Fields(line) {
		key, text, _ := strings.Cut(pair, "=")
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return r, fmt.Errorf("wrk's result has %q: %w", pair, err)
		}
		seen++
		switch key {
		case "requests":
			r.requests = int64(n)
		case "bytes":
			r.bytes = int64(n)
		case "duration":
			r.seconds = n / 1e6
		case "p50":
			r.p50 = n
		case "p99":
			r.p99 = n
		default:
			if n > 0 {
				r.failures[key] = int64(n)
			}
		}
	}
	if seen < 10 || r.seconds <= 0 {
		return r, fmt.Errorf("wrk's result is not complete: %q", line)
	}
	return r, nil
}

// byteTolerance allows for the answers under way when wrk stops counting.
const byteTolerance = 0.01

// check finds a wrong answer in the figures: a failure, or more or fewer bytes
// than answers of least to most bytes make. With hangsUp a connection may end
// after each answer without a word, which wrk counts as a failed read.
func (r wrkResult) check(least, most int, hangsUp bool) error {
	if hangsUp && r.failures["read"] <= r.requests {
		delete(r.failures, "read")
	}
	if len(r.failures) > 0 {
		return fmt.Errorf("of %d requests failed: %v", r.requests, r.failures)
	}
	if r.requests == 0 {
		return fmt.Errorf("not one request was answered in %.1f s", r.seconds)
	}
	low, high := float64(least)*float64(r.requests), float64(most)*float64(r.requests)
	slack := max(high*byteTolerance, float64(64*most))
	if got := float64(r.bytes); got < low-slack || got > high+slack {
		return fmt.Errorf("%d answers of %d to %d bytes came as %d bytes", r.requests, least, most, r.bytes)
	}
	return nil
}
