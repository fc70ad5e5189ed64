package host_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/app/clients/internal/host"
)

// play makes this test's binary play a program.
func play(part string) int {
	switch part {
	case "speaks":
		fmt.Println("words")
		fmt.Fprintln(os.Stderr, "complaint")
		return 3
	case "floods":
		for range 100 {
			fmt.Print(strings.Repeat("x", host.MaxOutput/10))
		}
	case "leaves": // a helper that holds the output open
		helper := exec.Command(os.Args[0])
		helper.Env = append(os.Environ(), "POSTHOUSE_TEST_PLAY=hangs")
		helper.Stdout = os.Stdout
		if helper.Start() != nil {
			return 9
		}
		fmt.Println(helper.Process.Pid)
	case "hangs":
		time.Sleep(time.Minute)
	}
	return 0
}

func playing(part string) host.Command {
	return host.Command{Path: os.Args[0], Env: append(os.Environ(), "POSTHOUSE_TEST_PLAY="+part), Dir: os.TempDir()}
}

func TestRun(t *testing.T) {
	r := host.Run(t.Context(), playing("speaks"), time.Minute, nil)
	if strings.TrimSpace(string(r.Stdout)) != "words" || strings.TrimSpace(string(r.Stderr)) != "complaint" || r.Err == nil ||
		r.Start != nil || r.Late {
		t.Errorf("%q %q %+v", r.Stdout, r.Stderr, r)
	}
	if r := host.Run(t.Context(), playing("floods"), time.Minute, nil); len(r.Stdout) != host.MaxOutput || r.Err != nil {
		t.Errorf("%d bytes are kept, %v", len(r.Stdout), r.Err)
	}
	if r := host.Run(t.Context(), host.Command{Path: filepath.Join(t.TempDir(), "none")}, time.Minute, nil); r.Start == nil ||
		r.Err == nil {
		t.Errorf("one that is not there: %+v", r)
	}
}

// A program that hangs ends by the limit, the context or whoever knows enough.
func TestRunEnds(t *testing.T) {
	start := time.Now()
	if r := host.Run(t.Context(), playing("hangs"), 50*time.Millisecond, nil); !r.Late || r.Err == nil {
		t.Errorf("by the limit: %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := host.Run(ctx, playing("hangs"), time.Minute, nil); r.Late || r.Err == nil {
		t.Errorf("by the context: %+v", r)
	}
	done := make(chan struct{})
	close(done)
	if r := host.Run(t.Context(), playing("hangs"), time.Minute, done); r.Late || r.Err == nil {
		t.Errorf("by the caller: %+v", r)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("they took %v", took)
	}
}
