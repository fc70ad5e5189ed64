//go:build unix && !darwin

package endtoend

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/proxy/proxytest/eventually"
)

const (
	addr  = "127.0.0.1:9876"
	limit = 2 * time.Second // from the end until all is as it was
)

// The program under test, and where its race detector writes.
var binary, raceLog string

func TestMain(m *testing.M) {
	// What ignores SIGHUP, as under nohup, hands that down; what handles it does not.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "resident")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		binary, raceLog = filepath.Join(dir, "resident"), filepath.Join(dir, "race")
		build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "./resident")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if raceDetector {
			build = exec.Command("go", "build", "-race", "-buildvcs=false", "-o", binary, "./resident")
			_ = os.Setenv("GORACE", "atexit_sleep_ms=0")
		}
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v: %s\n", err, out)
			return 1
		}
		code := m.Run()
		if err := goleak.Find(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if path := os.Getenv("POSTHOUSE_MATRIX"); path != "" && code == 0 {
			if err := os.WriteFile(path, []byte(table()), 0o600); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
		return code
	}())
}

// ending is a way to end. do makes it happen and returns when what is measured begins.
type ending struct {
	name   string
	do     func(w *world, r *resident) time.Time
	expect func(w *world) // what another program does: done to a home without Posthouse, it gives what is expected
	before []string       // nil: all
}

func after(do func(w *world, r *resident)) func(*world, *resident) time.Time {
	return func(w *world, r *resident) time.Time {
		w.t.Helper()
		do(w, r)
		return time.Now()
	}
}

func bySignal(sig syscall.Signal) func(*world, *resident) time.Time {
	return func(w *world, r *resident) time.Time {
		start := time.Now()
		r.signal(sig)
		r.wait()
		return start
	}
}

func byOrder(order string) func(*world, *resident) time.Time {
	return func(w *world, r *resident) time.Time {
		start := time.Now()
		r.send(order)
		r.wait()
		return start
	}
}

