// Package sessions opens files with exchanges so that the window can show them beside what
// passes now, and saves exchanges as files. It knows no toolkit. Posthouse's own session files
// are opened where they lie; of those of other programs a session file is made in a private
// folder, an exchange at a time, which goes with Close.
//
// All functions are safe for concurrent use and start no goroutine. Open and Save may take
// long; they end soon after their context does, and leave nothing behind then. An Opened is
// safe for concurrent use. Close waits for what reads it on other goroutines.
package sessions

import (
	"errors"
	"sync"

	"posthouse/proxy/archive"
	"posthouse/proxy/capture/history"
)

// Opened is a file of which the exchanges are shown. Its fields do not change.
type Opened struct {
	Name      string         // what it is called where it is shown: the name of the file
	Path      string         // absolute, of the file that a person chose
	Exchanges *history.Tiers // all of it is on its disk tier
	ReadOnly  bool           // what is said about exchanges is not kept in the file
	Problem   error          // why not all of the file could be read; nil: all was
	Format    archive.Format // of the file

	closing sync.Once
	session *history.Session
	said    func() bool  // whether something was said that goes with Close; nil: nothing does
	release func() error // closes and removes what the session is read from; nil: nothing
	err     error
}

// New makes one of a session that was opened; release is called after nothing reads it.
func New(name, path string, s *history.Session, release func() error) *Opened {
	return &Opened{Name: name, Path: path, Exchanges: history.SessionTiers(s), ReadOnly: !s.Writable(), session: s, release: release}
}

// Unkept reports whether something was said about exchanges that the file does not have, and
// is lost with Close.
func (o *Opened) Unkept() bool { return o.session.Unkept() != nil || o.said != nil && o.said() }

// Close ends the reading of the file and waits for it. It may be called more than once.
func (o *Opened) Close() error {
	o.closing.Do(func() {
		o.err = o.session.Close()
		if o.release != nil {
			o.err = errors.Join(o.err, o.release())
		}
	})
	return o.err
}
