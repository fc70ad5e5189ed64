package setup

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/app"
	"posthouse/app/clients/trust"
)

// What will be done is said before anything is done, and done once.
func TestInstallSaysWhatItDoes(t *testing.T) {
	system := newStore(trust.Step{Kind: trust.System, Asks: trust.AskPkexec, State: trust.Absent,
		Commands: []string{"write FILE", "update"}}, nil)
	nss := newStore(trust.Step{Kind: trust.NSS, State: trust.Absent, Commands: []string{"certutil"}}, nil)
	java := newStore(trust.Step{Kind: trust.Java, State: trust.Present}, nil)
	d := newDesk(t, system, nss, java)
	a := d.authority()
	in := change(d.Deps, trust.Install, a.Certificate())
	d.until("the plan is there", func() bool { return len(in.cards) == 3 })
	if !d.says(a.Fingerprint(), "your desktop asks for the password", "write "+app.CACertificatePath(), "It is there already") {
		t.Errorf("the plan is\n%s", d.text())
	}
	if len(system.calls)+len(nss.calls) > 0 {
		t.Fatal("a store was changed before anybody agreed")
	}
	in.cards[1].tick.SetChecked(false)
	in.begin()
	in.begin()
	d.until("it is done", func() bool { return d.says("restart them") })
	if len(system.calls) != 1 || len(nss.calls) != 0 || len(java.calls) != 0 || d.changed == 0 {
		t.Errorf("system changed %d times, NSS %d, Java %d", len(system.calls), len(nss.calls), len(java.calls))
	}
	d.press("Close")
	if d.Window.Canvas().Overlays().Top() != nil {
		t.Error("it is open still")
	}
}

// With no store ticked, or none that needs it, nothing can be started.
func TestNothingToInstall(t *testing.T) {
	d := newDesk(t, newStore(trust.Step{Kind: trust.System, State: trust.Present}, nil),
		newStore(trust.Step{Kind: trust.Java, Skip: trust.ErrNoStore}, nil))
	in := change(d.Deps, trust.Install, d.authority().Certificate())
	d.until("it is said", func() bool { return d.says("There is nothing to do") })
	if !in.start.Disabled() {
		t.Error("it can be started")
	}
	in.close()

	d.Stores = []trust.Store{newStore(trust.Step{Kind: trust.NSS, State: trust.Absent}, nil)}
	in = change(d.Deps, trust.Install, d.authority().Certificate())
	d.until("the plan is there", func() bool { return len(in.cards) == 1 })
	if in.start.Disabled() {
		t.Error("it cannot be started")
	}
	in.cards[0].tick.SetChecked(false)
	if !in.start.Disabled() {
		t.Error("it can be started with no store chosen")
	}
}

// A failure says why in a person's words, and how to do it by hand.
func TestFailuresAreExplained(t *testing.T) {
	for want, err := range map[string]error{
		"You closed the question":      trust.ErrDismissed,
		"could not ask for the":        fmt.Errorf("x: %w", trust.ErrNoPrompt),
		"primary password":             trust.ErrPassword,
		"took too long":                context.DeadlineExceeded,
		"not be changed: it is broken": errTest,
	} {
		bad := newStore(trust.Step{Kind: trust.System, State: trust.Absent,
			ByHand: []string{"posthoused ca export -o posthouse-ca.pem", "sudo cp posthouse-ca.pem /x"}}, err)
		good := newStore(trust.Step{Kind: trust.NSS, State: trust.Absent}, nil)
		d := newDesk(t, bad, good)
		in := change(d.Deps, trust.Install, d.authority().Certificate())
		d.until("the plan is there", func() bool { return len(in.cards) == 2 })
		in.begin()
		d.until("it is over", func() bool { return d.says("Not all of it is done", want, "Installed.") })
		by := "sudo cp " + app.CACertificatePath() + " /x"
		if !d.says(by) || d.says("posthoused ca export") {
			t.Errorf("by hand it says\n%s", d.text())
		}
		d.press("")
		if d.copied != by {
			t.Errorf("copied %q", d.copied)
		}
		d.press("Look again")
		d.until("there is a plan again", func() bool { return d.says("untick what you do not want") })
	}
}

// What cannot be done says why before anything is tried.
func TestStoresThatAreLeftOut(t *testing.T) {
	d := newDesk(t,
		newStore(trust.Step{Kind: trust.System, State: trust.Absent, Skip: trust.ErrNoPrompt, ByHand: []string{"sudo x"}}, nil),
		newStore(trust.Step{Kind: trust.NSS, Skip: trust.ErrNoTool, ByHand: []string{"sudo apt install libnss3-tools"}}, nil),
		newStore(trust.Step{Kind: trust.Java, Skip: errTest}, nil))
	in := change(d.Deps, trust.Install, d.authority().Certificate())
	d.until("the plan is there", func() bool {
		return d.says("pkexec is not installed", "sudo x", "Install it with one of these", "libnss3-tools", "does not know how")
	})
	if !in.start.Disabled() {
		t.Error("it can be started")
	}
}

