package main

import (
	"fmt"
	"math"
	"slices"
)

// target is a promise of the project about a work.
type target struct {
	work   string
	text   string
	atMost bool
	limit  float64
	format string
	value  func(r results) float64
}

// budget is what -memory is by default, in MiB; a recorded million requests may
// use this and memoryRest more.
const (
	budget     = 128
	memoryRest = 64
	flat       = 2 // % of growth in the second half that still count as flat
)

func targets() []target {
	return slices.Concat(plainTargets(), historyTargets(), secureTargets(), h2Targets(), startTargets())
}

func medianOf(proxy, metric string) func(results) float64 {
	return func(r results) float64 { return r.median(proxy, metric) }
}

// ratioTo is Posthouse's value, recording, by another's.
func ratioTo(other, metric string) func(results) float64 {
	return func(r results) float64 { return r.ratio(recording, other, metric) }
}

func ratioToBest(of []string, metric string) func(results) float64 {
	return func(r results) float64 { return r.ratio(recording, r.best(of, metric, false), metric) }
}

func plainTargets() []target {
	offToRelay := func(r results) float64 { return r.ratio(recordingOff, relay, "cpu") }
	return []target{
		{"keepalive", "CPU per request in the proxy <= 9 µs", true, 9, "%.1f µs", medianOf(recording, "cpu")},
		{"keepalive", "recording off: <= 7 µs", true, 7, "%.1f µs", medianOf(recordingOff, "cpu")},
		// The same two, freed of the machine: 9 and 7 µs belong to one on which
		// the relay takes 6.
		{"keepalive", "CPU per request <= 1.5x the relay's", true, 1.5, "%.2fx", ratioTo(relay, "cpu")},
		{"keepalive", "recording off: CPU <= 1.17x the relay's", true, 7.0 / 6, "%.2fx", offToRelay},
		{"keepalive", "CPU per request <= 1.05x haproxy's", true, 1.05, "%.2fx", ratioTo(haproxy, "cpu")},
		{"keepalive", "CPU per request <= 1.05x haproxy's as it comes", true, 1.05, "%.2fx", ratioTo(haproxyAsIs, "cpu")},
		{"keepalive", "requests/s >= 1.5x privoxy's", false, 1.5, "%.2fx", ratioTo("privoxy", "rps")},
		{"keepalive", "writing events costs no more than 5 % of the requests/s", false, 0.95, "%.2fx",
			func(r results) float64 { return r.ratio(eventsOn, recording, "rps") }},
		{"keepalive", "writing a history costs no more than 3 % of the requests/s", false, 0.97, "%.2fx",
			func(r results) float64 { return r.ratio(historyOn, recording, "rps") }},
		{"latency", "median latency <= 1.15x the relay's", true, 1.15, "%.2fx", ratioTo(relay, "p50")},
		{"latency", "median latency <= haproxy's", true, 1, "%.2fx", ratioTo(haproxy, "p50")},
		{"latency", "median latency <= haproxy's as it comes", true, 1, "%.2fx", ratioTo(haproxyAsIs, "p50")},
		{"connect", "requests/s >= 1.5x the best peer's", false, 1.5, "%.2fx", ratioToBest(peers, "rps")},
		{"connect", "CPU per request <= 1.2x haproxy's", true, 1.2, "%.2fx", ratioTo(haproxy, "cpu")},
		{"connect", "CPU per request <= 1.2x haproxy's as it comes", true, 1.2, "%.2fx", ratioTo(haproxyAsIs, "cpu")},
		{"download", "rate >= 0.95x the relay's", false, 0.95, "%.2fx", ratioTo(relay, "mib")},
		{"download", "CPU <= 0.12 s/GiB", true, 0.12, "%.3f s/GiB", medianOf(recording, "cpu")},
		{"download", "peak RSS <= 40 MiB", true, 40, "%.1f MiB", medianOf(recording, "peak")},
		{"tunnel-bulk", "rate >= the best peer's", false, 1, "%.2fx", ratioToBest(peers, "mib")},
		{"tunnel-small", "requests/s >= 0.95x the best peer's", false, 0.95, "%.2fx", ratioToBest(peers, "rps")},
		{"idle", fmt.Sprintf("%d tunnels open", idleCount), false, idleCount, "%.0f", medianOf(recording, "tunnels")},
		// A few descriptors belong to no tunnel (the listener's wake-up, say).
		{"idle", "two descriptors each", true, 2.01, "%.2f", medianOf(recording, "fds")},
		{"idle", "RSS <= 12 KiB each", true, 12, "%.1f KiB", medianOf(recording, "kib")},
		{"memory", "RSS <= the budget (128 MiB) + 64 MiB", true, budget + memoryRest, "%.1f MiB", medianOf(recording, "peak")},
		{"memory", "flat in the second half (grows <= 2 %)", true, flat, "%.1f %%", medianOf(recording, "growth")},
	}
}

