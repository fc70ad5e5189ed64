package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// metric is a column of a table.
type metric struct {
	key, title string
	format     string
	main       bool // the one whose spread is shown
	ratio      bool // its ratio to the work's base is shown
}

// work is something the contenders are measured at.
type work struct {
	name, title string
	contenders  []string
	columns     []metric
	bulk        bool // its bodies are large
	secure      bool // inside TLS, which the contenders look into; compared with direct, not with the relay
	h2          bool // HTTP/2 on both sides of it; compared with nghttpx
	carried     bool // the client knows no proxies and is led through a carrier
	server      server
	once        bool // one round says it all
	verify      []check
	// measure runs the work once through in.
	measure func(ctx context.Context, b *bench, in *instance) (sample, error)
}

// base is the contender that the others are compared with, and a short name for it.
func (w work) base() (name, short string) {
	switch {
	case w.h2:
		return nghttpx, nghttpx
	case w.secure:
		return direct, "direct"
	}
	return relay, "relay"
}

// check is a file fetched in full and held against its content, before a
// work's first round and after its last.
type check struct {
	way  way // of works that are not inside TLS
	path string
	size int64
}

var (
	smallPlain    = []check{{plain, smallPath, smallSize}}
	smallTunneled = []check{{tunneled, smallPath, smallSize}}
	bigPlain      = []check{{plain, bigPath, bigSize}}
	bigTunneled   = []check{{tunneled, bigPath, bigSize}}
	smallSecured  = []check{{path: smallPath, size: smallSize}}
	midSecured    = []check{{path: midPath, size: midSize}}
	bigSecured    = []check{{path: bigPath, size: bigSize}}
)

var (
	allButEvents = append([]string{direct, relay, recording, recordingOff}, peers...)
	plainHTTP    = append(slices.Clone(allButEvents), haproxy, haproxyAsIs)
	everyone     = append([]string{direct, relay, recording, recordingOff, eventsOn, historyOn}, append(peers, haproxy, haproxyAsIs)...)
	holdMany     = []string{relay, recording, recordingOff, "squid", "goproxy"}
	lookInside   = append([]string{direct, recording, recordingOff}, decrypting...)
	makeLeaves   = []string{direct, recording, recordingOff, "goproxy", goproxyAsIs, "martian"}
	speakH2      = []string{direct, nghttpx, recording, recordingOff, haproxy, mitmdump}
	holdStreams  = []string{nghttpx, recording, recordingOff, haproxy}

	requestColumns = []metric{
		{key: "rps", title: "requests/s", format: "%.0f", main: true, ratio: true},
		{key: "cpu", title: "CPU µs/request", format: "%.1f", ratio: true},
		{key: "p50", title: "p50 µs", format: "%.0f"},
		{key: "p99", title: "p99 µs", format: "%.0f"},
	}
	freshColumns = append(slices.Clone(requestColumns),
		metric{key: "resumed", title: "client resumed %", format: "%.0f"},
		metric{key: "reused", title: "origin resumed %", format: "%.0f"})
	streamColumns = []metric{
		{key: "rps", title: "requests/s", format: "%.0f", main: true, ratio: true},
		{key: "cpu", title: "CPU µs/request", format: "%.1f", ratio: true},
		{key: "mean", title: "mean µs", format: "%.0f"},
		{key: "longest", title: "longest µs", format: "%.0f"},
	}
	quietColumns = []metric{
		{key: "connection", title: "RSS KiB/connection", format: "%.1f", main: true},
		{key: "stream", title: "RSS KiB/stream", format: "%.2f"},
		{key: "streams", title: "streams", format: "%.0f"},
		{key: "fds", title: "descriptors/connection", format: "%.2f"},
	}
	bulkColumns = []metric{
		{key: "mib", title: "MiB/s", format: "%.0f", main: true, ratio: true},
		{key: "cpu", title: "CPU-s/GiB", format: "%.3f", ratio: true},
		{key: "peak", title: "peak RSS MiB", format: "%.1f"},
	}
)

// works lists what is measured, in the order of the report.
func works() []work {
	return slices.Concat(plainWorks(), historyWorks(), secureWorks(), h2Works(), startWorks())
}

