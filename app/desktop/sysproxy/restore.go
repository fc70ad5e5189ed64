package sysproxy

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"posthouse/app/desktop/atomicfile"
	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/proxy/filelock"
	"posthouse/proxy/reason"
)

// The locks in the state directory.
const (
	workLock  = "system-proxy.lock"  // held while keys are read and written
	ownerLock = "system-proxy.owner" // held while our settings are in force
)

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
		return Report{}, reason.Wrap(err, reason.DesktopRestore)
	}
	defer held.Release()
	defer removePieces(dir) // after it: to list a folder may take long
	j, err := readJournal(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Report{}, repairEntry(nil, dir).Disable()
	case errors.Is(err, errDamaged):
		aside, err := setAside(dir)
		return Report{Damaged: aside}, errors.Join(err, repairEntry(nil, dir).Disable())
	case err != nil:
		return Report{}, reason.Wrap(err, reason.DesktopRestore)
	case !may(j):
		return Report{}, nil
	}
	return undo(ctx, dir, j, commandsUnder(held))
}

// undo puts back all sections of a journal; the journal goes when nothing of it
// is left to do. The caller holds the lock.
func undo(ctx context.Context, dir string, j *journal, run backend.Commander) (Report, error) {
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
			errs = append(errs, reason.Wrap(err, reason.Inside, s.Backend))
		}
	}
	if len(errs) == 0 && len(report.Gone) == 0 {
		if err := removeJournal(dir); err != nil {
			errs = append(errs, reason.Wrap(err, reason.DesktopJournalKept))
		} else if err := repairEntry(nil, dir).Disable(); err != nil {
			errs = append(errs, reason.Wrap(err, reason.DesktopEntryKept))
		}
	}
	return report, errors.Join(errs...)
}

func undoSection(ctx context.Context, b backend.Backend, s backend.Section, report *Report) error {
	now, err := b.Read(ctx)
	if err != nil {
		return err
	}
	back, left := s.Compare(now.Values, b.Ties(s.Before))
	if len(left) == 0 && s.File != nil {
		if r, ok := b.(backend.WholeRestorer); ok {
			done, err := r.RestoreWhole(*s.File, s.Wrote)
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
	if err := b.Apply(ctx, back); err != nil {
		return err
	}
	slices.Reverse(back)
	note(report, b, s, back, left, now.Values)
	return nil
}

func note(report *Report, b backend.Backend, s backend.Section, back, left []backend.Change, now backend.Values) {
	wrote := backend.Values{}.With(s.Wrote)
	for _, c := range back {
		report.Restored = append(report.Restored, KeyReport{b.Name(), c.Key, wrote[c.Key].Text, c.To.Text})
	}
	for _, c := range left {
		report.Left = append(report.Left, KeyReport{b.Name(), c.Key, c.To.Text, now[c.Key].Text})
	}
	previous := b.Summary(s.Before)
	if len(back) == 0 {
		return
	}
	for _, addr := range previous.Dead() {
		if !slices.Contains(report.Dead, addr) {
			report.Dead = append(report.Dead, addr)
		}
	}
}

// removePieces removes what a journal's writer left that was killed half-way:
// nothing had been changed then. The caller holds the lock.
func removePieces(dir string) {
	for _, name := range journalNames {
		atomicfile.RemovePieces(filepath.Join(dir, name))
	}
}
