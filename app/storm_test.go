package app

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/app/settings"
	"posthouse/proxy/rules"
)

// Whatever is asked of a controller by several at a time, in whatever order, it answers, and says in the end where it is: what
// it was asked last is in force and in its files.
func TestAnythingIsAskedInAnyOrder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "settings.toml")
	if err := os.WriteFile(path, []byte("[proxy]\nport = 0\n[recording]\nmemory = \"8 MiB\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := New(Options{Path: path, Poll: 3 * time.Millisecond, HistoryDir: filepath.Join(dir, "history")})
	ports := []int{0, 0, freePort(t.Context(), "127.0.0.1:21000"), freePort(t.Context(), "127.0.0.1:22000")}
	fine := func(err error) {
		var bind *BindError
		if err != nil && !errors.As(err, &bind) {
			t.Error(err)
		}
	}
	asks := []func(r *rand.Rand){
		func(*rand.Rand) { c.Start() },
		func(*rand.Rand) { c.Stop() },
		func(r *rand.Rand) {
			fine(c.Change(func(s *settings.Settings) { s.Proxy.Port = ports[r.IntN(len(ports))] }))
		},
		func(r *rand.Rand) { fine(c.SetRecording(r.IntN(2) == 0)) },
		func(r *rand.Rand) { fine(c.Change(func(s *settings.Settings) { s.Rules.Enabled = r.IntN(2) == 0 })) },
		func(r *rand.Rand) {
			fine(c.Rules().Edit(func(text []byte) ([]byte, error) { return rules.Append(text[:0], []byte("[[rule]]\nmark = 'red'\n")) }))
		},
		func(*rand.Rand) { RetryFile(c) },
		func(*rand.Rand) { _, err := c.ReplaceBadFile(); fine(err) },
		func(r *rand.Rand) { fine(c.Decryption().PassHost("a.test", r.IntN(2) == 0)) },
		func(r *rand.Rand) { fine(c.Decryption().DecryptHost("a.test")) },
		func(r *rand.Rand) {
			if conn, err := net.DialTimeout("tcp", c.Addr(), time.Second); err == nil {
				_, _ = conn.Write([]byte("GET http://posthouse/ HTTP/1.1\r\nHost: posthouse\r\n\r\n"))
				if r.IntN(2) == 0 {
					_, _ = conn.Read(make([]byte, 100))
				}
				_ = conn.Close()
			}
		},
	}
	var all sync.WaitGroup
	for seed := range uint64(4) {
		all.Go(func() {
			r := rand.New(rand.NewPCG(seed, 0))
			for range 150 {
				asks[r.IntN(len(asks))](r)
			}
		})
	}
	all.Wait()
	if err := c.Change(func(s *settings.Settings) { s.Proxy.Port, s.Proxy.MaxFields = 0, 321 }); err != nil {
		t.Error(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	c.Start()
	if s, err := c.Wait(ctx, func(s Status) bool { return s.State == Running }); err != nil {
		t.Errorf("%v: %v (%v)", err, s.State, s.Err)
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
	s, err := settings.Load(path)
	if now := c.Settings(); err != nil || s.Proxy.MaxFields != 321 || !s.Equal(now) {
		t.Errorf("saved %+v, in force %+v, %v", s, now, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || strings.Contains(entries[len(entries)-1].Name(), "toml1") {
		t.Errorf("%v, %v", entries, err)
	}
	if err := c.SetRecording(true); !errors.Is(err, ErrClosed) {
		t.Errorf("closed, and %v", err)
	}
}