var endings = []ending{
	{name: "stop", do: func(w *world, r *resident) time.Time {
		start := time.Now()
		r.ask("disable", "disabled")
		return start
	}},
	{name: "quit", do: byOrder("quit")},
	{name: "SIGTERM", do: bySignal(syscall.SIGTERM)},
	{name: "SIGINT", do: bySignal(syscall.SIGINT)},
	{name: "SIGHUP", do: bySignal(syscall.SIGHUP)},
	{name: "SIGKILL of the app", do: bySignal(syscall.SIGKILL)},
	{name: "SIGKILL of its process group", do: func(w *world, r *resident) time.Time {
		start := time.Now()
		w.must(syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL))
		r.wait()
		return start
	}},
	{name: "signals to the watchdog, then SIGKILL of the app", do: func(w *world, r *resident) time.Time {
		for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
			w.must(syscall.Kill(r.watchdog(), sig))
		}
		return bySignal(syscall.SIGKILL)(w, r)
	}},
	{name: "SIGKILL of the watchdog, then of the app", do: func(w *world, r *resident) time.Time {
		old := r.watchdog()
		w.must(syscall.Kill(old, syscall.SIGKILL))
		w.await("another watchdog", deadline, func() bool { now := r.watchdog(); return now != 0 && now != old })
		return bySignal(syscall.SIGKILL)(w, r)
	}},
	{name: "SIGKILL of both, then restart", do: killBoth},
	{name: "the power fails, then login", do: func(w *world, r *resident) time.Time {
		killUnnoticed(w, r)
		entry, err := os.ReadFile(w.path(".config/autostart/io.github.posthouse.Posthouse.Repair.desktop"))
		w.must(err)
		_, line, _ := strings.Cut(string(entry), "\nExec=")
		line, _, _ = strings.Cut(line, "\n")
		start := time.Now()
		w.tool("/bin/sh", "-c", line)
		return start
	}},
	{name: "SIGKILL of both, then -restore-network", do: func(w *world, r *resident) time.Time {
		killUnnoticed(w, r)
		start := time.Now()
		if out := w.tool(binary, "-restore-network"); !strings.Contains(out, "restored ") {
			w.t.Errorf("it said %q", out)
		}
		return start
	}},
	{name: "panic", do: byOrder("panic")},
	{name: "exit without a word (the display is gone)", do: byOrder("exit")},
	{name: "D-Bus gone, then SIGTERM", do: func(w *world, r *resident) time.Time {
		w.stopBus()
		return bySignal(syscall.SIGTERM)(w, r)
	}},
	{name: "D-Bus gone, then SIGKILL", do: func(w *world, r *resident) time.Time {
		w.stopBus()
		return bySignal(syscall.SIGKILL)(w, r)
	}},
	{name: "journal half written, SIGKILL of both, then restart", do: func(w *world, r *resident) time.Time {
		journal := w.path(".state/posthouse/system-proxy.journal")
		text, err := os.ReadFile(journal)
		w.must(err)
		w.must(os.WriteFile(journal, text[:len(text)/2], 0o600))
		return killBoth(w, r)
	}},
	{name: "another key changed by someone else, SIGKILL", before: []string{"manual"},
		expect: func(w *world) { w.meddle(false) },
		do: func(w *world, r *resident) time.Time {
			w.meddle(false)
			return bySignal(syscall.SIGKILL)(w, r)
		}},
	{name: "proxy taken by someone else, stop", before: []string{"manual"},
		expect: func(w *world) { w.meddle(true) },
		do: func(w *world, r *resident) time.Time {
			w.meddle(true)
			w.await("the phase taken", deadline, func() bool {
				r.send("state")
				return strings.HasPrefix(r.answer(), "state taken")
			})
			start := time.Now()
			r.ask("disable", "disabled")
			if !slices.ContainsFunc(r.notes, func(n string) bool { return strings.HasPrefix(n, "left ") }) {
				w.t.Errorf("the report does not say what was left: %q", r.notes)
			}
			return start
		}},
	{name: "quick toggles", do: after(func(w *world, r *resident) { r.ask("toggle "+addr, "toggled") })},
	{name: "switched on twice, another port, SIGKILL", do: func(w *world, r *resident) time.Time {
		r.ask("enable 127.0.0.1:9877", "enabled")
		return bySignal(syscall.SIGKILL)(w, r)
	}},
}

// killUnnoticed ends both so that neither can do anything about it.
func killUnnoticed(w *world, r *resident) {
	w.t.Helper()
	watchdog := r.watchdog()
	r.signal(syscall.SIGSTOP)
	w.must(syscall.Kill(watchdog, syscall.SIGKILL))
	on := w.picture()
	r.signal(syscall.SIGKILL)
	r.wait()
	if now := w.picture(); now != on || !strings.Contains(now, "9876") {
		w.t.Fatalf("both are dead, and yet the settings changed to\n%s", now)
	}
}

func killBoth(w *world, r *resident) time.Time {
	w.t.Helper()
	killUnnoticed(w, r)
	start := time.Now()
	again := w.start()
	w.t.Cleanup(func() { again.send("quit"); again.wait() })
	return start
}

// await waits until a condition holds.
func (w *world) await(what string, within time.Duration, holds func() bool) {
	w.t.Helper()
	eventually.Within(w.t, within, what, holds)
}

// restored waits until the settings are what they were and nothing is left to
// do, and returns when that was.
func (w *world) restored(want string, since time.Time) time.Duration {
	w.t.Helper()
	return w.restoredTo(want, since, w.picture)
}

