//go:build unix

package proxy_test

import (
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/eventually"
)

// logLines collects what the proxy logs.
type logLines struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (l *logLines) says(part string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), part)
}

func (l *logLines) await(t *testing.T, part string) {
	t.Helper()
	late := time.After(proxytest.Deadline)
	for {
		if l.says(part) {
			return
		}
		select {
		case <-l.more:
		case <-late:
			t.Fatalf("the log does not say %q:\n%s", part, l.text.String())
		}
	}
}

// With no descriptors left the proxy waits, says so once, and goes on as soon
// as there are some again.
func TestDescriptorsUsedUp(t *testing.T) {
	log := &logLines{more: make(chan struct{}, 1)}
	p := proxytest.StartWith(t, proxytest.Options{Log: slog.New(slog.NewTextHandler(log, nil))})
	origin := p.Origin()
	origin.Serve(func(c *proxytest.Conn) {
		c.Quiet()
		c.ExpectHead()
		c.Send(ok2)
	})
	passes := func() {
		client := p.Client()
		defer client.Close()
		client.Send(getHead)
		client.Expect(ok2)
	}
	passes()

	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	few := before
	few.Cur = 64
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	restore := func() { _ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before) }
	defer restore()

	var held []net.Conn
	free := func() {
		for _, c := range held {
			_ = c.Close()
		}
	}
	defer free()
	for range 200 {
		c, err := net.Dial("tcp", p.Addr())
		if err != nil {
			break // this process, the client, has none left either
		}
		held = append(held, c)
	}
	log.await(t, "too many open files")
	free()
	restore()
	eventually.Holds(t, "the end to be told", func() bool {
		passes() // while it is not said yet too
		return log.says("connections are accepted again")
	})
	if n := strings.Count(log.text.String(), "too many open files: new"); n != 1 {
		t.Errorf("said %d times:\n%s", n, log.text.String())
	}
}
