package sysproxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"posthouse/proxy/filelock"
	"posthouse/proxy/reason"
)

const (
	watchdogFlag       = "-watchdog"       // hidden: -watchdog DIR TOKEN
	starterFlag        = "-start-watchdog" // hidden: -start-watchdog DIR TOKEN, see orphan
	sayReady           = "ready %d\n"      // its process ID
	sayRestored        = "restored\n"
	readyLimit         = 10 * time.Second       // for a watchdog to be there, on a busy machine
	leaveLimit         = 2 * time.Second        // for one that is told to go
	retryPause         = 500 * time.Millisecond // between attempts to restore
	retryLimit         = 10 * time.Minute       // a desktop may be on its way down, or come back
	settlePause        = 150 * time.Millisecond // for writes under way when the app died
	watchdogTriesLimit = 5                      // watchdogs in a row that did not last a minute
	watchdogLasts      = time.Minute
)

// RunWatchdogIfAsked makes this process the watchdog where the command line says
// so, and does not return then. It belongs at the top of main: before any window
// or display.
//
// It does the same for the repair after a login, which is over soon.
//
// The watchdog waits on a pipe from the app. When the pipe ends without a word,
// the app is gone, and the watchdog puts the system proxy back.
func RunWatchdogIfAsked() {
	if len(os.Args) == 3 && os.Args[1] == repairFlag {
		os.Exit(runRepair(os.Args[2]))
	}
	if len(os.Args) == 4 && os.Args[1] == starterFlag {
		os.Exit(startOrphan(os.Args[2], os.Args[3]))
	}
	if len(os.Args) != 4 || os.Args[1] != watchdogFlag {
		return
	}
	outlive()
	debug.SetGCPercent(20)
	os.Exit(watch(os.Args[2], os.Args[3], os.Stdin, os.Stdout))
}

func watch(dir, token string, in io.Reader, out io.WriteCloser) int {
	if _, err := fmt.Fprintf(out, sayReady, os.Getpid()); err != nil {
		return 1
	}
	_ = out.Close()
	debug.FreeOSMemory()
	mine := func(j *journal) bool { return j.Owner == token }
	onSessionEnd(func() { _ = putBack(dir, mine) })
	text := make([]byte, len(sayRestored))
	if _, err := io.ReadFull(in, text); err == nil && string(text) == sayRestored {
		return 0
	}
	for end := time.Now().Add(retryLimit); ; time.Sleep(retryPause) {
		err := putBack(dir, mine)
		if err == nil {
			return 0
		}
		if time.Now().After(end) {
			return 1
		}
	}
}

// putBack restores, looks again after what may have been under way, and only
// then lets the journal go.
func putBack(dir string, mine func(*journal) bool) error {
	ctx := context.Background()
	held, err := filelock.Take(ctx, filepath.Join(dir, workLock))
	if err != nil {
		return err
	}
	defer held.Release()
	defer removePieces(dir) // after it: to list a folder may take long
	j, err := readJournal(dir)
	if errors.Is(err, os.ErrNotExist) {
		return repairEntry(nil, dir).Disable()
	}
	if errors.Is(err, errDamaged) || err == nil && !mine(j) {
		return nil // the next start says so where it is damaged
	}
	if err != nil {
		return err
	}
	run := commandsUnder(held)
	var report Report
	for _, s := range j.Sections {
		if b := backendNamed(s.Backend, run); b != nil {
			if err := undoSection(ctx, b, s, &report); err != nil {
				return err
			}
		}
	}
	time.Sleep(settlePause)
	report, err = undo(ctx, dir, j, run)
	if err == nil && len(report.Gone) > 0 {
		err = reason.New(reason.DesktopGone, strings.Join(report.Gone, ", "))
	}
	return err
}

// startOrphan starts the watchdog and ends: one without a parent is not
// ended with its parent's tree.
func startOrphan(dir, token string) int {
	self, err := os.Executable()
	if err != nil {
		return 1
	}
	for _, how := range detachments {
		cmd := exec.Command(self, watchdogFlag, dir, token)
		cmd.Dir, cmd.SysProcAttr, cmd.Stdin, cmd.Stdout = dir, how(), os.Stdin, os.Stdout
		if cmd.Start() == nil {
			return 0
		}
	}
	return 1
}

