package app_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/app"
	"posthouse/app/desktop/atomicfile"
	"posthouse/app/settings"
	"posthouse/proxy/proxytest/eventually"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const deadline = 10 * time.Second

func anyPort() settings.Settings {
	s := settings.Default()
	s.Proxy.Port = 0
	return s
}

func newController(t *testing.T, o app.Options) *app.Controller {
	t.Helper()
	if o.Settings == nil && o.Path == "" {
		s := anyPort()
		o.Settings = &s
	}
	c := app.New(o)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

func await(t *testing.T, c *app.Controller, states ...app.State) app.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	s, err := c.Wait(ctx, func(s app.Status) bool { return slices.Contains(states, s.State) })
	if err != nil {
		t.Fatalf("state %v (%v), waited for %v", s.State, s.Err, states)
	}
	return s
}

// serves asks the proxy at addr for its own page.
func serves(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, deadline)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(deadline))
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", addr); err != nil {
		return err
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	_ = r.Body.Close()
	if r.StatusCode != 200 {
		return fmt.Errorf("status %d", r.StatusCode)
	}
	return nil
}

func mustServe(t *testing.T, addr string) {
	t.Helper()
	if err := serves(addr); err != nil {
		t.Fatalf("%s does not serve: %v", addr, err)
	}
}

func TestStartStopStart(t *testing.T) {
	c := newController(t, app.Options{})
	if s := c.Status(); s.State != app.Stopped {
		t.Fatalf("begins %v", s.State)
	}
	for range 3 {
		c.Start()
		c.Start() // twice is once
		s := await(t, c, app.Running)
		mustServe(t, s.Addrs[0])
		c.Stop()
		c.Stop()
		await(t, c, app.Stopped)
		if serves(s.Addrs[0]) == nil {
			t.Fatal("it serves though it is stopped")
		}
	}
	if n := c.Store().Stats().Captured; n != 3 {
		t.Errorf("the store has %d exchanges: it must outlive stops", n)
	}
}

