//go:build linux

// Command perf measures the window of Posthouse as docs and issues state it:
// start, memory, CPU under traffic, proxied latency while the list follows, how
// soon a filter shows under traffic, from a click to the screen, whether the row
// under the pointer was the one that was hit, scrolling. It starts its own screen (Xvfb drawn by
// the processor, a message bus, a window manager) and reads the screen from the
// server's memory, so that looking costs the app nothing. With -history it measures the window over
// a history on the disk. Needs xvfb, dbus,
// xfwm4, xdotool, x11-utils. Run it with
//
//	go build -tags migrated_fynedo -o dist/posthouse ./cmd/posthouse
//	go run ./cmd/posthouse/perf -app dist/posthouse
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	app := flag.String("app", "dist/posthouse", "the binary to measure")
	rows := flag.Int("rows", 100_000, "exchanges in the list for scrolling and clicks")
	stored := flag.Int("history", 0, "start with a history of so many exchanges, and measure the window over it alone")
	rounds := flag.Int("starts", 0, "measure the start alone, so many times; -app may name several apps, a,b, which take turns")
	flag.Parse()
	measure := func() error { return run(*app, *rows, *stored) }
	if *rounds > 0 {
		measure = func() error { return starts(*app, *rounds, *stored) }
	}
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, "perf:", err)
		os.Exit(1)
	}
}

// report prints one line of the table.
func report(what, target, format string, values ...any) {
	fmt.Printf("%-44s %-14s %s\n", what, target, fmt.Sprintf(format, values...))
}

func run(app string, rows, stored int) error {
	d, err := newDesktop()
	if err != nil {
		return err
	}
	defer d.close()
	report("what", "target", "measured")
	if stored > 0 {
		if err := d.writeHistory(stored); err != nil {
			return err
		}
		if err := d.firstStart(app); err != nil {
			return err
		}
	}
	port, err := d.launch(app)
	if err != nil {
		return err
	}
	t := newTraffic(port)
	defer t.close()

	m := &measuring{d: d, t: t, rows: rows}
	steps := []func() error{m.start, m.following, m.flood, m.filling, m.filtering, m.scrolling, m.clicking}
	if stored > 0 {
		m.rows = stored
		steps = []func() error{m.large, m.opening, m.filteringHosts, m.searching}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
