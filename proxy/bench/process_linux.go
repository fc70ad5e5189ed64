package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	startLimit = 20 * time.Second // for a program to accept connections
	stopLimit  = 5 * time.Second  // between asking a program to end and killing it
)

// process is a program under way, with whatever processes it started itself.
type process struct {
	program string
	cmd     *exec.Cmd
	log     string // file with its standard error and output
	done    chan struct{}
}

// startProcess starts command on the given CPUs ("" for any) and waits until
// addr accepts connections.
func startProcess(ctx context.Context, name, dir, cpus string, command, env []string, addr string) (*process, error) {
	p := &process{program: name, log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	if cpus != "" {
		command = append([]string{"taskset", "-c", cpus}, command...)
	}
	p.cmd = exec.Command(command[0], command[1:]...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, out, out
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended shows in its log
		close(p.done)
	}()
	if err := p.waitReady(ctx, addr); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *process) waitReady(ctx context.Context, addr string) error {
	return p.await(ctx, "accepts no connections on "+addr, func() bool {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	})
}

// await waits until the program, which lacks it at first, is ready.
func (p *process) await(ctx context.Context, lacks string, ready func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if ready() {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s %s: %w\n%s", p.program, lacks, ctx.Err(), p.tail())
		case <-p.done:
			return fmt.Errorf("%s ended at once\n%s", p.program, p.tail())
		case <-tick.C:
		}
	}
}

// tail is the end of what the program said.
func (p *process) tail() string {
	text, _ := os.ReadFile(p.log)
	return string(text[max(0, len(text)-2000):])
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// stop ends the program and all that it started.
func (p *process) stop() { p.stopWithin(stopLimit) }

// stopWithin gives it as long to end by itself.
func (p *process) stopWithin(limit time.Duration) {
	group := -p.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(limit):
	}
	// Also the processes that outlived the first one.
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-p.done
}

// usage is what a program and all its processes have used.
type usage struct {
	cpu         time.Duration // user and system
	rss, peak   int64         // bytes, summed over the processes
	descriptors int
}

// measure reads the usage of the whole process tree.
func (p *process) measure() (usage, error) {
	var sum usage
	pids, err := tree(p.cmd.Process.Pid)
	if err != nil {
		return sum, err
	}
	for _, pid := range pids {
		u, err := measurePID(pid)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // ended meanwhile; its parent has its CPU time
		}
		if err != nil {
			return sum, err
		}
		sum.cpu += u.cpu
		sum.rss += u.rss
		sum.peak += u.peak
		sum.descriptors += u.descriptors
	}
	return sum, nil
}

func measurePID(pid int) (usage, error) {
	var u usage
	// The process CPU clock (clock_getcpuclockid(3)) counts what
	// /proc/PID/stat counts, in nanoseconds instead of ticks of 10 ms.
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err != nil {
		return u, err
	}
	stat, err := readStat(pid)
	if err != nil {
		return u, err
	}
	u.cpu = time.Duration(ts.Nano()) + stat.children
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, err
	}
	u.rss, u.peak = statusKiB(status, "VmRSS:")<<10, statusKiB(status, "VmHWM:")<<10
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return u, err
	}
	u.descriptors = len(fds)
	return u, nil
}

// statusKiB finds a field of /proc/PID/status, 0 if it is missing.
func statusKiB(status []byte, field string) int64 {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte(field)); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(string(rest)), " kB"), 10, 64)
			return n
		}
	}
	return 0
}

// processStat is what is needed from /proc/PID/stat.
type processStat struct {
	parent   int
	children time.Duration // CPU time of children that ended and were waited for
}

const tickLength = 10 * time.Millisecond // USER_HZ is 100 on all of Linux's common platforms

func readStat(pid int) (processStat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return processStat{}, err
	}
	return parseStat(string(text))
}

// parseStat reads a line as in proc_pid_stat(5). The name in parentheses may
// hold spaces and parentheses itself.
func parseStat(line string) (processStat, error) {
	end := strings.LastIndexByte(line, ')')
	fields := strings.Fields(line[end+1:])
	if end < 0 || len(fields) < 15 {
		return processStat{}, fmt.Errorf("cannot read the process status %q", line)
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return processStat{}, fmt.Errorf("cannot read the parent in %q: %w", line, err)
	}
	var ticks int64
	for _, field := range fields[13:15] { // cutime, cstime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return processStat{}, fmt.Errorf("cannot read the CPU time in %q: %w", line, err)
		}
		ticks += n
	}
	return processStat{parent: parent, children: time.Duration(ticks) * tickLength}, nil
}

// tree lists root and its descendants.
func tree(root int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if stat, err := readStat(pid); err == nil {
			children[stat.parent] = append(children[stat.parent], pid)
		}
	}
	pids := []int{root}
	for i := 0; i < len(pids); i++ {
		pids = append(pids, children[pids[i]]...)
	}
	return pids, nil
}

// freeAddr is a loopback address that was free a moment ago.
func freeAddr() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}
