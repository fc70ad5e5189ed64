package sysproxy

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/proxy/filelock"
	"posthouse/proxy/reason"
	"posthouse/proxy/signal"
)

// Errors that callers tell apart.
var (
	// ErrNoBackend: this desktop has no proxy settings that Posthouse knows.
	ErrNoBackend = error(reason.New(reason.DesktopNone))
	// ErrOwned: another Posthouse has set the system proxy and is running.
	ErrOwned = error(reason.New(reason.DesktopOwned))
	// ErrClosed: the Manager was closed.
	ErrClosed = error(reason.New(reason.DesktopClosed))
)

// Phase says how the system proxy stands to Posthouse.
type Phase int

const (
	Off   Phase = iota // the settings are the user's own
	On                 // they point at Posthouse
	Taken              // they were switched on here, and another program or the user changed them since
)

func (p Phase) String() string { return [...]string{"off", "on", "taken"}[p] }

// A State is an immutable Snapshot.
type State struct {
	Phase    Phase
	Addr     string    // host:port that was written; empty when off
	Previous []Summary // what was in force before, one for each backend; nil when off
	Now      []Summary // Taken: what is in force now
	Watchdog int       // the process ID of the watchdog; 0 when there is none
	Report   Report    // what the last restore did
	Err      error     // of the last Enable or Disable, or of a watchdog that cannot be started
}

// Options of a Manager.
type Options struct {
	// Dir is the state directory: journal and locks lie there.
	Dir string
	// Command starts a program whose main calls RunWatchdogIfAsked; default: this one.
	Command []string
	Log     *slog.Logger // nil: nothing is logged
}

// pollPause is how often it is looked whether the settings are still ours. A
// look is a stat of a file or two until something has changed.
const pollPause = time.Second

// A Manager switches the system proxy on and off.
type Manager struct {
	o        Options
	token    string
	requests chan func()
	ending   chan struct{}
	done     chan struct{}
	once     sync.Once

	mu       sync.Mutex // guards what follows
	state    State
	watchers signal.Hub

	// The goroutine's own.
	owner         *filelock.Lock
	journal       *journal // nil when off
	watchdog      *watchdog
	watchdogTries int // starts in a row of a watchdog that did not last
	stamps        string
}

// New returns a Manager, with its goroutine running. It changes nothing yet.
func New(o Options) *Manager {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if dir, err := filepath.Abs(o.Dir); err == nil {
		o.Dir = dir
	}
	m := &Manager{o: o, token: rand.Text(), requests: make(chan func()), ending: make(chan struct{}), done: make(chan struct{})}
	go m.run()
	return m
}

// run does what is asked for, one thing after the other.
func (m *Manager) run() {
	defer close(m.done)
	tick := time.NewTicker(pollPause)
	defer tick.Stop()
	for {
		var exited <-chan struct{}
		if m.watchdog != nil {
			exited = m.watchdog.exited
		}
		select {
		case do := <-m.requests:
			do()
		case <-tick.C:
			m.look()
		case <-exited:
			m.watchdogDied()
		case <-m.ending:
			return
		}
	}
}

