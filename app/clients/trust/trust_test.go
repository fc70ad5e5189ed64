package trust

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/smallstep/truststore"
	"go.uber.org/goleak"

	"posthouse/proxy/ca"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func certificate(t *testing.T) *x509.Certificate {
	t.Helper()
	a, err := ca.Open(t.TempDir(), ca.Options{Name: "desk/../it's"})
	if err != nil {
		t.Fatal(err)
	}
	return a.Certificate()
}

// fake is a store in memory.
type fake struct {
	kind  Kind
	state State
	skip  error
	err   error
	did   []Action
}

func (f *fake) Plan(Action, *x509.Certificate) Step {
	return Step{Kind: f.kind, State: f.state, Skip: f.skip, ByHand: []string{"do it"}}
}

func (f *fake) Apply(_ context.Context, a Action, _ *x509.Certificate) error {
	f.did = append(f.did, a)
	return f.err
}

func TestApplyDoesWhatIsNeeded(t *testing.T) {
	cert := certificate(t)
	no := errors.New("no")
	for _, test := range []struct {
		name   string
		store  fake
		action Action
		asked  bool
		done   bool
		failed bool
	}{
		{"absent", fake{state: Absent}, Install, true, true, false},
		{"unknown", fake{state: Unknown}, Install, true, true, false},
		{"there", fake{state: Present}, Install, false, false, false},
		{"left out", fake{state: Absent, skip: ErrNoStore}, Install, false, false, false},
		{"fails", fake{state: Absent, err: no}, Install, true, false, true},
		{"remove what is there", fake{state: Present}, Remove, true, true, false},
		{"remove unknown", fake{state: Unknown}, Remove, true, true, false},
		{"remove what is not there", fake{state: Absent}, Remove, false, false, false},
		{"remove fails", fake{state: Present, err: no}, Remove, true, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			other := &fake{kind: Java, state: Unknown}
			steps := Plan([]Store{&test.store, other}, test.action, cert)
			if len(test.store.did) > 0 || steps[0].Needed(test.action) != test.asked {
				t.Errorf("the plan is %+v", steps)
			}
			outcomes := Apply(t.Context(), []Store{&test.store, other}, test.action, cert)
			if len(outcomes) != 2 || !outcomes[1].Done {
				t.Errorf("the other store: %+v", outcomes)
			}
			if (len(test.store.did) == 1) != test.asked || outcomes[0].Done != test.done || (outcomes[0].Err != nil) != test.failed {
				t.Errorf("%+v, %+v", test.store, outcomes[0])
			}
			if err := outcomes[0].Err; test.failed && (!errors.Is(err, no) || len(err.ByHand) != 1) {
				t.Errorf("%+v", err)
			}
		})
	}
}

// What the system's tool said is in the failure, up to a bound.
func TestFailureQuotesTheTool(t *testing.T) {
	said := strings.Repeat("x", 3*maxOutput) + "Permission denied\n"
	err := failure(Step{Kind: System}, truststore.NewCmdError(errors.New("exit status 1"), exec.Command("tee"), []byte(said)))
	if err := failure(Step{Targets: []string{"/x"}, ByHand: []string{"tool /x -delete"}},
		fmt.Errorf("%w: %w", ErrDismissed, err)); len(err.ByHand) != 1 {
		t.Errorf("by hand: %q", err.ByHand)
	}
	if !strings.HasSuffix(err.Error(), "Permission denied") || len(err.Output) > maxOutput {
		t.Errorf("%.100s, %d bytes", err, len(err.Output))
	}
}

// The plans of the real stores are made without changing them. Those of a
// person's home are left alone altogether.
func TestPlansOfThisSystem(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("JAVA_HOME", t.TempDir())
	cert := certificate(t)
	for _, action := range []Action{Install, Remove} {
		for _, step := range Plan(append(Stores(), DesktopStores()...), action, cert) {
			if step.State == Present {
				t.Errorf("a certificate made just now is in the %s store", step.Kind)
			}
			if step.Skip != nil {
				continue
			}
			if len(step.Targets) == 0 || len(step.Commands) == 0 || len(step.ByHand) == 0 {
				t.Errorf("%+v", step)
			}
			for _, line := range append(append(step.Targets, step.Commands...), step.ByHand...) {
				if strings.Contains(line, "..") || strings.Contains(line, "it's") {
					t.Errorf("the CA's name is in %q", line)
				}
				if strings.Contains(line, "ca.pem") && !strings.Contains(line, "posthouse-ca.pem") {
					t.Errorf("the private key's file is in %q", line)
				}
			}
		}
	}
}
