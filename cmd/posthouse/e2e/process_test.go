//go:build e2e && linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// process is a program of a desktop session that runs until it is stopped.
type process struct {
	name string
	pid  int
	file string        // what it writes to stdout and stderr
	done chan struct{} // closed when it has ended
	code int           // exit status once done; -1 if a signal ended it
}

func (d *desktop) start(name, program string, args ...string) *process {
	d.t.Helper()
	return d.startWith(name, nil, program, args...)
}

// startWith hands files down as descriptors 3 and up.
func (d *desktop) startWith(name string, files []*os.File, program string, args ...string) *process {
	d.t.Helper()
	out, err := os.OpenFile(filepath.Join(d.path("logs"), name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	d.must(err)
	defer out.Close()
	cmd := exec.Command(program, args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = d.env, d.path("home"), out, out, files
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	d.must(cmd.Start())
	p := &process{name: name, pid: cmd.Process.Pid, file: out.Name(), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		cmd.Wait()
		p.code = cmd.ProcessState.ExitCode()
	}()
	d.t.Cleanup(p.stop)
	return p
}

// stop ends the process and what it started, and waits for its end.
func (p *process) stop() {
	syscall.Kill(-p.pid, syscall.SIGTERM)
	if !p.endsWithin(5 * time.Second) {
		syscall.Kill(-p.pid, syscall.SIGKILL)
		<-p.done
	}
}

func (p *process) endsWithin(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
		return false
	}
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

func (p *process) mustRun(t *testing.T) {
	t.Helper()
	if !p.running() {
		t.Fatalf("%s ended with status %d: %s", p.name, p.code, p.log())
	}
}

func (p *process) log() string {
	out, _ := os.ReadFile(p.file)
	return string(out)
}