func (w *world) restoredTo(want string, since time.Time, picture func() string) time.Duration {
	w.t.Helper()
	within := limit
	if raceDetector {
		within *= 2
	}
	for {
		begun := time.Since(since)
		now := picture()
		took := time.Since(since)
		pieces, _ := filepath.Glob(w.path(".state/posthouse/*.journal*"))
		entries, _ := filepath.Glob(w.path(".config/autostart/*"))
		pieces = append(pieces, entries...)
		if races, _ := filepath.Glob(raceLog + "*"); len(races) > 0 {
			text, _ := os.ReadFile(races[0])
			w.t.Fatalf("the race detector says\n%s", text)
		}
		entries, _ = filepath.Glob(w.kioslaverc() + "?*")
		pieces = append(pieces, entries...)
		if now == want && len(pieces) == 0 {
			return took
		}
		if begun > within {
			w.t.Fatalf("after %v the settings are\n%s\nwant\n%s\nfiles left %q", took, now, want, pieces)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestEndings is the matrix.
func TestEndings(t *testing.T) {
	for _, kind := range []string{"gnome", "kde"} {
		for _, e := range endings {
			for _, before := range befores {
				if e.before != nil && !slices.Contains(e.before, before) {
					continue
				}
				t.Run(kind+"/"+e.name+"/"+before, func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, kind)
					w.set(before)
					was := w.picture()
					want := was
					if e.expect != nil {
						other := newWorld(t, kind)
						other.set(before)
						e.expect(other)
						want = other.picture()
					}
					r := w.start()
					r.ask("enable "+addr, "enabled")
					if on := w.picture(); on == was || !strings.Contains(on, "9876") {
						t.Fatalf("nothing was switched on:\n%s", on)
					}
					result(e.name, kind, w.restored(want, e.do(w, r)))
				})
			}
		}
	}
}

// A journal that broke before a key was changed changes nothing, and is said.
func TestJournalHalfWrittenBeforeAnyKey(t *testing.T) {
	for _, kind := range []string{"gnome", "kde"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kind)
			w.set("manual")
			want := w.picture()
			w.must(os.MkdirAll(w.path(".state/posthouse"), 0o700))
			for _, name := range []string{"system-proxy.journal", "system-proxy.journal123", "system-proxy.journal.copy45"} {
				w.must(os.WriteFile(w.path(".state/posthouse/"+name), []byte(`{"version":1,"sha256":"abc","body":{"ow`), 0o600))
			}
			start := time.Now()
			r := w.start()
			r.ask("enable "+addr, "enabled")
			r.ask("disable", "disabled")
			if !slices.ContainsFunc(r.notes, func(n string) bool { return strings.Contains(n, "damaged") }) {
				t.Errorf("the damage was not said: %q", r.notes)
			}
			w.must(os.Remove(w.path(".state/posthouse/system-proxy.journal.bad")))
			result("journal half written before any key", kind, w.restored(want, start))
		})
	}
}

// A hundred times something happens, and every time all is as it was.
func TestRandomTogglesAndKills(t *testing.T) {
	for _, kind := range []string{"gnome", "kde"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kind)
			w.set("manual")
			want := w.picture()
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			steps := 100
			if testing.Short() {
				steps = 20
			}
			var worst time.Duration
			r := w.start()
			for range steps {
				switch random.IntN(4) {
				case 0:
					r.ask("enable "+addr, "enabled")
				case 1:
					r.ask("disable", "disabled")
				case 2: // killed at some moment of switching on or off
					r.send([]string{"enable " + addr, "disable"}[random.IntN(2)])
					time.Sleep(time.Duration(random.IntN(200)) * time.Millisecond)
					worst = max(worst, w.restored(want, killed(w, r, random)))
					r = w.start()
				case 3:
					worst = max(worst, w.restored(want, killed(w, r, random)))
					r = w.start()
				}
			}
			worst = max(worst, w.restored(want, killed(w, r, random)))
			result("random toggles and kills (100)", kind, worst)
		})
	}
}

// killed ends the app in one of the ways that give it no time.
func killed(w *world, r *resident, random *rand.Rand) time.Time {
	start := time.Now()
	switch random.IntN(3) {
	case 0:
		r.signal(syscall.SIGKILL)
	case 1:
		w.must(syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL))
	case 2:
		r.signal(syscall.SIGTERM)
	}
	r.wait()
	return start
}