func plainWorks() []work {
	return []work{
		{name: "keepalive", title: "1 KiB, 64 keep-alive connections", contenders: everyone,
			columns: requestColumns, verify: smallPlain, measure: wrkMeasure(64, false)},
		{name: "latency", title: "1 KiB, 1 keep-alive connection", contenders: plainHTTP,
			columns: latencyFirst(), verify: smallPlain, measure: wrkMeasure(1, false)},
		{name: "connect", title: "1 KiB, a new client connection for each request, 64 at a time", contenders: plainHTTP,
			columns: requestColumns, verify: smallPlain, measure: wrkMeasure(64, true)},
		{name: "download", title: "512 MiB download", contenders: plainHTTP,
			columns: bulkColumns, bulk: true, verify: bigPlain, measure: bulkMeasure(plain)},
		{name: "tunnel-bulk", title: "512 MiB through a tunnel", contenders: allButEvents,
			columns: bulkColumns, bulk: true, verify: bigTunneled, measure: bulkMeasure(tunneled)},
		{name: "tunnel-small", title: "1 KiB requests inside 64 tunnels", contenders: allButEvents,
			columns: requestColumns, verify: smallTunneled, measure: tunnelSmall},
		{name: "idle", title: "idle tunnels", contenders: holdMany, once: true,
			columns: []metric{
				{key: "tunnels", title: "tunnels", format: "%.0f"},
				{key: "fds", title: "descriptors/tunnel", format: "%.2f"},
				{key: "kib", title: "RSS KiB/tunnel", format: "%.1f", main: true},
				{key: "opened", title: "opened/s", format: "%.0f"},
			}, verify: smallTunneled, measure: idleTunnels},
		{name: "memory", title: "1,000,000 requests of 1 KiB, recorded", contenders: []string{recording}, once: true,
			columns: []metric{
				{key: "peak", title: "peak RSS MiB", format: "%.1f", main: true},
				{key: "half", title: "RSS at half MiB", format: "%.1f"},
				{key: "end", title: "RSS at the end MiB", format: "%.1f"},
				{key: "growth", title: "growth in second half %", format: "%.1f"},
				{key: "rps", title: "requests/s", format: "%.0f"},
			}, verify: smallPlain, measure: memoryRun},
	}
}

func secureWorks() []work {
	return []work{
		{name: "tls-keepalive", title: "1 KiB over TLS, decrypted, 32 keep-alive connections", contenders: lookInside, secure: true,
			columns: requestColumns, verify: smallSecured, measure: secureMeasure},
		{name: "tls-connect", title: "1 KiB over TLS, decrypted, a new connection and another to the origin for each request, 32 at a time",
			contenders: makeLeaves, secure: true, server: closing,
			columns: freshColumns, verify: smallSecured, measure: freshMeasure(false)},
		{name: "tls-resume", title: "1 KiB over TLS, decrypted, the same with the client's session taken up",
			contenders: lookInside, secure: true, server: closing,
			columns: freshColumns, verify: smallSecured, measure: freshMeasure(true)},
		{name: "tls-download", title: "512 MiB download over TLS, decrypted", contenders: lookInside, secure: true,
			columns: bulkColumns, bulk: true, verify: bigSecured, measure: secureBulk},
		{name: "tls-visit", title: fmt.Sprintf("first visits of %d hosts over TLS, decrypted, one after the other", visitCount),
			contenders: makeLeaves, secure: true,
			columns: []metric{
				{key: "ms", title: "ms/host", format: "%.2f", main: true, ratio: true},
				{key: "cpu", title: "CPU ms/host", format: "%.2f"},
			}, verify: smallSecured, measure: firstVisits},
	}
}

func h2Works() []work {
	list := []work{
		{name: "h2-parallel", title: "1 KiB by HTTP/2, decrypted, 8 connections of 8 streams", contenders: speakH2, carried: true,
			server: multiplexed, columns: streamColumns, verify: smallSecured, measure: h2Measure(8)},
		{name: "h2-single", title: "1 KiB by HTTP/2, decrypted, 8 connections of 1 stream", contenders: speakH2, carried: true,
			server: multiplexed, columns: streamColumns, verify: smallSecured, measure: h2Measure(1)},
		{name: "h2-download", title: "64 MiB by HTTP/2, decrypted, on one stream", contenders: speakH2, carried: true,
			server: multiplexed, columns: bulkColumns, bulk: true, verify: midSecured, measure: h2Bulk},
		{name: "h2-quiet", contenders: holdStreams, once: true,
			title: fmt.Sprintf("%d streams over %d connections of HTTP/2, decrypted, answered in part and quiet",
				quietConnections*quietStreams, quietConnections),
			server: unfinished, columns: quietColumns, verify: smallSecured, measure: quietMany},
	}
	for i := range list {
		list[i].secure, list[i].h2 = true, true
	}
	return list
}

