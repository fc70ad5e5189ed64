package sysproxy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"posthouse/app/desktop/atomicfile"
	"posthouse/app/desktop/filelock"
)

// The locks in the state directory.
const (
	workLock  = "system-proxy.lock"  // held while keys are read and written
	ownerLock = "system-proxy.owner" // held while our settings are in force
)

// answerLimit bounds the look at a previous proxy on this computer.
const answerLimit = 300 * time.Millisecond

// Restore puts back what the journal in dir holds, whoever wrote it, and says
// what it did. It is for a person who asks for it.
func Restore(ctx context.Context, dir string) (Report, error) {
	return restoreIf(ctx, dir, func(*journal) bool { return true })
}

// repair puts back what a Posthouse that is gone left behind.
func repair(ctx context.Context, dir string) (Report, error) {
	busy := 0
	report, err := restoreIf(ctx, dir, func(j *journal) bool {
		if filelock.Held(filepath.Join(dir, ownerLock)) {
			busy = j.PID
			return false
		}
		return true
	})
	report.Busy = busy
	return report, err
}

// restoreIf puts back what the journal holds, if it is one that the caller may undo.
func restoreIf(ctx context.Context, dir string, may func(*journal) bool) (Report, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return Report{}, nil
	}
	held, err := filelock.Take(ctx, filepath.Join(dir, workLock))
	if err != nil {
		return Report{}, fmt.Errorf("the system proxy cannot be restored: %w", err)
	}
	defer held.Release()
	defer removePieces(dir) // after it: to list a folder may take long
	j, err := readJournal(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Report{}, lastNet(nil, dir).Disable()
	case errors.Is(err, errDamaged):
		aside, err := setAside(dir)
		return Report{Damaged: aside}, errors.Join(err, lastNet(nil, dir).Disable())
	case err != nil:
		return Report{}, fmt.Errorf("the system proxy cannot be restored: %w", err)
	case !may(j):
		return Report{}, nil
	}
	return undo(ctx, dir, j, commandsUnder(held))
}

// undo puts back all sections of a journal; the journal goes when nothing of it
// is left to do. The caller holds the lock.
func undo(ctx context.Context, dir string, j *journal, run commander) (Report, error) {
	var report Report
	var errs []error
	for _, s := range j.Sections {
		// Not what applies here and now: this may be a console, not the desktop.
		b := backendNamed(s.Backend, run)
		if b == nil {
			report.Gone = append(report.Gone, s.Backend)
			continue
		}
		if err := undoSection(ctx, b, s, &report); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.Backend, err))
		}
	}
	if len(errs) == 0 && len(report.Gone) == 0 {
		if err := removeJournal(dir); err != nil {
			errs = append(errs, fmt.Errorf("the settings are restored, but their journal cannot be removed: %w", err))
		} else if err := lastNet(nil, dir).Disable(); err != nil {
			errs = append(errs, fmt.Errorf("the settings are restored, but the entry that would do it at login cannot be removed: %w", err))
		}
	}
	return report, errors.Join(errs...)
}

func undoSection(ctx context.Context, b backend, s section, report *Report) error {
	now, err := b.read(ctx)
	if err != nil {
		return err
	}
	back, left := compare(s, now.Values, b.ties(s.Before))
	if len(left) == 0 && s.File != nil {
		if r, ok := b.(wholeRestorer); ok {
			done, err := r.restoreWhole(*s.File, s.Wrote)
			if err != nil {
				return err
			}
			if done {
				note(report, b, s, back, left, now.Values)
				return nil
			}
		}
	}
	// What was written first is undone last, so that the switch goes before the addresses.
	slices.Reverse(back)
	if err := b.apply(ctx, back); err != nil {
		return err
	}
	slices.Reverse(back)
	note(report, b, s, back, left, now.Values)
	return nil
}

// compare says which keys go back and which were changed by somebody else.
func compare(s section, now Values, t ties) (back, left []Change) {
	theirs := func(key string) bool {
		return now[key] != s.Before[key] && !t.holds(s.expected(key), now[key])
	}
	taken := map[string]bool{}
	for _, group := range t.groups {
		if !s.wroteAny(group) || !slices.ContainsFunc(group, theirs) {
			continue
		}
		for _, key := range append(slices.Clone(group), t.masters...) {
			taken[key] = true
		}
	}
	for _, c := range s.Wrote {
		switch {
		case now[c.Key] == s.Before[c.Key]: // never written, or back already
		case taken[c.Key] || theirs(c.Key):
			left = append(left, c)
		default:
			back = append(back, Change{c.Key, s.Before[c.Key]})
		}
	}
	return back, left
}

func note(report *Report, b backend, s section, back, left []Change, now Values) {
	wrote := Values{}.with(s.Wrote)
	for _, c := range back {
		report.Restored = append(report.Restored, KeyReport{b.name(), c.Key, wrote[c.Key].Text, c.To.Text})
	}
	for _, c := range left {
		report.Left = append(report.Left, KeyReport{b.name(), c.Key, c.To.Text, now[c.Key].Text})
	}
	previous := b.summary(s.Before)
	if len(back) == 0 {
		return
	}
	for _, addr := range previous.Dead() {
		if !slices.Contains(report.Dead, addr) {
			report.Dead = append(report.Dead, addr)
		}
	}
}

// Dead are the addresses of a manual proxy on this computer that do not take
// connections. Proxies elsewhere are not asked.
func (s Summary) Dead() []string {
	var dead []string
	if s.Mode != ModeManual {
		return nil
	}
	for _, addr := range []string{s.HTTP, s.HTTPS, s.SOCKS} {
		if addr != "" && !slices.Contains(dead, addr) && !answers(addr) {
			dead = append(dead, addr)
		}
	}
	return dead
}

// answers reports whether a proxy on this computer takes connections. Others are
// not asked: that is not for us to do.
func answers(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || !isLoopback(host) {
		return true
	}
	c, err := net.DialTimeout("tcp", addr, answerLimit)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// removePieces removes what a journal's writer left that was killed half-way:
// nothing had been changed then. The caller holds the lock.
func removePieces(dir string) {
	for _, name := range journalNames {
		atomicfile.RemovePieces(filepath.Join(dir, name))
	}
}