// watchdog is the app's side of a watchdog.
type watchdog struct {
	process *os.Process // the watchdog itself
	in      io.WriteCloser
	since   time.Time
	exited  chan struct{}
	wg      sync.WaitGroup
}

// startWatchdog returns when the watchdog is on its post.
func startWatchdog(command []string, dir, token string) (*watchdog, error) {
	if len(command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		command = []string{self}
	}
	flag := watchdogFlag
	if orphan {
		flag = starterFlag
	}
	args := append(command[1:len(command):len(command)], flag, dir, token)
	var errs []error
	for _, how := range detachments {
		cmd := exec.Command(command[0], args...)
		cmd.Dir, cmd.SysProcAttr = dir, how()
		d, err := post(cmd)
		if err == nil {
			return d, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// post starts one and waits for its word.
func post(cmd *exec.Cmd) (*watchdog, error) {
	d := &watchdog{since: time.Now(), exited: make(chan struct{})}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	d.in = in
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	late := time.AfterFunc(readyLimit, func() { _ = cmd.Process.Kill(); _ = out.Close() })
	line, err := bufio.NewReader(out).ReadString('\n')
	late.Stop()
	var pid int
	if _, scanErr := fmt.Sscanf(line, sayReady, &pid); err == nil {
		err = scanErr
	}
	if err == nil {
		d.process, err = cmd.Process, nil
		if pid != cmd.Process.Pid { // the starter's child
			d.process, err = os.FindProcess(pid)
		}
	}
	d.wg.Go(func() {
		if d.process != nil && d.process != cmd.Process {
			_, _ = d.process.Wait()
		}
		_ = cmd.Wait()
		close(d.exited)
	})
	if err != nil {
		d.leave()
		return nil, reason.Wrap(err, reason.WatchdogSilent)
	}
	return d, nil
}

// dismiss tells it that all is restored and waits for its end.
func (d *watchdog) dismiss() {
	_, _ = io.WriteString(d.in, sayRestored)
	_ = d.in.Close()
	kill := time.AfterFunc(leaveLimit, func() { _ = d.process.Kill() })
	d.wg.Wait()
	kill.Stop()
}

// leave closes the pipe without a word: the watchdog puts back what is to be put back.
func (d *watchdog) leave() {
	_ = d.in.Close()
	select {
	case <-d.exited:
	case <-time.After(leaveLimit):
	}
}

func (m *Manager) postWatchdog() error {
	if m.watchdog != nil {
		return nil
	}
	if err := os.MkdirAll(m.o.Dir, 0o700); err != nil {
		return err
	}
	d, err := startWatchdog(m.o.Command, m.o.Dir, m.token)
	if err != nil {
		return err
	}
	m.watchdog = d
	m.change(func(s *State) { s.Watchdog = d.process.Pid })
	return nil
}

func (m *Manager) dismiss() {
	if m.watchdog != nil {
		m.watchdog.dismiss()
		m.watchdog = nil
		m.change(func(s *State) { s.Watchdog = 0 })
	}
}

// watchdogDied puts another watchdog in the place of one that was ended. Where none
// lasts, it is said, and not tried for ever.
func (m *Manager) watchdogDied() {
	lasted := time.Since(m.watchdog.since)
	_ = m.watchdog.in.Close()
	m.watchdog = nil
	m.change(func(s *State) { s.Watchdog = 0 })
	if lasted > watchdogLasts {
		m.watchdogTries = 0
	}
	if m.watchdogTries++; m.watchdogTries > watchdogTriesLimit {
		m.o.Log.Error("the process that would put the system proxy back after a crash does not stay alive")
		m.change(func(s *State) {
			s.Err = reason.New(reason.WatchdogDies)
		})
		return
	}
	if err := m.postWatchdog(); err != nil {
		m.o.Log.Error("the process that would put the system proxy back after a crash cannot be started", "error", err)
		m.change(func(s *State) { s.Err = reason.Wrap(err, reason.WatchdogFailed) })
	}
}
