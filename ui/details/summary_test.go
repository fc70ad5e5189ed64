package details

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/ui/uitest"
)

// What several rows come to, line by line.
func TestTheSummaryOfSeveralRows(t *testing.T) {
	zone := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = zone })
	at := uitest.StartOfTests
	rows := uitest.FakeRows{
		1: {ID: 1, Kind: flow.KindHTTP, Phase: flow.PhaseDone, Start: at, Duration: 100 * time.Millisecond, Status: 200, Host: "a.test",
			RequestSize: 10, ResponseSize: 1000, App: "curl"},
		2: {ID: 2, Kind: flow.KindHTTP, Phase: flow.PhaseDone, Start: at.Add(time.Second), Duration: 2 * time.Second, Status: 404,
			Host: "b.test\u202e", ResponseSize: 24, Annotation: flow.Annotation{Star: true, Note: "n"}},
		3: {ID: 3, Kind: flow.KindHTTP, Phase: flow.PhaseFailed, Failure: flow.FailureRefused, Start: at.Add(time.Second), Status: 502,
			Duration: 300 * time.Millisecond, Host: "a.test"},
		5: {ID: 5, Kind: flow.KindHTTP, Phase: flow.PhaseRequest, Host: "a.test"}, // from a file that does not tell when
		4: {ID: 4, Kind: flow.KindHTTP, Phase: flow.PhaseRequest, Start: at.Add(time.Second), Host: "a.test"},
	}
	s := summarise(context.Background(), []flow.ID{1, 2, 3, 4, 5}, rows.Row)
	var got []string
	for _, f := range s.facts() {
		got = append(got, f.name+": "+f.value)
	}
	want := `Sent: 10 bytes
Received: 1.0 KB (1,024 bytes)
From, to: 2026-11-24 09:30:00.000 to 2026-11-24 09:30:03.000 (3.0 s)
Duration: shortest 100 ms, median 300 ms, longest 2.0 s
Status: 200 (1), 404 (1), × 502 (1)
Under way: 2
Failed: 1
Host: a.test (4), b.test‹U+202E› (1)
Program: curl
Said about them: 1 starred, 1 with a note`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("it says\n%s\nwant\n%s", text, want)
	}
}

// Of many names the most frequent ones are shown, and a bounded number told apart.
func TestASummaryIsBounded(t *testing.T) {
	var names tally
	for i := range 3 * maxTallied {
		names.add(fmt.Sprint("host-", i))
	}
	for range 5 {
		names.add("host-7")
	}
	if len(names.by) != maxTallied || names.rest != 2*maxTallied {
		t.Errorf("%d names are told apart, %d are not", len(names.by), names.rest)
	}
	if got := names.text(); !strings.HasPrefix(got, "host-7 (6), ") || strings.Count(got, ",") != maxShown+1 {
		t.Errorf("it says %q", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	asked := 0
	summarise(ctx, make([]flow.ID, 100_000), func(flow.ID) (flow.Row, bool) { asked++; return flow.Row{}, false })
	if asked > 1024 {
		t.Errorf("called off, it asks for %d rows", asked)
	}
}