func TestStopWhileStarting(t *testing.T) {
	c := newController(t, app.Options{})
	for range 50 {
		c.Start()
		c.Stop()
		await(t, c, app.Stopped)
		c.Stop()
		c.Start()
		await(t, c, app.Running)
		c.Stop()
		c.Start() // while stopping: it starts again afterwards
		await(t, c, app.Running)
		c.Stop()
		await(t, c, app.Stopped)
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	s := settings.Default()
	s.Proxy.Port = taken.Addr().(*net.TCPAddr).Port
	c := newController(t, app.Options{Settings: &s})
	c.Start()
	failed := await(t, c, app.Failed)
	var bad *app.BindError
	if !errors.As(failed.Err, &bad) || bad.Reason != app.BindInUse || bad.Suggest == 0 {
		t.Fatalf("error %v", failed.Err)
	}
	if !strings.Contains(bad.Error(), fmt.Sprint(bad.Suggest)) {
		t.Errorf("the remedy is not in %q", bad)
	}
	if runtime.GOOS == "linux" && (bad.Program.PID != int32(os.Getpid()) || !strings.Contains(bad.Error(), bad.Program.Name)) {
		t.Errorf("%+v listens there: %q", bad.Program, bad)
	}
	s.Proxy.Port = bad.Suggest
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	c.Start()
	mustServe(t, await(t, c, app.Running).Addrs[0])
}

func TestPortChangeWhileRunning(t *testing.T) {
	c := newController(t, app.Options{})
	c.Start()
	old := await(t, c, app.Running).Addrs[0]

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := c.Settings()
	s.Proxy.Port = taken.Addr().(*net.TCPAddr).Port
	var bad *app.BindError
	if err := c.Apply(s); !errors.As(err, &bad) {
		t.Fatalf("applied a taken port: %v", err)
	}
	mustServe(t, old)
	if got := c.Settings().Proxy.Port; got != 0 {
		t.Errorf("port %d is in force though it failed", got)
	}

	_ = taken.Close()
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	now := c.Status().Addrs[0]
	if now != taken.Addr().String() {
		t.Fatalf("listens on %s", now)
	}
	mustServe(t, now)
	if serves(old) == nil {
		t.Error("the old address still serves")
	}
}

// An address that covers the old one cannot be bound beside it.
func TestWiderAddressOnTheSamePort(t *testing.T) {
	c := newController(t, app.Options{})
	c.Start()
	_, port, _ := net.SplitHostPort(await(t, c, app.Running).Addrs[0])
	s := c.Settings()
	if _, err := fmt.Sscan(port, &s.Proxy.Port); err != nil {
		t.Fatal(err)
	}
	for _, listen := range [][]string{{"127.0.0.1"}, {"0.0.0.0"}, {"127.0.0.1", "127.0.0.2"}} {
		s.Proxy.Listen = listen
		if err := c.Apply(s); err != nil {
			t.Fatalf("%v: %v", listen, err)
		}
		if n := len(c.Status().Addrs); n != len(listen) {
			t.Fatalf("%v: %d addresses", listen, n)
		}
		mustServe(t, "127.0.0.1:"+port)
	}
	s.Proxy.Listen = []string{"0.0.0.0", "192.0.2.77"} // not one of ours: the old ones come back
	if err := c.Apply(s); err == nil {
		t.Fatal("bound an address that this computer does not have")
	}
	mustServe(t, "127.0.0.1:"+port)
	mustServe(t, "127.0.0.2:"+port)
}

func TestBadSettingsChangeNothing(t *testing.T) {
	c := newController(t, app.Options{})
	s := c.Settings()
	s.Proxy.Port = 70000
	var bad *settings.ValueError
	if err := c.Apply(s); !errors.As(err, &bad) || bad.Key != "proxy.port" {
		t.Fatalf("error %v", err)
	}
	if c.Settings().Proxy.Port != 0 {
		t.Error("it changed")
	}
}

func TestSettingsAreSavedAndReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "settings.toml")
	c := newController(t, app.Options{Path: path})
	s := c.Settings()
	s.Proxy.Port = 12345
	s.Recording.Memory = 64 << 20
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	if err := c.SetRecording(false); err != nil {
		t.Fatal(err)
	}
	again := newController(t, app.Options{Path: path}).Settings()
	if again.Proxy.Port != 12345 || again.Recording.Memory != 64<<20 || again.Recording.Enabled {
		t.Errorf("read again: %+v", again)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestFileIsReadAgainWhenItChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.toml")
	c := newController(t, app.Options{Path: path, Poll: 5 * time.Millisecond})
	write := func(text string) {
		t.Helper()
		if err := atomicfile.Write(path, []byte(text)); err != nil { // as an editor does
			t.Fatal(err)
		}
	}
	write("[recording]\nmemory = \"32 MiB\"\n")
	eventually.Holds(t, "the change", func() bool { return c.Settings().Recording.Memory == 32<<20 })
	if c.Store().Stats().MemoryBudget != 32<<20 {
		t.Error("the store does not follow")
	}
	write("[recording]\nmemory = \"32 MiB\"\nmemroy = 3\n")
	eventually.Holds(t, "the problem", func() bool { return c.SettingsProblem() != nil })
	var bad *settings.FileError
	if !errors.As(c.SettingsProblem(), &bad) || bad.Line != 3 || !strings.Contains(bad.Remedy, "recording.memory") {
		t.Fatalf("problem %v", c.SettingsProblem())
	}
	if err := c.SetRecording(false); !errors.As(err, &bad) {
		t.Errorf("saved over a bad file: %v", err)
	}
	if text, _ := os.ReadFile(path); !strings.Contains(string(text), "memroy") {
		t.Error("the bad file was overwritten")
	}
	if c.Recording() {
		t.Error("the switch is not in force")
	}
	kept, err := c.ReplaceBadFile()
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(kept); !strings.Contains(string(text), "memroy") {
		t.Error("the bad file was lost")
	}
	s, err := settings.Load(path)
	if err != nil || s.Recording.Memory != 32<<20 || s.Recording.Enabled {
		t.Errorf("replaced by %+v, %v", s.Recording, err)
	}
}

// A HOME that cannot be written to: the settings are in force, and it is said.
func TestSettingsThatCannotBeSaved(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := newController(t, app.Options{Path: filepath.Join(file, "settings.toml"), Change: func(s *settings.Settings) { s.Proxy.Port = 0 }})
	err := c.SetRecording(false)
	var save *settings.SaveError
	if !errors.As(err, &save) && c.SettingsProblem() == nil {
		t.Fatalf("error %v", err)
	}
	if c.Recording() {
		t.Error("the switch is not in force")
	}
	c.Start()
	mustServe(t, await(t, c, app.Running).Addrs[0])
}

func TestCloseCutsWhatDoesNotEnd(t *testing.T) {
	s := anyPort()
	s.Proxy.Timeouts.Drain = settings.Duration(time.Hour)
	c := app.New(app.Options{Settings: &s})
	c.Start()
	addr := await(t, c, app.Running).Addrs[0]
	origin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = origin.Close() }()
	client, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	_, _ = fmt.Fprintf(client, "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\n", origin.Addr())
	if _, err := bufio.NewReader(client).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	if c.Apply(s) != app.ErrClosed {
		t.Error("a closed controller takes settings")
	}
}
