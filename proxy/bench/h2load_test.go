package main

import (
	"strings"
	"testing"
)

const h2Summary = `starting benchmark...
Application protocol: h2

finished in 2.01s, 60442.50 req/s, 66.87MB/s
requests: 1000 total, 1008 started, 1000 done, 1000 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 1000 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 1.01MB (1063000) total, 13.60KB (13930) headers (space savings 38.86%), 1000.00KB (1024000) data
                     min         max         mean         sd        +/- sd
time for request:       31us      8.08ms       687us       637us    92.12%
time for connect:     1.29ms      2.50ms      1.93ms       410us    62.50%
`

func TestParseH2Load(t *testing.T) {
	r, err := parseH2Load(h2Summary)
	want := h2Result{done: 1000, succeeded: 1000, right: 1000, data: 1024000, seconds: 2.01, longest: 8080, mean: 687}
	if err != nil || r != want {
		t.Errorf("read %+v, %v; want %+v", r, err, want)
	}
	lines := []string{"Application protocol: h2\n", "finished in", "requests: ", "status codes: ", "traffic: ", "time for request: "}
	for _, line := range lines {
		if _, err := parseH2Load(strings.Replace(h2Summary, line, "", 1)); err == nil {
			t.Errorf("without %q it is read", line)
		}
	}
	if _, err := parseH2Load(strings.Replace(h2Summary, "protocol: h2", "protocol: http/1.1", 1)); err == nil {
		t.Error("HTTP/1.1 is taken for HTTP/2")
	}
}

func TestH2ResultFindsWrongAnswers(t *testing.T) {
	timed := h2Load{connections: 2, streams: 4, size: 1024}
	counted := h2Load{connections: 1, streams: 1, size: 1024, requests: 1000}
	for name, c := range map[string]struct {
		load     h2Load
		old, new string
		right    bool
	}{
		"right":                   {timed, "", "", true},
		"cut at the end":          {timed, "(1024000) data", "(1025000) data", true},
		"a byte is missing":       {timed, "(1024000) data", "(1023999) data", false},
		"more than was asked":     {timed, "(1024000) data", "(1032193) data", false},
		"counted":                 {counted, "", "", true},
		"counted, a byte more":    {counted, "(1024000) data", "(1024001) data", false},
		"counted, one is missing": {counted, "1000 done, 1000 succeeded", "999 done, 999 succeeded", false},
		"one failed":              {timed, "1000 succeeded, 0 failed", "999 succeeded, 1 failed", false},
		"one broke off":           {timed, "0 errored", "1 errored", false},
		"one took too long":       {timed, "0 timeout", "1 timeout", false},
		"a status":                {timed, "1000 2xx, 0 3xx, 0 4xx, 0 5xx", "999 2xx, 0 3xx, 0 4xx, 1 5xx", false},
		"none":                    {timed, "1000 done, 1000 succeeded", "0 done, 0 succeeded", false},
	} {
		r, err := parseH2Load(strings.Replace(h2Summary, c.old, c.new, 1))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := r.check(c.load); (err == nil) != c.right {
			t.Errorf("%s: %v", name, err)
		}
	}
}
