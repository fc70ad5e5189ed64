// Command check runs what make test runs: format, vet, linters, unit tests with
// the race detector, ui tests, builds for other systems, real clients, and the
// app in a real window. Arguments name the steps to run; none means all.
//
// Its last line is "N passed, N failed, N skipped": each test that go test
// reports counts (subtests too), and each check that is not a test counts as
// one. The exit status is 0 when nothing failed. Every skip is printed with its
// reason; with CI set in the environment a skip without a reason fails, and so
// does one for a tool that could have been installed.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A skip is the reason why a check could not be made.
type skip string

func (s skip) Error() string { return string(s) }

// missing says that a check could not be made for want of something that can
// be installed: a failure on a build machine, a skip elsewhere.
func missing(what string) error {
	if os.Getenv("CI") != "" {
		return fmt.Errorf("%s (CI is set, so this is a failure)", what)
	}
	return skip(what)
}

type runner struct {
	ctx    context.Context
	chosen []step
	// appForWindows builds it, once: it may be begun ahead of its step.
	appForWindows func() error
	ahead         *sync.WaitGroup // what is begun ahead of its step
	out           io.Writer
	low           bool                     // builds take what the other lane leaves,
	alone         *atomic.Bool             // until that one has ended
	yields        *atomic.Bool             // tests of the first lane yield to those of other programs
	ended         map[string]chan struct{} // closed when a step beside others has ended, by its name
	tally
}

func newRunner(ctx context.Context, chosen []step) *runner {
	r := &runner{ctx: ctx, chosen: chosen, out: stdout, ahead: &sync.WaitGroup{}, alone: &atomic.Bool{}, yields: &atomic.Bool{},
		ended: map[string]chan struct{}{}}
	low := *r
	low.low = beside()
	r.appForWindows = sync.OnceValue(low.buildForWindows)
	return r
}

// runs reports whether a step is among those chosen.
func (r *runner) runs(name string) bool {
	return slices.ContainsFunc(r.chosen, func(s step) bool { return s.name == name })
}

// check makes one named check that is not a go test and counts it.
func (r *runner) check(name string, do func() error) {
	start := time.Now()
	err := do()
	took := time.Since(start).Round(100 * time.Millisecond)
	var why skip
	switch {
	case err == nil:
		r.passed++
		r.printf("ok    %s (%v)\n", name, took)
	case errors.As(err, &why):
		r.skipped++
		r.printf("skip  %s: %s\n", name, why)
	default:
		r.failed++
		r.printf("FAIL  %s (%v)\n%s\n", name, took, indent(err.Error()))
	}
}

func indent(s string) string {
	return "      " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n      ")
}

// prepare makes a command that an interrupt ends gently, so that it can clean up.
func (r *runner) prepare(env []string, name string, args []string) *exec.Cmd {
	cmd := exec.CommandContext(r.ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 15 * time.Second
	return cmd
}

// command runs a program with additions to the environment. What it prints
// comes back, and is part of the error when it fails.
func (r *runner) command(env []string, name string, args ...string) (string, error) {
	cmd := r.prepare(env, name, args)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// goTool is the go command in use; make hands it down.
func goTool() string {
	if name := os.Getenv("GO"); name != "" {
		return name
	}
	return "go"
}

// fewProcessors are always busy: packages to compile are as many.
const fewProcessors = 4

// goCommand runs a go command. Where processors are few, what compiles keeps to one for each
// package: to share its work among several costs a tenth more of their time.
func (r *runner) goCommand(env []string, args ...string) (string, error) {
	if n := runtime.GOMAXPROCS(0); n <= fewProcessors && slices.Contains([]string{"build", "vet", "list"}, args[0]) {
		args = slices.Insert(slices.Clone(args), 1, "-p", strconv.Itoa(n))
		env = append([]string{"GOMAXPROCS=1"}, env...)
	}
	return r.build(env, goTool(), args...)
}

// goOutput is what a go command tells, without what it says beside.
func (r *runner) goOutput(env []string, args ...string) ([]byte, error) {
	cmd := r.prepare(env, goTool(), args)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, errs.Bytes())
	}
	return out, nil
}

// build is command for what compiles or reads and is waited for by no clock.
func (r *runner) build(env []string, name string, args ...string) (string, error) {
	if r.low && !r.alone.Load() {
		name, args = "nice", append([]string{"-n", "19", name}, args...)
	}
	return r.command(append(roomy(), env...), name, args...)
}

// roomy has linters and linkers, which keep most of what they read, collect their garbage less
// often, in no more memory than a small machine has.
func roomy() (env []string) {
	for name, value := range map[string]string{"GOGC": "400", "GOMEMLIMIT": "2GiB"} {
		if os.Getenv(name) == "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func main() {
	if vet := os.Getenv(vetVariable); vet != "" {
		os.Exit(vetInstead(vet, os.Args[1:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, names []string) int {
	if len(names) == 1 && names[0] == "list" {
		fmt.Print(list())
		return 0
	}
	chosen, err := choose(names)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	r := newRunner(ctx, chosen)
	start := time.Now()
	r.all(beside())
	fmt.Printf("all of it took %v\n", time.Since(start).Round(time.Second))
	fmt.Printf("%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	if r.failed > 0 {
		return 1
	}
	return 0
}

func choose(names []string) ([]step, error) {
	if len(names) == 0 {
		return steps, nil
	}
	var chosen []step
	for _, name := range names {
		found := false
		for _, s := range steps {
			if s.name == name {
				chosen, found = append(chosen, s), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no step %q; there are:\n%s", name, list())
		}
	}
	return chosen, nil
}

func list() string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "  %-16s %s\n", s.name, s.what)
	}
	return b.String()
}
