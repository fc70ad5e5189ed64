//go:build linux

// Command perf measures the window of Posthouse as docs and issues state it:
// start, memory, CPU under traffic, proxied latency while the list follows, from
// a click to the screen, scrolling. It starts a screen of its own (Xvfb drawn by
// the processor, a message bus, a window manager) and reads the screen from the
// server's memory, so that looking costs the app nothing. Needs xvfb, dbus,
// xfwm4, xdotool, x11-utils. Run it with
//
//	go build -tags migrated_fynedo -o dist/posthouse ./cmd/posthouse
//	go run ./cmd/posthouse/perf -app dist/posthouse
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	app := flag.String("app", "dist/posthouse", "the binary to measure")
	rows := flag.Int("rows", 100_000, "exchanges in the list for scrolling and clicks")
	flag.Parse()
	if err := run(*app, *rows); err != nil {
		fmt.Fprintln(os.Stderr, "perf:", err)
		os.Exit(1)
	}
}

// report prints one line of the table.
func report(what, target, format string, values ...any) {
	fmt.Printf("%-44s %-14s %s\n", what, target, fmt.Sprintf(format, values...))
}

func run(app string, rows int) error {
	d, err := newDesktop()
	if err != nil {
		return err
	}
	defer d.close()
	report("what", "target", "measured")
	port, err := d.launch(app)
	if err != nil {
		return err
	}
	t := newTraffic(port)
	defer t.close()

	t.send(1, 1, 1)
	area := d.list()
	if err := d.changes(area, func() { t.send(1, 1, 1) }); err != nil {
		return fmt.Errorf("no row appears in the window: %w", err)
	}
	report("start to the first row", "<= 800 ms", "%d ms", time.Since(d.launched).Milliseconds())
	report("memory, idle", "~230 MiB", "%d MiB", d.memory())

	d.move(600, -12) // off the list, which would hold still
	for _, c := range []struct {
		rate         int
		target, wait string
	}{{50, "<= 15 %", ""}, {500, "<= 40 %", "<= 5 ms"}, {2000, "", ""}} {
		var latency []time.Duration
		used := d.cpu(func() { latency = t.send(c.rate, 8*c.rate, 32) })
		report(fmt.Sprintf("CPU while following %d requests/s", c.rate), c.target, "%.0f %% of a core, with the proxy", used)
		report(fmt.Sprintf("proxied p95 at %d requests/s", c.rate), c.wait, "%.2f ms", ms(quantile(latency, 95)))
	}
	if missing := rows - t.sent; missing > 0 {
		t.send(5000, missing, 64)
	}
	time.Sleep(2 * time.Second)
	report(fmt.Sprintf("memory after %d exchanges", t.sent), "<= 450 MiB", "%d MiB", d.memory())

	d.move(600, 300)
	fps, gap := d.scroll(4 * time.Second)
	report("scrolling, no traffic", ">= 55 fps", "%.0f fps, longest gap %.0f ms", fps, ms(gap))
	done := make(chan struct{})
	go func() { defer close(done); t.send(500, 500*6, 32) }()
	time.Sleep(time.Second)
	fps, gap = d.scroll(4 * time.Second)
	<-done
	report("scrolling at 500 requests/s", ">= 30 fps", "%.0f fps, longest gap %.0f ms", fps, ms(gap))
	clicks := d.clicks(10)
	report("click to the screen, median / worst of "+fmt.Sprint(len(clicks)), "<= 80 / 150 ms", "%.0f / %.0f ms", ms(quantile(clicks, 50)), ms(quantile(clicks, 100)))
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }
