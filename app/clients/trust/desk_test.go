//go:build linux

package trust

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smallstep/truststore"

	"posthouse/proxy/proxytest/eventually"
)

// anyProgram takes programs of the test's own for the system's.
func anyProgram(name string) (string, error) { return name, nil }

func script(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// systemInFolder makes a folder the system's, with a command that tells of its use.
func systemInFolder(t *testing.T) (dir string) {
	dir = t.TempDir()
	name, command := truststore.SystemTrustFilename, truststore.SystemTrustCommand
	t.Cleanup(func() { truststore.SystemTrustFilename, truststore.SystemTrustCommand = name, command })
	truststore.SystemTrustFilename = dir + "/it is %s.crt"
	truststore.SystemTrustCommand = []string{script(t, dir+"/update", `echo "$# $1" >>"`+dir+`/updates"`), "all of it"}
	return dir
}

// The system's store is changed through pkexec, with one question for each action.
func TestSystemThroughPkexec(t *testing.T) {
	dir := systemInFolder(t)
	asked := filepath.Join(dir, "asked")
	store := systemStore{&desk{program: anyProgram, pkexec: script(t, dir+"/pkexec",
		`[ "$1" = --disable-internal-agent ] || exit 9; shift; echo asked >>"`+asked+`"; exec "$@"`)}}
	throughItsLife(t, store, System)
	if text, _ := os.ReadFile(asked); strings.Count(string(text), "asked") != 2 {
		t.Errorf("asked %q", text)
	}
	if text, _ := os.ReadFile(dir + "/updates"); string(text) != "1 all of it\n1 all of it\n" {
		t.Errorf("updates %q", text)
	}
	cert := certificate(t)
	step := store.Plan(Install, cert)
	if step.Asks != AskPkexec || !step.Admin || step.Skip != nil {
		t.Errorf("%+v", step)
	}
	if err := store.Apply(t.Context(), Install, cert); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(step.Targets[0])
	if block, _ := pem.Decode(text); err != nil || block == nil || !bytes.Equal(block.Bytes, cert.Raw) {
		t.Errorf("%q, %v", text, err)
	}
}

// What pkexec answers is told apart; what a tool said is in the failure.
func TestPkexecThatDoesNotDoIt(t *testing.T) {
	dir := systemInFolder(t)
	for code, want := range map[string]error{"126": ErrDismissed, "127": ErrNoPrompt, "1": nil} {
		store := systemStore{&desk{program: anyProgram, pkexec: script(t, filepath.Join(t.TempDir(), "pkexec"),
			"echo 'no luck today' >&2; exit "+code)}}
		outcome := Apply(t.Context(), []Store{store}, Install, certificate(t))[0]
		if outcome.Err == nil || want != nil && !errors.Is(outcome.Err, want) || outcome.Err.Output != "no luck today" ||
			len(outcome.Err.ByHand) == 0 {
			t.Errorf("%s: %+v", code, outcome)
		}
	}
	if _, err := os.Stat(dir + "/updates"); err == nil {
		t.Error("the update command was run")
	}
}

// Where nothing can ask a person the step is left out, with what can be done by hand; sudo
// is not called. There is nothing to ask for where nothing has to be done.
func TestNobodyToAsk(t *testing.T) {
	systemInFolder(t)
	store, cert := systemStore{&desk{program: anyProgram}}, certificate(t)
	if step := store.Plan(Install, cert); step.Skip != ErrNoPrompt || len(step.ByHand) != 3 || step.State != Absent {
		t.Errorf("%+v", step)
	}
	if step := store.Plan(Remove, cert); step.Skip != nil || step.Needed(Remove) {
		t.Errorf("%+v", step)
	}
	if err := store.Apply(t.Context(), Install, cert); !errors.Is(err, ErrNoPrompt) {
		t.Error(err)
	}
	by := WithFile(store.Plan(Install, cert).ByHand, "/home/a b/ca.pem")
	if len(by) != 2 || !strings.HasPrefix(by[0], "sudo cp '/home/a b/ca.pem' ") {
		t.Errorf("%q", by)
	}
}

// Quitting does not wait for an open question.
func TestTheContextEndsTheQuestion(t *testing.T) {
	systemInFolder(t)
	ready := filepath.Join(t.TempDir(), "ready")
	store := systemStore{&desk{program: anyProgram, pkexec: script(t, filepath.Join(t.TempDir(), "pkexec"),
		`: >"`+ready+`"; exec sleep 100`)}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- store.Apply(ctx, Install, certificate(t)) }()
	eventually.Holds(t, "the question is open", func() bool { _, err := os.Stat(ready); return err == nil })
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it still waits")
	}
}

