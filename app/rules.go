package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"posthouse/app/desktop/atomicfile"
	"posthouse/app/settings"
	"posthouse/proxy/bounded"
	"posthouse/proxy/breakpoints"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// Rules are what a person wants changed of what passes: rules.toml beside the settings, or
// the file that a command line names. It is read again when it changes; with a mistake in it
// the rules before stay in force. All methods are safe for concurrent use but those that say
// that the controller's goroutine calls them.
type Rules struct {
	c     *Controller
	path  string // "" for none
	stamp settings.Stamp
	again bool // the file was found empty, maybe while somebody wrote it: the next look tells

	set     atomic.Pointer[rules.Set]
	problem atomic.Pointer[error]
}

// ruled is what of a Controller concerns rules, and what waits by them.
type ruled struct {
	rules  *Rules
	breaks *breakpoints.Queue
}

// Rules are what is changed of what passes.
func (r *ruled) Rules() *Rules { return r.rules }

// Breakpoints are the messages that wait for a person. They wait only while somebody watches.
func (r *ruled) Breakpoints() *breakpoints.Queue { return r.breaks }

// setBreaks puts the settings of breakpoints into force.
func (r *ruled) setBreaks(s *settings.Breakpoints) {
	r.breaks.Set(s.Enabled, time.Duration(s.Patience))
}

// errNoRulesFile says that rules have nowhere to stand.
var errNoRulesFile = errors.New("there is no file for rules")

// rulesFile is the file's name beside the settings.
const rulesFile = "rules.toml"

// newRules reads the file for the first time.
func newRules(c *Controller, o *Options) *Rules {
	r := &Rules{c: c, path: o.RulesPath}
	if r.path == "" && o.Path != "" {
		r.path = filepath.Join(filepath.Dir(o.Path), rulesFile)
	}
	r.follow()
	return r
}

// Path is the file, "" if there is none.
func (r *Rules) Path() string { return r.path }

// Set are the rules that were read last, without a mistake; nil for none. Whether they are in
// force is a setting (rules.enabled).
func (r *Rules) Set() *rules.Set { return r.set.Load() }

// Problem says what is wrong with the file, a *rules.FileError mostly; nil if nothing is.
func (r *Rules) Problem() error {
	if p := r.problem.Load(); p != nil {
		return *p
	}
	return nil
}

// Changing reports whether rules are in force.
func (r *Rules) Changing() bool { return r.c.settings.Load().Rules.Enabled && !r.set.Load().Empty() }

// Text is the file as it is now; empty where it is not there.
func (r *Rules) Text() ([]byte, error) {
	if r.path == "" {
		return nil, nil
	}
	text, err := bounded.ReadFile(r.path, rules.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// Edit has change make another text of the file, and puts that into force. What has a
// mistake is not written: the error tells it.
func (r *Rules) Edit(change func(text []byte) ([]byte, error)) error {
	err := ErrClosed
	r.c.ask(func() { err = r.edit(change) })
	return err
}

func (r *Rules) edit(change func([]byte) ([]byte, error)) error {
	if r.path == "" {
		return errNoRulesFile
	}
	text, err := r.Text()
	if err != nil {
		return err
	}
	if text, err = change(text); err != nil {
		return err
	}
	if _, err = rules.Load(r.path, text, filepath.Dir(r.path)); err != nil {
		return err
	}
	if err = os.MkdirAll(filepath.Dir(r.path), 0o700); err == nil {
		err = atomicfile.Write(r.path, text)
	}
	if err == nil {
		r.stamp, r.again = settings.Stamp{}, true
		r.follow()
	}
	return err
}

// rulesLook is what was found of the file. Nil has found nothing.
type rulesLook struct {
	before, stamp settings.Stamp
	same          bool
	set           *rules.Set
	err           error
}

// looking looks whether the file has changed when it is called, on any goroutine: it may wait for the disk.
func (r *Rules) looking() func() *rulesLook {
	path, before, again := r.path, r.stamp, r.again
	return func() *rulesLook {
		if path == "" {
			return nil
		}
		l := &rulesLook{before: before}
		l.stamp, l.same = before.Again(path)
		if l.same = l.same && !again; !l.same {
			l.set, l.err = r.load()
		}
		return l
	}
}

// follow looks whether the file has changed, and takes what it finds. The controller's goroutine calls it.
func (r *Rules) follow() { r.take(r.looking()()) }

// take puts what was found into force. What was found before the file was written or looked at otherwise is left
// to the next look. The controller's goroutine calls it.
func (r *Rules) take(l *rulesLook) {
	if l == nil || l.before != r.stamp {
		return
	}
	if r.stamp = l.stamp; l.same {
		return
	}
	set, err := l.set, l.err
	if was := r.set.Load(); err == nil && len(set.Rules) == 0 && was != nil && len(was.Rules) > 0 && !r.again {
		r.again = true
		return
	}
	r.again = false
	if err != nil {
		r.problem.Store(&err)
		r.c.log.Error("rules are not in force as the file has them", "error", err)
	} else {
		set.Inherit(r.set.Load())
		r.set.Store(set)
		r.c.configure(r.c.settings.Load())
		r.problem.Store(nil)
	}
	r.c.watchers.signal()
}

func (r *Rules) load() (*rules.Set, error) {
	text, err := r.Text()
	if err != nil {
		return nil, &rules.FileError{Path: r.path, Why: reason.OfNamed(err)}
	}
	return rules.Load(r.path, text, filepath.Dir(r.path))
}

// inForce are the rules that the proxy follows.
func (r *Rules) inForce(s *settings.Settings) *rules.Set {
	if set := r.set.Load(); s.Rules.Enabled && !set.Empty() {
		return set
	}
	return nil
}