// do has the goroutine do something and waits for it. When ctx ends first, it is
// done all the same.
func (m *Manager) do(ctx context.Context, what func() error) error {
	result := make(chan error, 1)
	select {
	case m.requests <- func() { result <- what() }:
	case <-m.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Repair puts back what a Posthouse that ended without doing so left behind. It
// is for the start, before anything else.
func (m *Manager) Repair(ctx context.Context) (report Report, err error) {
	err = m.do(ctx, func() error {
		if m.journal != nil {
			return nil
		}
		report, err = repair(context.Background(), m.o.Dir)
		m.change(func(s *State) { s.Report, s.Err = report, err })
		return err
	})
	return report, err
}

// InForce is what the desktop's settings say now, one Summary for each backend, and
// ErrNoBackend where there is none to read or to set. It changes nothing.
func (m *Manager) InForce(ctx context.Context) (now []Summary, err error) {
	err = m.do(ctx, func() error {
		all := backends(commandsUnder(nil))
		if len(all) == 0 {
			return ErrNoBackend
		}
		for _, b := range all {
			snap, err := b.Read(context.Background())
			if err != nil {
				return reason.Wrap(err, reason.Inside, b.Name())
			}
			now = append(now, snap.Summary(b))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return now, nil
}

// Enable points the system at addr, host:port. What was there before is in the
// journal first; on an error nothing has changed. When it is on already, at
// another address or no longer in force, it is switched off before.
func (m *Manager) Enable(ctx context.Context, addr string) error {
	return m.do(ctx, func() error {
		err := m.enable(addr)
		m.change(func(s *State) { s.Err = err })
		return err
	})
}

// Disable puts back what was there before. It does nothing when it is off.
func (m *Manager) Disable(ctx context.Context) (report Report, err error) {
	err = m.do(ctx, func() error {
		report, err = m.disable()
		m.change(func(s *State) { s.Err = err })
		return err
	})
	return report, err
}

// Close puts back what was there before and ends the Manager.
func (m *Manager) Close(ctx context.Context) (Report, error) {
	report, err := m.Disable(ctx)
	if errors.Is(err, ErrClosed) {
		return report, nil
	}
	_ = m.do(ctx, func() error {
		if m.watchdog != nil { // there still is something to put back: it tries on
			m.watchdog.leave()
			m.watchdog = nil
		}
		m.owner.Release()
		m.owner = nil
		return nil
	})
	m.once.Do(func() { close(m.ending) })
	<-m.done
	return report, err
}

func (m *Manager) enable(addr string) error {
	addr, err := backend.Reachable(addr)
	if err != nil {
		return reason.Wrap(err, reason.DesktopTo, strconv.Quote(addr))
	}
	if m.journal != nil {
		if m.State().Phase == On && m.journal.Addr == addr {
			return nil
		}
		if _, err := m.disable(); err != nil {
			return err
		}
	}
	if m.owner, err = filelock.Try(filepath.Join(m.o.Dir, ownerLock)); err != nil {
		m.owner = nil
		if errors.Is(err, filelock.ErrHeld) {
			return ErrOwned
		}
		return reason.Wrap(err, reason.DesktopUnchanged)
	}
	if err := m.takeOver(addr); err != nil {
		m.owner.Release()
		m.owner = nil
		if m.watchdog != nil && hasJournal(m.o.Dir) { // something could not be put back: it tries on
			m.watchdog.leave()
			m.watchdog = nil
		}
		m.dismiss()
		return err
	}
	return nil
}

// takeOver is the whole of switching on, under the lock.
func (m *Manager) takeOver(addr string) error {
	ctx := context.Background()
	if err := m.postWatchdog(); err != nil {
		return reason.Wrap(err, reason.DesktopUnguarded)
	}
	held, err := filelock.Take(ctx, filepath.Join(m.o.Dir, workLock))
	if err != nil {
		return reason.Wrap(err, reason.DesktopUnchanged)
	}
	defer held.Release()
	run := commandsUnder(held)
	all := backends(run)
	if len(all) == 0 {
		return ErrNoBackend
	}
	if err := m.settleOld(ctx, run); err != nil {
		return err
	}
	j, err := m.prepare(ctx, all, addr)
	if err != nil {
		return err
	}
	if err := writeJournal(m.o.Dir, j); err != nil {
		return reason.Wrap(err, reason.DesktopUnwritten, m.o.Dir)
	}
	if err := repairEntry(m.o.Command, m.o.Dir).Enable(); err != nil {
		m.o.Log.Warn("if the power fails, the system proxy is put back when Posthouse starts, but not before", "error", err)
	}
	for i, b := range all {
		if err := b.Apply(ctx, j.Sections[i].Wrote); err != nil {
			_, undoErr := undo(ctx, m.o.Dir, j, run)
			return errors.Join(reason.Wrap(err, reason.DesktopSet, b.Name()), undoErr)
		}
	}
	m.journal = j
	m.stamps = stamps(all)
	m.change(func(s *State) {
		*s = State{Phase: On, Addr: addr, Previous: previous(j, all), Watchdog: s.Watchdog, Report: s.Report}
	})
	return nil
}

// settleOld undoes what a Posthouse that is gone left behind: it must not be
// taken for the user's own.
func (m *Manager) settleOld(ctx context.Context, run backend.Commander) error {
	if !hasJournal(m.o.Dir) {
		return nil
	}
	j, err := readJournal(m.o.Dir)
	switch {
	case errors.Is(err, errDamaged):
		aside, err := setAside(m.o.Dir)
		m.change(func(s *State) { s.Report = Report{Damaged: aside} })
		return err
	case err != nil:
		return err
	}
	report, err := undo(ctx, m.o.Dir, j, run)
	m.change(func(s *State) { s.Report = report })
	if err == nil && len(report.Gone) > 0 {
		err = reason.New(reason.DesktopOld, report.Gone[0])
	}
	return err
}

// prepare reads what is in force and plans what to write.
func (m *Manager) prepare(ctx context.Context, all []backend.Backend, addr string) (*journal, error) {
	j := &journal{Owner: m.token, PID: os.Getpid(), Time: time.Now().UTC(), Addr: addr}
	ours := backend.OwnAddress(addr)
	for _, b := range all {
		before, err := b.Read(ctx)
		if err != nil {
			return nil, reason.Wrap(reason.Wrap(err, reason.Inside, b.Name()), reason.DesktopUnchanged)
		}
		if r, ok := b.(backend.Refuser); ok {
			if err := r.Refuse(before.Values); err != nil {
				return nil, reason.Wrap(err, reason.DesktopUnchanged)
			}
		}
		s := backend.Section{Backend: b.Name(), Before: before.Values, File: before.File, Login: before.Login}
		if clean := b.Off(before.Values, ours); len(differences(before.Values, clean)) > 0 {
			s.Before, s.File = clean, nil
			// Keys that point here already are ours to put back.
			s.Wrote = b.Plan(clean, addr)
		} else {
			s.Wrote = b.Plan(before.Values, addr)
		}
		j.Sections = append(j.Sections, s)
	}
	return j, nil
}

func differences(a, b backend.Values) []string {
	var keys []string
	for key, v := range a {
		if b[key] != v {
			keys = append(keys, key)
		}
	}
	return keys
}

func (m *Manager) disable() (Report, error) {
	if m.journal == nil {
		return Report{}, nil
	}
	report, err := restoreIf(context.Background(), m.o.Dir, func(j *journal) bool { return j.Owner == m.token })
	if err != nil {
		m.change(func(s *State) { s.Report = report })
		return report, err
	}
	m.switchedOff(report)
	return report, nil
}

// switchedOff is the end of an Enable: nothing of ours is left.
func (m *Manager) switchedOff(report Report) {
	m.journal = nil
	m.dismiss()
	m.owner.Release()
	m.owner = nil
	m.change(func(s *State) { *s = State{Report: report} })
}

func previous(j *journal, all []backend.Backend) []Summary {
	var out []Summary
	for i, b := range all {
		s := j.Sections[i]
		out = append(out, backend.Snapshot{Values: s.Before, Login: s.Login}.Summary(b))
	}
	return out
}
