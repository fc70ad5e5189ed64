package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
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
	line  *line
	stamp settings.Stamp
	again bool // the file was found empty, maybe while somebody wrote it: the next look tells

	text    atomic.Pointer[rulesText]
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
	r := &Rules{c: c, path: o.RulesPath, line: newLine(c)}
	if r.path == "" && o.Path != "" {
		r.path = filepath.Join(filepath.Dir(o.Path), rulesFile)
	}
	look := r.looking()
	look.read()
	look.load()
	r.take(look)
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

// Text is the file as it was looked at last, empty where it is not there; it is not to be changed. The disk is not asked.
func (r *Rules) Text() ([]byte, error) {
	if t := r.text.Load(); t != nil {
		return t.text, t.err
	}
	return nil, nil
}

// rulesText is what was read of the file, or why it was not.
type rulesText struct {
	text []byte
	err  error
}

func readRules(path string) ([]byte, error) {
	text, err := bounded.ReadFile(path, rules.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// Edit has change make another text of the file, and puts that into force. What has a mistake is not written: the error
// tells it. Change is called on another goroutine, and not after Edit has returned. Where the disk is late the error says
// so: the file is as it was then, unless the disk was about to take the new one, which comes into force when it answers.
func (r *Rules) Edit(change func(text []byte) ([]byte, error)) error {
	if r.path == "" {
		return errNoRulesFile
	}
	e := &rulesEdit{r: r, change: change}
	var err error
	if inTime := r.line.do(func() { err = e.run() }); inTime {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.left = true
	if !r.c.ask(func() {}) {
		return ErrClosed
	}
	return errDiskLate
}

// rulesEdit is an edit under way.
type rulesEdit struct {
	r      *Rules
	change func(text []byte) ([]byte, error)

	mu   sync.Mutex // held while change is called
	left bool       // nobody waits for it
}

// run reads the file, changes it, and puts it into force. It is a work of the file's line.
func (e *rulesEdit) run() (err error) {
	r := e.r
	var text []byte
	if r.line.ask(func() { text, err = readRules(r.path) }); err != nil {
		return err
	}
	if text, err = e.changed(text); err != nil {
		return err
	}
	folder := filepath.Dir(r.path)
	if _, err = rules.Load(r.path, text, folder); err != nil {
		return err
	}
	r.line.ask(func() {
		if err = os.MkdirAll(folder, 0o700); err == nil {
			err = atomicfile.Options{Ready: e.wanted}.Write(r.path, text)
		}
	})
	if err != nil {
		return err
	}
	if !r.c.ask(func() { r.stamp, r.again = settings.Stamp{}, true }) {
		return ErrClosed
	}
	r.follow()
	return nil
}

// changed is the text as it is to be.
func (e *rulesEdit) changed(text []byte) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.left {
		return nil, errDiskLate
	}
	return e.change(text)
}

// wanted is an error where nobody waits for the edit: he was told that it failed.
func (e *rulesEdit) wanted() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.left {
		return errDiskLate
	}
	return nil
}

// rulesLook is what was found of the file.
type rulesLook struct {
	path          string
	again         bool // its text is wanted although it has not changed
	before, stamp settings.Stamp
	same          bool
	text          rulesText
	set           *rules.Set
	err           error
}

// looking is a look at the file that is about to be taken. The controller's goroutine calls it.
func (r *Rules) looking() *rulesLook {
	return &rulesLook{path: r.path, before: r.stamp, again: r.again}
}

// read looks whether the file has changed, and reads it then. It may wait for the disk.
func (l *rulesLook) read() {
	if l.path == "" {
		l.same = true
		return
	}
	l.stamp, l.same = l.before.Again(l.path)
	if l.same = l.same && !l.again; !l.same {
		l.text.text, l.text.err = readRules(l.path)
	}
}

// load makes rules of what was read.
func (l *rulesLook) load() {
	switch {
	case l.same:
	case l.text.err != nil:
		l.err = &rules.FileError{Path: l.path, Why: reason.OfNamed(l.text.err)}
	default:
		l.set, l.err = rules.Load(l.path, l.text.text, filepath.Dir(l.path))
	}
}

// follow looks whether the file has changed, and takes what it finds. It is a work of the file's line.
func (r *Rules) follow() {
	var look *rulesLook
	if !r.c.ask(func() { look = r.looking() }) {
		return
	}
	r.line.ask(look.read)
	look.load()
	r.c.ask(func() { r.take(look) })
}

// take puts what was found into force. What was found before the file was written or looked at otherwise is left
// to the next look. The controller's goroutine calls it.
func (r *Rules) take(l *rulesLook) {
	if l.before != r.stamp {
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
	r.text.Store(&l.text)
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

// inForce are the rules that the proxy follows.
func (r *Rules) inForce(s *settings.Settings) *rules.Set {
	if set := r.set.Load(); s.Rules.Enabled && !set.Empty() {
		return set
	}
	return nil
}
