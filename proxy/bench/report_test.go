package main

import (
	"strings"
	"testing"
)

func sampleOutcome() outcome {
	return outcome{
		work: work{name: "keepalive", title: "Small", contenders: []string{relay, recording, "privoxy"}, columns: requestColumns},
		results: results{
			relay:     {{"rps": 100, "cpu": 5, "p50": 10, "p99": 20}, {"rps": 110, "cpu": 6, "p50": 11, "p99": 22}},
			recording: {{"rps": 90, "cpu": 8, "p50": 12, "p99": 30}, {"rps": 88, "cpu": 9, "p50": 12, "p99": 30}},
		},
	}
}

func TestOutcomeTable(t *testing.T) {
	want := `           requests/s  CPU µs/request  p50 µs  p99 µs  rps/relay  cpu/relay  spread %
relay             105             5.5      10      21       1.00       1.00        10
posthouse          89             8.5      12      30       0.85       1.55         2
`
	if got := outcomeTable(sampleOutcome()).text(); got != want {
		t.Errorf("the table is\n%swant\n%s", got, want)
	}
}

func TestMarkdown(t *testing.T) {
	got := table{{"", "a"}, {"x", "1"}}.markdown()
	if want := "|  | a |\n|---|---:|\n| x | 1 |\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestJudge(t *testing.T) {
	verdicts := judge([]outcome{sampleOutcome()})
	found := map[string]string{}
	for _, v := range verdicts {
		found[v.text] = v.String()
	}
	if got := found["CPU per request in the proxy <= 9 µs"]; got != "holds" {
		t.Errorf("the CPU target: %q", got)
	}
	if _, ok := found["requests/s >= 1.5x privoxy's"]; ok {
		t.Error("there is a verdict on what was not measured")
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		atMost          bool
		limit, measured float64
		want            string
	}{
		{true, 9, 9, "holds"},
		{true, 10, 12.5, "short by 25 %"},
		{false, 1.5, 1.5, "holds"},
		{false, 2, 1, "short by 50 %"},
		{false, 1, 0.995, "short by 0.5 %"},
	} {
		v := verdict{target{atMost: c.atMost, limit: c.limit}, c.measured}
		if got := v.String(); got != c.want {
			t.Errorf("%+v: %q, want %q", c, got, c.want)
		}
	}
}

// Each target must belong to a work, or it would never be judged.
func TestTargetsHaveWorks(t *testing.T) {
	names := strings.Join(workNames(), ",") + ","
	for _, target := range targets() {
		if !strings.Contains(names, target.work+",") {
			t.Errorf("there is no work %q", target.work)
		}
	}
}

func TestReplaceSection(t *testing.T) {
	got, err := replaceSection("a\n"+sectionBegin+"old\n"+sectionEnd+"z\n", "\nnew\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := "a\n" + sectionBegin + "\nnew\n\n" + sectionEnd + "z\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, bad := range []string{"", sectionBegin, sectionEnd + sectionBegin} {
		if _, err := replaceSection(bad, "x"); err == nil {
			t.Errorf("%q takes a section", bad)
		}
	}
}

func TestCPUModel(t *testing.T) {
	if got := cpuModel("processor\t: 0\nmodel name\t: Some: CPU @ 2 GHz\n"); got != "Some: CPU @ 2 GHz" {
		t.Errorf("%q", got)
	}
	if got := cpuModel(""); got != "unknown CPU" {
		t.Errorf("%q", got)
	}
}

func TestKernelNumber(t *testing.T) {
	if got := kernelNumber("6.1.0-22-amd64"); got != "6.1.0" {
		t.Errorf("%q", got)
	}
}

func TestPickRefusesUnknownNames(t *testing.T) {
	if _, err := pick([]string{"nobody"}); err == nil {
		t.Error("an unknown proxy is taken")
	}
	if _, err := pickWorks([]string{"nothing"}); err == nil {
		t.Error("an unknown work is taken")
	}
	if list, err := pickWorks([]string{"start", "idle"}); err != nil || list[0].name != "start" || list[1].name != "idle" {
		t.Errorf("%v", err)
	}
}

func TestSecureWorksAreComparedWithTheOrigin(t *testing.T) {
	o := outcome{
		work:    work{secure: true, contenders: []string{direct, recording}, columns: requestColumns[:1]},
		results: results{direct: {{"rps": 100}}, recording: {{"rps": 40}}},
	}
	want := "           requests/s  rps/direct  spread %\nno proxy          100        1.00         0\nposthouse          40        " +
		"0.40         0\n"
	if got := outcomeTable(o).text(); got != want {
		t.Errorf("the table is\n%swant\n%s", got, want)
	}
}

// Each name in a work must be a contender's, or it would never be measured.
func TestWorksHaveContenders(t *testing.T) {
	for _, w := range works() {
		for _, name := range w.contenders {
			if list, err := pick([]string{name}); err != nil || w.secure && !list[0].blind && list[0].authority == "" {
				t.Errorf("%s: %q cannot be measured: %v", w.name, name, err)
			}
		}
	}
}