// A program has no terminal to ask on, and what it says is bounded.
func TestDetached(t *testing.T) {
	if err := runDetached(t.Context(), nil, "/bin/sh", "-c",
		`read -r pid name state parent group session rest </proc/self/stat; [ "$pid" = "$session" ]`); err != nil {
		t.Errorf("it has its parent's session: %v", err)
	}
	err := runDetached(t.Context(), nil, "/bin/sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; echo; echo the end; exit 3")
	var tool *toolError
	var exit *exec.ExitError
	if !errors.As(err, &tool) || !errors.As(err, &exit) || exit.ExitCode() != 3 || len(tool.Out()) != maxOutput ||
		!bytes.HasSuffix(tool.Out(), []byte("the end\n")) {
		t.Errorf("%v", err)
	}
}

// A Java that is root's is changed through pkexec, or by hand with sudo.
func TestJavaOfAnotherUser(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("everything can be written by root")
	}
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, "lib/security"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "lib/security/cacerts"), nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(home, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	script(t, filepath.Join(home, "bin/keytool"), "exit 0")
	t.Setenv("JAVA_HOME", home)
	// Where pkexec can ask, this user's own keytool would be run as root.
	if step := (javaStore{&desk{program: systemProgram, pkexec: "/usr/bin/pkexec"}}).Plan(Install,
		certificate(t)); !errors.Is(step.Skip, ErrUnsafeProgram) {
		t.Errorf("%+v", step)
	}
	step := (javaStore{&desk{program: anyProgram}}).Plan(Install, certificate(t))
	if step.Skip != ErrNoPrompt || !step.Admin || !strings.HasPrefix(step.ByHand[1], "sudo ") {
		t.Errorf("%+v", step)
	}
}

// What others than root can change, or put in the place of, is not run as root.
func TestOnlyProgramsOfTheSystemRunAsAdministrator(t *testing.T) {
	shell, err := systemProgram("sh")
	if err != nil || !filepath.IsAbs(shell) {
		t.Errorf("%q, %v", shell, err)
	}
	if _, err := systemProgram("/bin/sh"); err != nil {
		t.Error(err)
	}
	t.Setenv("PATH", t.TempDir())
	script(t, filepath.Join(os.Getenv("PATH"), "no-such-program"), "exit")
	if path, err := systemProgram("no-such-program"); err == nil {
		t.Errorf("%s was found along PATH", path)
	}
	dir := t.TempDir()
	own := script(t, filepath.Join(dir, "keytool"), "exit")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(shell, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{own, link} {
		if got, err := systemProgram(path); !errors.Is(err, ErrUnsafeProgram) {
			t.Errorf("%s is run as %s, %v", path, got, err)
		}
	}
	asked := filepath.Join(dir, "asked")
	d := &desk{program: systemProgram, pkexec: script(t, filepath.Join(dir, "pkexec"), ": >"+asked)}
	if err := d.runAsAdmin(t.Context(), nil, own); !errors.Is(err, ErrUnsafeProgram) {
		t.Errorf("run: %v", err)
	}
	if _, err := os.Stat(asked); err == nil {
		t.Error("pkexec was called")
	}
}