func secureTargets() []target {
	return []target{
		{"tls-keepalive", "requests/s >= 0.33x direct", false, 0.33, "%.2fx", ratioTo(direct, "rps")},
		{"tls-keepalive", "CPU per request in the proxy <= 23 µs", true, 23, "%.1f µs", medianOf(recording, "cpu")},
		{"tls-keepalive", "requests/s >= 1.8x martian's", false, 1.8, "%.2fx", ratioTo("martian", "rps")},
		// As with the plain ones: on the machine of the target martian takes 23 µs.
		{"tls-keepalive", "CPU per request <= martian's", true, 1, "%.2fx", ratioTo("martian", "cpu")},
		{"tls-connect", "requests/s >= 0.4x direct", false, 0.4, "%.2fx", ratioTo(direct, "rps")},
		{"tls-connect", "requests/s >= martian's", false, 1, "%.2fx", ratioTo("martian", "rps")},
		{"tls-connect", "CPU per new connection <= 1.09x goproxy's", true, 1.09, "%.2fx", ratioTo("goproxy", "cpu")},
		{"tls-resume", "requests/s >= 0.4x direct", false, 0.4, "%.2fx", ratioTo(direct, "rps")},
		{"tls-resume", "requests/s >= martian's", false, 1, "%.2fx", ratioTo("martian", "rps")},
		// A ticket may come too late for the next connection.
		{"tls-resume", "sessions taken up with the origin: >= 95 %", false, 95, "%.0f %%", medianOf(recording, "reused")},
		{"tls-download", "rate >= the best peer's", false, 1, "%.2fx", ratioToBest(decrypting, "mib")},
		{"tls-download", "peak RSS <= 64 MiB", true, 64, "%.1f MiB", medianOf(recording, "peak")},
		{"tls-visit", "<= 1.5 ms a host more than direct", true, 1.5, "%.2f ms", func(r results) float64 {
			return r.difference(recording, direct, "ms")
		}},
	}
}

// h2Targets are by nghttpx, which decrypts and speaks HTTP/2 on both sides as
// Posthouse does, and looks at nothing: the floor.
func h2Targets() []target {
	return []target{
		{"h2-parallel", "CPU per request <= 2x nghttpx's", true, 2, "%.2fx", ratioTo(nghttpx, "cpu")},
		{"h2-parallel", "requests/s >= 0.5x nghttpx's", false, 0.5, "%.2fx", ratioTo(nghttpx, "rps")},
		{"h2-parallel", "requests/s >= 10x mitmdump's", false, 10, "%.1fx", ratioTo(mitmdump, "rps")},
		{"h2-single", "CPU per request <= 2x nghttpx's", true, 2, "%.2fx", ratioTo(nghttpx, "cpu")},
		{"h2-download", "rate >= nghttpx's", false, 1, "%.2fx", ratioTo(nghttpx, "mib")},
		{"h2-download", "CPU <= 1.3x nghttpx's", true, 1.3, "%.2fx", ratioTo(nghttpx, "cpu")},
		{"h2-quiet", "RSS <= 64 KiB a connection", true, 64, "%.1f KiB", medianOf(recording, "connection")},
		{"h2-quiet", "RSS <= 4 KiB a stream", true, 4, "%.2f KiB", medianOf(recording, "stream")},
	}
}

func startTargets() []target {
	return []target{
		{"start", "ready in <= 10 ms", true, 10, "%.1f ms", medianOf(recording, "ms")},
		{"start", "RSS <= 16 MiB", true, 16, "%.1f MiB", medianOf(recording, "rss")},
	}
}

// verdict is a target held against a run.
type verdict struct {
	target
	measured float64
}

// judge holds the outcomes against the targets of their works. What could not
// be measured yields no verdict.
func judge(outcomes []outcome) []verdict {
	var list []verdict
	for _, t := range targets() {
		for _, o := range outcomes {
			if o.name != t.work {
				continue
			}
			if v := t.value(o.results); !math.IsNaN(v) {
				list = append(list, verdict{t, v})
			}
		}
	}
	return list
}

func (v verdict) holds() bool {
	if v.atMost {
		return v.measured <= v.limit
	}
	return v.measured >= v.limit
}

// String is "holds", or by how much it is short of the limit.
func (v verdict) String() string {
	if v.holds() {
		return "holds"
	}
	short := math.Abs(v.measured-v.limit) / v.limit * 100
	if short < 1 {
		return fmt.Sprintf("short by %.1f %%", short)
	}
	return fmt.Sprintf("short by %.0f %%", short)
}
