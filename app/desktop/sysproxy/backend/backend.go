// Package backend is what the manager of the system proxy and the settings of each
// system know of each other: keys with their values, a plan of changes, and what
// values mean. It knows neither; a Backend may be used by one goroutine at a time.
package backend

import (
	"context"
	"net/url"

	"posthouse/proxy/reason"
)

// A Backend is one place where a desktop keeps its proxy settings.
type Backend interface {
	// Name identifies it in journals and reports.
	Name() string
	// Read returns every key that bears on the proxy.
	Read(ctx context.Context) (Snapshot, error)
	// Plan is what must be written so that HTTP and HTTPS go to addr, in the
	// order in which it is safe to write.
	Plan(before Values, addr string) []Change
	// Apply writes and makes sure that it is written.
	Apply(ctx context.Context, changes []Change) error
	// Ties says which keys stand or fall together.
	Ties(v Values) Ties
	// Summary tells what values mean.
	Summary(v Values) Summary
	// Off is values with every trace of our own address taken out.
	Off(v Values, ours func(hostPort string) bool) Values
	// Stamp changes when the settings may have changed; it is cheap.
	Stamp() string
}

// Snapshot is the state of a backend.
type Snapshot struct {
	Values Values
	File   *File         // the whole file, where the backend is one
	Login  *url.Userinfo // of the HTTP proxy, where Values do not tell it
}

func (s Snapshot) Summary(b Backend) Summary {
	sum := b.Summary(s.Values)
	if sum.Login == nil && sum.HTTP != "" {
		sum.Login = s.Login
	}
	return sum
}

// File is a file as it was.
type File struct {
	Was  bool   `json:"was"` // false: there was none
	Text []byte `json:"text,omitempty"`
}

// WholeRestorer is a backend that can put its file back byte for byte, where
// nothing but what Posthouse wrote has changed in it.
type WholeRestorer interface {
	RestoreWhole(before File, wrote []Change) (done bool, err error)
}

// Refuser is a backend that knows of settings that it could not put back; they
// are not changed then.
type Refuser interface {
	Refuse(before Values) error
}

// Ties: a program or person that put another address into a group has taken the
// master with it, even where the master still holds what Posthouse wrote.
type Ties struct {
	Masters []string
	Groups  [][]string // the keys of a group are put back together or not at all
	// Shortened reports whether now is what the system itself makes of what was
	// written to a key; nil where it keeps every value as it was written.
	Shortened func(key string, wrote, now Value) bool
	// Vanishing: a key goes with what it belongs to, such as a network service.
	Vanishing bool
}

// Holds reports whether a key has what was written to it.
func (t Ties) Holds(wrote Change, now Value) bool {
	return now == wrote.To || t.Shortened != nil && t.Shortened(wrote.Key, wrote.To, now)
}

// ErrLocked says that an administrator has fixed the proxy settings.
var ErrLocked = error(reason.New(reason.DesktopLocked))

// Commander runs a helper program of the desktop and returns what it said.
type Commander func(ctx context.Context, name string, args ...string) (string, error)
