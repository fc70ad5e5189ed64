package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// h2Load is one run of h2load: requests for one file.
type h2Load struct {
	connections, streams int           // streams at a time on each
	duration             time.Duration // when it ends,
	requests             int64         // or how many requests it is, if not 0
	target               string        // URL
	through              string        // address that is connected to
	size                 int64         // of the file
}

// h2Result is what h2load prints.
type h2Result struct {
	done, succeeded, failed, errored, timeouts int64
	right, wrong                               int64 // answers by status: 2xx, others
	data                                       int64 // bytes of bodies
	seconds                                    float64
	longest, mean                              float64 // time for a request, microseconds
}

func (l h2Load) run(ctx context.Context) (h2Result, error) {
	args := []string{"--tls13-ciphers=" + oneCipher, "--threads=1",
		"--clients=" + strconv.Itoa(l.connections), "--max-concurrent-streams=" + strconv.Itoa(l.streams),
		"--connection-active-timeout=" + strconv.Itoa(int(countLimit.Seconds())) + "s", "--connect-to=" + l.through}
	if l.requests > 0 {
		args = append(args, "--requests="+strconv.FormatInt(l.requests, 10))
	} else {
		args = append(args, "--duration="+strconv.Itoa(max(1, int(l.duration.Round(time.Second).Seconds()))))
	}
	out, err := exec.CommandContext(ctx, "h2load", append(args, l.target)...).CombinedOutput()
	if err != nil {
		return h2Result{}, fmt.Errorf("h2load: %w\n%s", err, out)
	}
	r, err := parseH2Load(string(out))
	if err == nil {
		err = r.check(l)
	}
	return r, err
}

var h2Lines = map[string]*regexp.Regexp{
	"protocol": regexp.MustCompile(`(?m)^Application protocol: (h2)$`),
	"time":     regexp.MustCompile(`(?m)^finished in ([0-9.]+)(us|ms|s|m),`),
	"requests": regexp.MustCompile(
		`(?m)^requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout$`),
	"codes":   regexp.MustCompile(`(?m)^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx$`),
	"traffic": regexp.MustCompile(`(?m)^traffic: .* \((\d+)\) data$`),
	"request": regexp.MustCompile(`(?m)^time for request: +\S+ +([0-9.]+)(us|ms|s|m) +([0-9.]+)(us|ms|s|m) `),
}

// parseH2Load reads h2load's summary.
func parseH2Load(out string) (h2Result, error) {
	found := map[string][]string{}
	for what, line := range h2Lines {
		if found[what] = line.FindStringSubmatch(out); found[what] == nil {
			return h2Result{}, fmt.Errorf("h2load's summary has no %q:\n%s", what, out)
		}
	}
	var failed error
	number := func(what string, i int) int64 {
		n, err := strconv.ParseInt(found[what][i], 10, 64)
		if err != nil {
			failed = fmt.Errorf("h2load's summary has %q: %w", found[what][0], err)
		}
		return n
	}
	seconds := func(what string, i int) float64 {
		n, err := strconv.ParseFloat(found[what][i], 64)
		if err != nil {
			failed = fmt.Errorf("h2load's summary has %q: %w", found[what][0], err)
		}
		return n * map[string]float64{"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}[found[what][i+1]]
	}
	r := h2Result{
		done: number("requests", 1), succeeded: number("requests", 2),
		failed: number("requests", 3), errored: number("requests", 4), timeouts: number("requests", 5),
		right: number("codes", 1), wrong: number("codes", 2) + number("codes", 3) + number("codes", 4),
		data: number("traffic", 1), seconds: seconds("time", 1),
		longest: seconds("request", 1) * 1e6, mean: seconds("request", 3) * 1e6,
	}
	return r, failed
}

// check finds a wrong answer in the figures: a failure, another status, or more or
// fewer bytes than the answers make, those under way at the end allowed for.
func (r h2Result) check(l h2Load) error {
	switch {
	case r.done == 0 || r.seconds <= 0:
		return fmt.Errorf("not one request was answered in %.1f s", r.seconds)
	case r.failed+r.errored+r.timeouts+r.wrong > 0 || r.succeeded != r.done || r.right < r.done:
		return fmt.Errorf("of %d requests %d succeeded, %d failed, %d broke off, %d took too long; %d answers are 2xx, %d others",
			r.done, r.succeeded, r.failed, r.errored, r.timeouts, r.right, r.wrong)
	case l.requests > 0 && r.done != l.requests:
		return fmt.Errorf("only %d of %d requests were answered", r.done, l.requests)
	}
	least, most := r.done*l.size, (r.done+int64(l.connections*l.streams))*l.size
	if l.requests > 0 {
		most = least
	}
	if r.data < least || r.data > most {
		return fmt.Errorf("%d answers of %d bytes came as %d bytes", r.done, l.size, r.data)
	}
	return nil
}
