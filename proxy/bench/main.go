// Command bench measures Posthouse beside other proxies, in one run on
// loopback, and holds it against the project's targets. Answers are verified;
// a wrong one ends the run with exit code 1. It runs on Linux.
//
// docs/benchmarks.md describes the method. Start it with make bench, or with
// ./run for its flags.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options is the command line.
type options struct {
	bin, works, proxies, write string
	rounds                     int
	duration, flood            time.Duration
}

func parse() options {
	var o options
	flag.StringVar(&o.bin, "bin", "", "`DIR` with the programs built for this run")
	flag.StringVar(&o.works, "works", "", "`NAMES` of the works, with commas; all by default: "+strings.Join(workNames(), ","))
	flag.StringVar(&o.proxies, "proxies", "",
		"`NAMES` of the proxies, with semicolons; all by default: "+strings.Join(contenderNames(), ";"))
	flag.IntVar(&o.rounds, "rounds", 3, "how often each work is measured")
	flag.DurationVar(&o.duration, "duration", 3*time.Second, "how long one measurement takes, in whole seconds")
	flag.DurationVar(&o.flood, "flood", defaultFlood, "how long history-flood takes")
	flag.StringVar(&o.write, "write", "", "document `FILE` whose last-run section is rewritten")
	flag.Parse()
	return o
}

func run() error {
	o := parse()
	cpus, err := pin()
	if err != nil {
		return err
	}
	b := &bench{bin: o.bin, cpus: cpus, rounds: max(1, o.rounds), duration: max(time.Second, o.duration), million: memoryTotal,
		flood: max(time.Second, o.flood), out: os.Stdout}
	if b.proxies, err = pick(split(o.proxies, ";")); err != nil {
		return err
	}
	if b.works, err = pickWorks(split(o.works, ",")); err != nil {
		return err
	}
	if b.idle, err = raiseFiles(); err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	m := readMachine(b.proxies)
	fmt.Println(b.settings())
	outcomes, err := b.run(ctx)
	if err != nil {
		return err
	}
	m.loadAtEnd = loadAverage()
	verdicts := judge(outcomes)
	fmt.Printf("Targets\n%s\n%s", verdictTable(verdicts).text(), m.markdown())
	if o.write == "" {
		return nil
	}
	return rewrite(o.write, document(m, b, outcomes, verdicts))
}

func rewrite(path, section string) error {
	doc, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err := replaceSection(string(doc), section)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

func split(list, separator string) []string {
	var names []string
	for name := range strings.SplitSeq(list, separator) {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func contenderNames() []string {
	var names []string
	for _, c := range contenders() {
		names = append(names, c.name)
	}
	return names
}

func workNames() []string {
	var names []string
	for _, w := range works() {
		names = append(names, w.name)
	}
	return names
}

// pickWorks keeps the works named; all of them for no names.
func pickWorks(names []string) ([]work, error) {
	if len(names) == 0 {
		return works(), nil
	}
	var list []work
	for _, name := range names {
		found := false
		for _, w := range works() {
			if w.name == name {
				list, found = append(list, w), true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no work %q", name)
		}
	}
	return list, nil
}
