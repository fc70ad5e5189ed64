package desktop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/bounded"
	"posthouse/proxy/filelock"
)

const (
	crashPrefix = "crash-"
	// crashTimeForm is the time in the name of a report, in UTC.
	crashTimeForm = "20060102-150405"
	crashSuffix   = ".txt"
	crashSeen     = ".seen"
	crashPending  = ".pending"
	maxCrash      = 256 << 10 // bytes of a report
	maxCrashes    = 5         // reports that are kept
)

// A CrashLog catches what the runtime writes when this program dies.
type CrashLog struct {
	path string
	held *filelock.Lock
}

// CatchCrashes lets a panic or a fatal error of this program leave a report in
// dir, the state directory, and turns what earlier programs left into reports.
// build says which version this is. The screen is told as before.
func CatchCrashes(dir, build string) (*CrashLog, error) {
	if err := collectCrashes(dir); err != nil {
		return nil, err
	}
	c := &CrashLog{path: filepath.Join(dir, fmt.Sprintf("%s%d%s", crashPrefix, os.Getpid(), crashPending))}
	var err error
	if c.held, err = filelock.Try(c.path); err != nil {
		return nil, fmt.Errorf("a crash would leave no report: %w", err)
	}
	f := c.held.File
	_, err = fmt.Fprintf(f, "Posthouse %s\n%s, %s/%s\nstarted %s\n\n", build, runtime.Version(), runtime.GOOS, runtime.GOARCH,
		time.Now().UTC().Format(time.RFC3339))
	if err == nil {
		err = debug.SetCrashOutput(f, debug.CrashOptions{})
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("a crash would leave no report: %w", err)
	}
	return c, nil
}

// Close is for an end in peace: there is nothing to report.
func (c *CrashLog) Close() {
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	c.held.Release()
	_ = os.Remove(c.path)
}

// collectCrashes makes reports of what programs left that are gone.
func collectCrashes(dir string) error {
	pending, err := filepath.Glob(filepath.Join(globEscape(dir), crashPrefix+"*"+crashPending))
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range pending {
		held, err := filelock.Try(path)
		if err != nil {
			continue // its program lives
		}
		errs = append(errs, collect(dir, path, held.File))
		held.Release()
		errs = append(errs, os.Remove(path))
	}
	return errors.Join(append(errs, forgetOld(dir))...)
}

func globEscape(dir string) string {
	if runtime.GOOS == "windows" {
		return dir // there is no escape there
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// collect writes a report, where there is a crash in what was left: a program
// that was killed leaves only the first lines.
func collect(dir, path string, f *os.File) error {
	text, err := bounded.ReadHead(f, maxCrash)
	if err != nil {
		return err
	}
	report, crashed := cleanCrash(string(text))
	if !crashed {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	name := crashPrefix + info.ModTime().UTC().Format(crashTimeForm) + "-" + strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path),
		crashPrefix), crashPending)
	return atomicfile.Write(filepath.Join(dir, name+crashSuffix), []byte(report))
}

// cleanCrash takes out what may come from traffic: the text of a panic, unless
// it is the runtime's own. The stacks have addresses and numbers only.
func cleanCrash(text string) (report string, crashed bool) {
	head, rest, _ := strings.Cut(text, "\n\n")
	at := strings.Index(rest, "\ngoroutine ")
	if at < 0 {
		if !strings.Contains(rest, "panic: ") && !strings.Contains(rest, "fatal error: ") {
			return "", false
		}
		at = len(rest)
	}
	var b strings.Builder
	b.WriteString(head + "\n\n")
	left := 0
	for line := range strings.Lines(rest[:at]) {
		bare := strings.TrimPrefix(strings.TrimSpace(line), "panic: ")
		if strings.TrimSpace(line) == "" || hasAnyPrefix(bare, "runtime error: ", "fatal error: ", "[signal ", "runtime: ", "SIG") {
			b.WriteString(line)
			continue
		}
		left += len(line)
	}
	if left > 0 {
		fmt.Fprintf(&b, "panic: (its text of %d bytes is left out: it might be of a request)\n", left)
	}
	b.WriteString(rest[at:])
	return b.String(), true
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// A CrashReport is a file that a person may read and send.
type CrashReport struct {
	Path string
	Time time.Time // when the program died
}

// CrashReports are those that were not dismissed, the newest first.
func CrashReports(dir string) ([]CrashReport, error) {
	var reports []CrashReport
	for _, name := range crashNames(dir) {
		if strings.HasSuffix(name, crashSeen+crashSuffix) {
			continue
		}
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		reports = append(reports, CrashReport{path, crashTime(name, info.ModTime())})
	}
	slices.Reverse(reports)
	return reports, nil
}

// crashTime is when the program died, which is in the name of its report; the
// file was written by the next start.
func crashTime(name string, otherwise time.Time) time.Time {
	rest := strings.TrimPrefix(name, crashPrefix)
	if len(rest) < len(crashTimeForm) {
		return otherwise
	}
	at, err := time.Parse(crashTimeForm, rest[:len(crashTimeForm)])
	if err != nil {
		return otherwise
	}
	return at
}

// Text is the report.
func (r CrashReport) Text() (string, error) {
	text, err := bounded.ReadFileHead(r.Path, 2*maxCrash)
	return string(text), err
}

// Dismiss takes a report from the list. The file stays until newer ones displace it.
// It returns where it is then.
func (r CrashReport) Dismiss() (CrashReport, error) {
	seen := r
	seen.Path = strings.TrimSuffix(r.Path, crashSuffix) + crashSeen + crashSuffix
	if err := os.Rename(r.Path, seen.Path); err != nil {
		return r, err
	}
	return seen, nil
}

// crashNames are the files of reports, the oldest first.
func crashNames(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), crashPrefix) && strings.HasSuffix(e.Name(), crashSuffix) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names) // the time is in the name
	return names
}

func forgetOld(dir string) error {
	names := crashNames(dir)
	var errs []error
	for _, name := range names[:max(0, len(names)-maxCrashes)] {
		errs = append(errs, os.Remove(filepath.Join(dir, name)))
	}
	return errors.Join(errs...)
}
