package trust

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Action is what is to be done with the certificate.
type Action int

const (
	Install Action = iota
	Remove
)

// Kind is a kind of store.
type Kind string

const (
	System Kind = "system" // of the operating system
	NSS    Kind = "nss"    // of Firefox, and of Chrome on Linux
	Java   Kind = "java"   // of one Java
)

// State is whether the certificate is in a store.
type State int

const (
	Unknown State = iota // it cannot be told without an administrator's rights or a dialog
	Absent               // or not everywhere that it should be
	Present
)

// Why a store is left out.
var (
	ErrNoStore     = errors.New("there is no such store on this computer")
	ErrNoTool      = errors.New("the program that changes this store is not installed")
	ErrUnsupported = errors.New("this system is not supported")
)

// Step is what an action does to one store.
type Step struct {
	Kind     Kind
	Targets  []string // files, folders or stores that are changed
	Commands []string // what is run or done, a line each
	Admin    bool     // needs an administrator's rights
	Asks     Asking   // who asks a person meanwhile
	State    State    // before the step
	Skip     error    // why the store is left out; nil: it is not
	ByHand   []string // commands that do the same, or that make it possible
}

// Needed reports whether the action would change the store.
func (s Step) Needed(a Action) bool {
	return s.Skip == nil && (s.State == Unknown || (s.State == Present) == (a == Remove))
}

// Store is one place where clients look for authorities.
type Store interface {
	// Plan says what Apply would do. It changes nothing.
	Plan(Action, *x509.Certificate) Step
	// Apply does it. It ends early when the context does, if it can.
	Apply(context.Context, Action, *x509.Certificate) error
}

// Plan says what the action would do to each store.
func Plan(stores []Store, a Action, cert *x509.Certificate) []Step {
	steps := make([]Step, len(stores))
	for i, s := range stores {
		steps[i] = s.Plan(a, cert)
	}
	return steps
}

// Outcome is what became of one store.
type Outcome struct {
	Step Step
	Done bool     // the store was changed
	Err  *Failure // nil: all is as it should be, or the store was left out
}

// Failure is a store that could not be changed.
type Failure struct {
	Kind   Kind
	Err    error
	Output string   // what the system's tool said, its last maxOutput bytes
	ByHand []string // commands that do the same
	Places []string // of a store with several (NSS), the folders that could not be changed
}

// maxOutput bounds Failure.Output, in bytes.
const maxOutput = 2 << 10

func (f *Failure) Error() string {
	s := fmt.Sprintf("the %s store could not be changed: %v", f.Kind, f.Err)
	if f.Output != "" {
		s += ": " + f.Output
	}
	return s
}

func (f *Failure) Unwrap() error { return f.Err }

// Apply does the action to each store that needs it. One that fails does not
// keep the others from being changed.
func Apply(ctx context.Context, stores []Store, a Action, cert *x509.Certificate) []Outcome {
	outcomes := make([]Outcome, len(stores))
	for i, s := range stores {
		step := s.Plan(a, cert)
		outcomes[i].Step = step
		if !step.Needed(a) {
			continue
		}
		if err := s.Apply(ctx, a, cert); err != nil {
			outcomes[i].Err = failure(step, err)
			continue
		}
		outcomes[i].Done = true
	}
	return outcomes
}

func failure(step Step, err error) *Failure {
	f := &Failure{Kind: step.Kind, Err: err, ByHand: step.ByHand}
	var said interface{ Out() []byte } // toolError, truststore.CmdError
	if errors.As(err, &said) {
		out := strings.TrimSpace(string(said.Out()))
		f.Output = strings.ToValidUTF8(out[max(0, len(out)-maxOutput):], "")
	}
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		f.only(step, all.Unwrap())
	}
	return f
}

// only keeps, of what can be done by hand, what is about places that failed.
func (f *Failure) only(step Step, errs []error) {
	for _, err := range errs {
		var at *placeError
		if errors.As(err, &at) {
			f.Places = append(f.Places, at.place)
		}
	}
	if len(f.Places) == 0 {
		return // several reasons, but not of several places
	}
	f.ByHand = slices.DeleteFunc(slices.Clone(step.ByHand), func(line string) bool {
		about := func(target string) bool { return strings.Contains(line, Quote(target)+" ") }
		failed := func(place string) bool { return about("sql:" + place) }
		return slices.ContainsFunc(step.Targets, about) && !slices.ContainsFunc(f.Places, failed)
	})
}

// placeError is one place of a store that could not be changed.
type placeError struct {
	place string
	err   error
}

func (e *placeError) Error() string { return e.place + ": " + e.err.Error() }
func (e *placeError) Unwrap() error { return e.err }
