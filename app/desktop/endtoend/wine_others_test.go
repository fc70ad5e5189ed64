//go:build linux

package endtoend

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"posthouse/app/desktop/winetest"
)

// A key that somebody else has changed stays theirs, the others go back.
func (w *wine) testAnotherKey(t *testing.T) {
	w = w.in(t)
	w.SetInternet("ProxyOverride", "REG_SZ", "theirs")
	want := w.Internet()
	w.SetInternet("ProxyOverride", "REG_SZ", "mine")
	p := w.start()
	p.ask("enable "+addr, "enabled")
	w.SetInternet("ProxyOverride", "REG_SZ", "theirs")
	// The connection's own value is written by us when the others are.
	got := w.restoredBut("DefaultConnectionSettings", want, p.kill())
	result("another key changed by someone else, SIGKILL", "windows", got)
}

// The limit of the size of files holds for programs under Wine too.
func (w *wine) testDiskFull(t *testing.T) {
	w = w.in(t)
	want := w.Internet()
	p := w.startBy("sh", "-c", `trap "" XFSZ; ulimit -f 0; exec wine "$0"`, w.exe)
	p.send("enable " + addr)
	if got := p.answer(); !strings.Contains(got, "was not changed") || !strings.Contains(got, "cannot be written down") {
		t.Errorf("it said %q", got)
	}
	start := time.Now()
	byOrder("quit")(p.w, p.resident)
	result("disk full at journal time", "windows", w.restored(want, start))
	// A server that this one had to start has the limit too, and whom it serves.
	w.End()
}

func (w *wine) testRandom(t *testing.T) {
	const steps = 100
	w = w.in(t)
	want := w.Internet()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var worst time.Duration
	p := w.start()
	for range steps {
		switch random.IntN(3) {
		case 0:
			p.ask("enable "+addr, "enabled")
		case 1:
			p.ask("disable", "disabled")
		case 2: // killed at some moment of switching on or off
			p.send([]string{"enable " + addr, "disable"}[random.IntN(2)])
			time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
			worst = max(worst, w.restored(want, p.kill()))
			p = w.start()
		}
	}
	worst = max(worst, w.restored(want, p.kill()))
	result("random toggles and kills (100)", "windows", worst)
}

// What another program has taken stays its own.
func (w *wine) testTaken(t *testing.T) {
	w = w.in(t)
	p := w.start()
	p.ask("enable "+addr, "enabled")
	w.SetInternet("ProxyServer", "REG_SZ", "127.0.0.1:7890")
	p.w.await("the phase taken", deadline, func() bool {
		p.send("state")
		return strings.HasPrefix(p.answer(), "state taken")
	})
	start := time.Now()
	p.ask("disable", "disabled")
	now := w.Internet()
	if !strings.Contains(now, "127.0.0.1:7890") || !regexp.MustCompile(`ProxyEnable\s+REG_DWORD\s+0x1`).MatchString(now) ||
		strings.Contains(now, "127.*") {
		t.Errorf("the registry is\n%s", now)
	}
	result("proxy taken by someone else, stop", "windows", time.Since(start))
	byOrder("quit")(p.w, p.resident)
}

// The entry for the login, which a user can also switch off in the Task Manager.
func (w *wine) testAutostart(t *testing.T) {
	w = w.in(t)
	p := w.start()
	p.ask("autostart", "autostart false")
	p.ask("autostart on", "autostart true")
	if out := w.Run("wine", "reg", "query", winetest.RunKey, "/v", "Posthouse"); !strings.Contains(out, "resident.exe -hidden") {
		t.Errorf("the entry is %s", out)
	}
	w.Run("wine", "reg", "add", `HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`, "/v", "Posthouse", "/t",
		"REG_BINARY", "/d", "030000000000000000000000", "/f")
	p.ask("autostart", "autostart false")
	p.ask("autostart on", "autostart true")
	p.ask("autostart off", "autostart false")
	if out := w.Run("wine", "reg", "query", winetest.RunKey); strings.Contains(out, "Posthouse") {
		t.Errorf("the entry is still there: %s", out)
	}
	byOrder("quit")(p.w, p.resident)
}
