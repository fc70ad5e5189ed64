package main

import (
	"strings"
	"testing"
)

const wrkOutput = `Running 3s test @ http://127.0.0.1:35331/
  2 threads and 64 connections
Transfer/sec:     63.49MB
RESULT requests=100 bytes=126000 duration=3000417 connect=0 read=0 write=0 status=0 timeout=0 p50=1025 p99=4984
`

func TestParseWrk(t *testing.T) {
	r, err := parseWrk(wrkOutput)
	if err != nil {
		t.Fatal(err)
	}
	if r.requests != 100 || r.bytes != 126000 || r.seconds != 3.000417 || r.p50 != 1025 || r.p99 != 4984 || len(r.failures) != 0 {
		t.Errorf("read %+v", r)
	}
}

func TestParseWrkRefusesWhatIsNotComplete(t *testing.T) {
	for name, out := range map[string]string{
		"no result":      "unable to connect to 127.0.0.1:1 Connection refused\n",
		"a word":         strings.Replace(wrkOutput, "100", "many", 1),
		"cut":            "RESULT requests=100 bytes=126000 duration=3000417\n",
		"without a time": strings.Replace(wrkOutput, "3000417", "0", 1),
	} {
		if r, err := parseWrk(out); err == nil {
			t.Errorf("%s: no error, but %+v", name, r)
		}
	}
}

func TestWrkCheckFindsWrongAnswers(t *testing.T) {
	const size = 1260
	for name, c := range map[string]struct {
		out     string
		hangsUp bool
		bad     bool
	}{
		"right":                  {out: wrkOutput},
		"a status":               {out: strings.Replace(wrkOutput, "status=0", "status=1", 1), bad: true},
		"a timeout":              {out: strings.Replace(wrkOutput, "timeout=0", "timeout=3", 1), bad: true},
		"closed":                 {out: strings.Replace(wrkOutput, "read=0", "read=100", 1), bad: true},
		"closed as known":        {out: strings.Replace(wrkOutput, "read=0", "read=100", 1), hangsUp: true},
		"closed more than known": {out: strings.Replace(wrkOutput, "read=0", "read=101", 1), hangsUp: true, bad: true},
		"bodies missing":         {out: strings.Replace(wrkOutput, "bytes=126000", "bytes=23600", 1), bad: true},
		"bodies twice":           {out: strings.Replace(wrkOutput, "bytes=126000", "bytes=252000", 1), bad: true},
		"no answer": {out: strings.NewReplacer("requests=100", "requests=0", "bytes=126000",
			"bytes=0").Replace(wrkOutput), bad: true},
		"some still under way":     {out: strings.Replace(wrkOutput, "bytes=126000", "bytes=136080", 1)},
		"more than can be on way":  {out: strings.Replace(wrkOutput, "bytes=126000", "bytes=226000", 1), bad: true},
		"fewer than can be on way": {out: strings.Replace(wrkOutput, "bytes=126000", "bytes=26000", 1), bad: true},
	} {
		r, err := parseWrk(c.out)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.check(size, size, c.hangsUp); (err != nil) != c.bad {
			t.Errorf("%s: %v", name, err)
		}
	}
}