// Escape ends a question that is not answered. While that is under way no other
// change begins.
func TestClosingEndsWhatRuns(t *testing.T) {
	slow := newStore(trust.Step{Kind: trust.System, State: trust.Absent}, nil)
	slow.wait = make(chan struct{})
	later := newStore(trust.Step{Kind: trust.NSS, State: trust.Absent}, nil)
	d := newDesk(t, slow, later)
	cert := d.authority().Certificate()
	first := change(d.Deps, trust.Install, cert)
	d.until("the plan is there", func() bool { return len(first.cards) == 2 })
	first.begin()
	<-slow.calls
	second := change(d.Deps, trust.Install, cert)
	d.until("the second plan is there", func() bool { return len(second.cards) == 2 })
	second.begin()
	if !d.says("still under way") || second.started {
		t.Error("two changes run together")
	}
	second.close()
	first.cards[0].tick.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) // what has the focus hands it on
	d.until("it has ended", func() bool { return !changing.Load() })
	if len(later.calls) > 0 {
		t.Error("it went on with the next store")
	}
	third := change(d.Deps, trust.Install, cert)
	close(slow.wait)
	d.until("the third plan is there", func() bool { return len(third.cards) == 2 })
	third.begin()
	d.until("it is done", func() bool { return d.says("restart them") })
}

// Where there is no authority one is made first, as it is wanted.
func TestTheAuthorityIsMadeFirst(t *testing.T) {
	d := newDesk(t, newStore(trust.Step{Kind: trust.System, State: trust.Absent}, nil))
	Install(d.Deps)
	if !d.says("Make a certificate", "Leave it empty for all hosts") {
		t.Fatalf("it says\n%s", d.text())
	}
	typeInto(d, "127.0.0.1")
	d.press("Make")
	d.until("the mistake is said", func() bool { return d.says("That did not work") })
	typeInto(d, "a.example，*.b.example")
	d.press("Make")
	d.until("the plan follows", func() bool { return d.says("Install the certificate", "[Install]") })
	a, err := d.Controller.Decryption().Authority()
	if err != nil || strings.Join(a.Certificate().PermittedDNSDomains, " ") != "a.example b.example" {
		t.Errorf("%v: %+v", err, a)
	}
}

func typeInto(d *desk, text string) {
	for _, o := range d.objects() {
		if e, ok := o.(*entry); ok {
			e.SetText(text)
		}
	}
}

// After a replacement the old one is taken out of the stores, and then forgotten.
func TestReplaceAndRemoveTheOldOne(t *testing.T) {
	store := newStore(trust.Step{Kind: trust.System, State: trust.Present}, nil)
	d := newDesk(t, store)
	old := d.authority()
	f := replaceAuthority(d.Deps)
	if !d.says("old private key is deleted", "refuses decrypted connections") {
		t.Errorf("the consequences are\n%s", d.text())
	}
	f.life.SetSelectedIndex(2)
	d.press("Replace")
	d.until("it is replaced", func() bool { return d.says("The new certificate is in force") })
	now, err := d.Controller.Decryption().Authority()
	if err != nil || now.Fingerprint() == old.Fingerprint() {
		t.Fatalf("%v", err)
	}
	d.press("Remove the old one from stores…")
	d.until("the plan is there", func() bool { return d.says(old.Fingerprint(), "will be taken out") })
	d.press("Remove")
	d.until("it is removed", func() bool { return d.says("until they are restarted") })
	if kept := d.Controller.Decryption().ReplacedAuthorities(); len(kept) != 0 {
		t.Errorf("%d are offered still", len(kept))
	}
}

// Deleting names what it ends, and ends it.
func TestDeleteTheAuthority(t *testing.T) {
	d := newDesk(t)
	s := d.Controller.Settings()
	s.Decrypt.Hosts = []string{"a.example", "b.example"}
	if err := d.Controller.Apply(s); err != nil {
		t.Fatal(err)
	}
	DeleteAuthority(d.Deps)
	if !d.says("cannot be brought back", "the 2 entries") {
		t.Errorf("the consequences are\n%s", d.text())
	}
	d.press("Delete")
	d.until("it is deleted", func() bool { return d.Window.Canvas().Overlays().Top() == nil })
	if _, err := d.Controller.Decryption().Authority(); err == nil || d.Controller.Settings().Decrypt.Active() ||
		len(d.Controller.Settings().Decrypt.Hosts) != 2 {
		t.Errorf("%v, hosts %q", err, d.Controller.Settings().Decrypt.Hosts)
	}
}
