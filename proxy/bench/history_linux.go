package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

const (
	steadyRate = 5_000  // requests a second at which the CPU of a history is told
	floodRate  = 20_000 // and at which it must not lose what it does not count
	floodRest  = 96     // MiB beside the budget
)

func historyWorks() []work {
	return []work{
		{name: "history", title: fmt.Sprintf("1 KiB, %d requests/s, no two URLs alike, 64 keep-alive connections", steadyRate),
			contenders: []string{recording, historyOn}, columns: requestColumns, verify: smallPlain, measure: steady},
		{name: "history-flood",
			title:      fmt.Sprintf("the same at %d requests/s, or as many as there are, until all is on the disk or counted", floodRate),
			contenders: []string{historyOn}, once: true,
			columns: []metric{
				{key: "rps", title: "requests/s", format: "%.0f", main: true},
				{key: "peak", title: "peak RSS MiB", format: "%.1f"},
				{key: "kept", title: "on the disk %", format: "%.2f"},
				{key: "bodies", title: "without bodies %", format: "%.2f"},
				{key: "lost", title: "not counted", format: "%.0f"},
			}, verify: smallPlain, measure: flood},
	}
}

func historyTargets() []target {
	return []target{
		{"history", "a history costs no more than 15 % of CPU", true, 1.15, "%.2fx",
			func(r results) float64 { return r.ratio(historyOn, recording, "cpu") }},
		{"history-flood", "each request is on the disk, or counted", true, 0, "%.0f missing", medianOf(historyOn, "lost")},
		{"history-flood", fmt.Sprintf("RSS <= the budget (%d MiB) + %d MiB", budget, floodRest), true, budget + floodRest, "%.1f MiB",
			medianOf(historyOn, "peak")},
	}
}

func steady(ctx context.Context, b *bench, in *instance) (sample, error) {
	var r *loadResult
	return measured(in, func() (sample, error) {
		var err error
		r, err = smallLoad{in: in, way: plain, authority: b.origin.addr, connections: 64, threads: 2,
			requests: int64(steadyRate * b.duration.Seconds()), rate: steadyRate, numbered: true}.run(ctx)
		if err != nil {
			return nil, err
		}
		return sample{"rps": float64(r.requests) / r.seconds, "p50": r.latencies.percentile(50), "p99": r.latencies.percentile(99)}, nil
	}, func(cpu float64, s sample) { s["cpu"] = cpu * 1e6 / float64(r.requests) })
}

// flood starts in's program afresh, ends it when it has had all requests, and reads what it
// says of them.
func flood(ctx context.Context, b *bench, in *instance) (sample, error) {
	own, err := in.contender.start(ctx, b, work{})
	if err != nil {
		return nil, err
	}
	defer own.stop()
	const connections = 64
	load := smallLoad{in: own, way: plain, authority: b.origin.addr, connections: connections, threads: 2,
		requests: int64(floodRate * b.flood.Seconds()), rate: floodRate, numbered: true}
	r, err := load.run(ctx)
	if err != nil {
		return nil, err
	}
	peak, err := own.process.measure()
	if err != nil {
		return nil, err
	}
	own.process.stopWithin(time.Minute) // it writes what is left
	said, err := readHistorySaid(own.process.tail())
	if err != nil {
		return nil, err
	}
	sent := r.requests + connections // each has one before the load
	all := float64(sent)
	return sample{
		"rps": float64(r.requests) / r.seconds, "peak": mib(peak.peak),
		"kept": 100 * float64(said["kept"]) / all, "bodies": 100 * float64(said["bodies"]) / all,
		"lost": float64(sent - said["kept"] - said["late"] - said["failed"] - said["early"] - said["private"]),
	}, nil
}

var historySaid = regexp.MustCompile(`msg="the history is closed" (.*)`)
var numberSaid = regexp.MustCompile(`(\w+)=(\d+)`)

// readHistorySaid reads what posthoused logs of its history when it ends.
func readHistorySaid(log string) (map[string]int64, error) {
	line := historySaid.FindStringSubmatch(log)
	if line == nil {
		return nil, fmt.Errorf("it says nothing of its history:\n%s", log)
	}
	said := map[string]int64{}
	for _, pair := range numberSaid.FindAllStringSubmatch(line[1], -1) {
		said[pair[1]], _ = strconv.ParseInt(pair[2], 10, 64) // digits
	}
	return said, nil
}

const defaultFlood = 5 * time.Second
