package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

type tally struct{ passed, failed, skipped int }

func (t *tally) add(more tally) {
	t.passed += more.passed
	t.failed += more.failed
	t.skipped += more.skipped
}

// event is a line of go test -json (go doc test2json).
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64 // seconds
}

// report reads the events of one go test run, counts, and prints what a person
// wants to see: a line for each package, and the whole output of what failed.
type report struct {
	tally
	out    io.Writer
	strict bool                // a skip without a reason is a failure
	output map[string][]string // by package and test, until its result is known
	fails  map[string]int      // failed tests by package
	counts map[string]int      // tests by package
}

func newReport(out io.Writer, strict bool) *report {
	return &report{out: out, strict: strict, output: map[string][]string{}, fails: map[string]int{}, counts: map[string]int{}}
}

func (p *report) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), 64<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Action == "" {
			fmt.Fprintln(p.out, indent(lines.Text()))
			continue
		}
		p.add(e)
	}
	return lines.Err()
}

func (p *report) add(e event) {
	if e.Package == "" {
		e.Package = e.ImportPath
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		p.output[key] = append(p.output[key], e.Output)
	case "build-output":
		fmt.Fprint(p.out, "      "+e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			p.packageDone(e, p.output[key])
		} else {
			p.testDone(e, p.output[key])
		}
		delete(p.output, key)
	}
}

func (p *report) testDone(e event, output []string) {
	p.counts[e.Package]++
	switch e.Action {
	case "pass":
		p.passed++
	case "fail":
		p.failed++
		p.fails[e.Package]++
		fmt.Fprintf(p.out, "FAIL  %s %s\n%s\n", e.Package, e.Test, indent(strings.Join(output, "")))
	case "skip":
		reason := skipReason(output)
		if reason == "" && p.strict {
			p.failed++
			p.fails[e.Package]++
			fmt.Fprintf(p.out, "FAIL  %s %s: skipped without a reason\n", e.Package, e.Test)
			return
		}
		p.skipped++
		fmt.Fprintf(p.out, "skip  %s %s: %s\n", e.Package, e.Test, reason)
	}
}

// skipReason is what t.Skip was given: the lines that are not go test's own.
func skipReason(output []string) string {
	var said []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "===") || strings.HasPrefix(line, "---") {
			continue
		}
		// "file_test.go:12: the reason"
		if _, after, found := strings.Cut(line, ": "); found {
			line = after
		}
		said = append(said, line)
	}
	return strings.Join(said, " ")
}

func (p *report) packageDone(e event, output []string) {
	switch {
	case e.Action == "fail" && p.fails[e.Package] == 0:
		// It did not build, its TestMain failed, or it died between tests.
		p.failed++
		for key, lines := range p.output { // what was running says why
			if strings.HasPrefix(key, e.Package+" ") && key != e.Package+" " {
				output = append(output, lines...)
			}
		}
		fmt.Fprintf(p.out, "FAIL  %s\n%s\n", e.Package, indent(strings.Join(output, "")))
	case e.Action == "fail":
		fmt.Fprintf(p.out, "FAIL  %s (%d of %d tests)\n", e.Package, p.fails[e.Package], p.counts[e.Package])
	case p.counts[e.Package] > 0:
		fmt.Fprintf(p.out, "ok    %s (%d tests, %v)\n", e.Package, p.counts[e.Package], seconds(e.Elapsed))
	}
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(100 * time.Millisecond)
}

// goTest runs go test with args and adds its results to the tally. The step vet has
// looked with more analyzers: go test need not do it again for each way of building.
func (r *runner) goTest(env []string, args ...string) {
	args = append([]string{"test", "-json", "-buildvcs=false", "-vet=off"}, args...)
	tool := goTool()
	if r.yields.Load() {
		tool, args = "nice", append([]string{"-n", "10", tool}, args...)
	}
	cmd := r.prepare(env, tool, args)
	cmd.Stderr = r.out
	p := newReport(r.out, os.Getenv("CI") != "")
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		err = p.read(pipe)
		if wait := cmd.Wait(); err == nil {
			err = wait
		}
	}
	if err != nil && p.failed == 0 { // go test itself could not work
		p.failed++
		r.printf("FAIL  go %s: %v\n", strings.Join(args, " "), err)
	}
	if p.passed+p.failed+p.skipped == 0 {
		p.failed++
		r.printf("FAIL  go %s: there was nothing to test\n", strings.Join(args, " "))
	}
	r.add(p.tally)
}