func startWorks() []work {
	return []work{
		{name: "start", title: "start", contenders: []string{recording, recordingOff},
			columns: []metric{
				{key: "ms", title: "ready after ms", format: "%.1f", main: true},
				{key: "rss", title: "RSS MiB", format: "%.1f"},
			}, measure: startRun},
	}
}

// latencyFirst is requestColumns with the latency as the main figure.
func latencyFirst() []metric {
	list := slices.Clone(requestColumns)
	list[0].main, list[2].main, list[2].ratio = false, true, true
	return list
}

// measured runs f and puts what it cost the contender beside its result.
func measured(in *instance, f func() (sample, error), perCPU func(cpuSeconds float64, s sample)) (sample, error) {
	before, err := in.process.measure()
	if err != nil {
		return nil, err
	}
	s, err := f()
	if err != nil {
		return nil, err
	}
	after, err := in.process.measure()
	if err != nil {
		return nil, err
	}
	perCPU((after.cpu - before.cpu).Seconds(), s)
	s["peak"] = mib(after.peak)
	return s, nil
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// headLeeway is how much longer an answer's head may be than the one verified
// before, in bytes: some proxies count down in it what a connection may still carry.
const headLeeway = 64

// wrkMeasure is wrk over a number of connections.
func wrkMeasure(connections int, closing bool) func(context.Context, *bench, *instance) (sample, error) {
	return func(ctx context.Context, b *bench, in *instance) (sample, error) {
		load := wrkLoad{
			threads: min(2, connections), connections: connections, duration: b.duration,
			target: "http://" + b.origin.addr + smallPath, close: closing,
		}
		var r wrkResult
		return measured(in, func() (sample, error) {
			var err error
			if r, err = runWrk(ctx, b.dir, in.addr, load); err != nil {
				return nil, err
			}
			least := in.answerSize
			if closing {
				// The heads differ by what they say about the connection.
				least -= headLeeway
			}
			err = r.check(least, in.answerSize+headLeeway, in.hangsUp)
			return sample{"rps": float64(r.requests) / r.seconds, "p50": r.p50, "p99": r.p99}, err
		}, func(cpu float64, s sample) { s["cpu"] = cpu * 1e6 / float64(r.requests) })
	}
}

// bulkMeasure downloads the big file again and again for about the duration.
func bulkMeasure(w way) func(context.Context, *bench, *instance) (sample, error) {
	return func(ctx context.Context, b *bench, in *instance) (sample, error) {
		var moved int64
		return measured(in, func() (sample, error) {
			start := time.Now()
			for moved == 0 || time.Since(start) < b.duration/2 {
				if err := download(in, w, b.origin.addr); err != nil {
					return nil, err
				}
				moved += bigSize
				if err := ctx.Err(); err != nil {
					return nil, err
				}
			}
			return sample{"mib": mib(moved) / time.Since(start).Seconds()}, nil
		}, func(cpu float64, s sample) { s["cpu"] = cpu / (mib(moved) / 1024) })
	}
}

func download(in *instance, w way, authority string) error {
	c, err := reach(in, w, authority)
	if err != nil {
		return err
	}
	defer c.close()
	if _, err := c.get(requestFor(in, w, authority, bigPath), bigSize); err != nil {
		return err
	}
	if err := c.discard(bigSize); err != nil {
		return fmt.Errorf("the download broke off: %w", err)
	}
	return nil
}

func tunnelSmall(ctx context.Context, b *bench, in *instance) (sample, error) {
	var r *loadResult
	return measured(in, func() (sample, error) {
		var err error
		r, err = smallLoad{in: in, way: tunneled, authority: b.origin.addr, connections: 64, threads: 2, duration: b.duration}.run(ctx)
		if err != nil {
			return nil, err
		}
		return sample{"rps": float64(r.requests) / r.seconds, "p50": r.latencies.percentile(50), "p99": r.latencies.percentile(99)}, nil
	}, func(cpu float64, s sample) { s["cpu"] = cpu * 1e6 / float64(r.requests) })
}
