package setup

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"posthouse/app/clients/trust"
	"posthouse/ui/i18n"
)

// storeCard is one store in the dialog: what will be done, and what came of it.
type storeCard struct {
	in      *installer
	store   trust.Store
	step    trust.Step
	tick    *check         // nil where nothing can be chosen
	outcome *trust.Outcome // nil until there is one
	more    *fyne.Container
	object  fyne.CanvasObject
}

func newStoreCard(in *installer, store trust.Store, step trust.Step) *storeCard {
	c := &storeCard{in: in, store: store, step: step, more: tight()}
	name := i18n.T("install.store." + string(step.Kind))
	var head fyne.CanvasObject
	switch {
	case step.Needed(in.action):
		c.tick = newCheck(name, func(bool) { in.ticked() }, in.close)
		c.tick.Checked = true
		head = c.tick
	case step.Skip == nil:
		head = said(theme.ConfirmIcon(), strong(name))
	default:
		head = said(theme.InfoIcon(), strong(name))
	}
	c.object = card(tight(head, indented(c.more)))
	c.plan()
	return c
}

// chosen reports whether the store is to be changed.
func (c *storeCard) chosen() bool { return c.tick != nil && c.tick.Checked }

// plan says what will be done.
func (c *storeCard) plan() {
	if c.step.Skip != nil {
		c.say(note(i18n.T(skipWord(c.step.Skip))))
		if len(c.step.ByHand) > 0 {
			word := "install.byhand"
			if errors.Is(c.step.Skip, trust.ErrNoTool) {
				word = "install.oneof"
			}
			c.add(note(i18n.T(word)), commandBox(c.byHand(c.step.ByHand), c.in.deps.Copy))
		}
		return
	}
	state := map[trust.State]string{trust.Unknown: "unknown", trust.Absent: "absent", trust.Present: "present"}[c.step.State]
	c.say(note(i18n.T("install.state." + c.in.verb() + "." + state)))
	if c.tick == nil {
		return
	}
	if c.step.Asks != trust.AskNobody {
		c.add(note(i18n.T("install.asks." + string(c.step.Asks))))
	}
	lines := slices.Clone(c.step.Commands)
	for i := range lines {
		if c.in.file != "" {
			lines[i] = strings.ReplaceAll(lines[i], "FILE", trust.Quote(c.in.file))
		}
	}
	c.add(commandText(lines))
}

// byHand are commands to copy, with the file that holds the certificate.
func (c *storeCard) byHand(lines []string) []string {
	if c.in.file == "" {
		return lines
	}
	return trust.WithFile(lines, c.in.file)
}

// wait shows that nothing can be chosen now.
func (c *storeCard) wait() {
	if c.tick != nil {
		c.tick.Disable()
	}
	if c.chosen() {
		c.say(note(i18n.T("install.waits")))
	}
}

func (c *storeCard) work() {
	c.say(said(theme.ViewRefreshIcon(), note(i18n.T("install.works"))))
	if c.step.Asks != trust.AskNobody {
		c.add(note(i18n.T("install.asks." + string(c.step.Asks))))
	}
}

// leave says that the store was never come to.
func (c *storeCard) leave() {
	if c.chosen() && c.outcome == nil {
		c.say(note(i18n.T("install.bad.stopped")))
	}
}

// tell says what came of it.
func (c *storeCard) tell(o *trust.Outcome) {
	c.outcome = o
	if o.Err == nil {
		word := i18n.T("install.good." + c.in.verb())
		if !o.Done && c.in.action == trust.Install {
			word = i18n.T("install.state.install.present")
		} else if !o.Done {
			word = i18n.T("install.state.remove.absent")
		}
		c.say(said(theme.NewSuccessThemedResource(theme.ConfirmIcon()), note(word)))
		return
	}
	text := note(failureText(o.Err, c.in.deps.Reason))
	text.Selectable = true
	c.say(said(theme.NewErrorThemedResource(theme.ErrorIcon()), text))
	if len(o.Err.ByHand) > 0 {
		c.add(note(i18n.T("install.byhand")), commandBox(c.byHand(o.Err.ByHand), c.in.deps.Copy))
	}
}

func (c *storeCard) say(objects ...fyne.CanvasObject) {
	c.more.Objects = objects
	c.in.arrange()
}

func (c *storeCard) add(objects ...fyne.CanvasObject) {
	c.more.Objects = append(c.more.Objects, objects...)
	c.in.arrange()
}

// firstWord finds the word of the first error that fits.
func firstWord(err error, all []struct {
	err error
	key string
}) string {
	for _, one := range all {
		if errors.Is(err, one.err) {
			return one.key
		}
	}
	return ""
}

func skipWord(err error) string {
	return firstWord(err, []struct {
		err error
		key string
	}{
		{trust.ErrNoStore, "install.skip.nostore"},
		{trust.ErrNoTool, "install.skip.notool"},
		{trust.ErrNoPrompt, "install.skip.noprompt"},
		{trust.ErrUnsafeProgram, "install.skip.unsafe"},
		{err, "install.skip.unsupported"},
	})
}

// failureText says why a store could not be changed, and in what words its
// program said so.
func failureText(f *trust.Failure, reason func(error) string) string {
	key := firstWord(f.Err, []struct {
		err error
		key string
	}{
		{context.Canceled, "install.bad.stopped"},
		{context.DeadlineExceeded, "install.bad.late"},
		{trust.ErrDismissed, "install.bad.dismissed"},
		{trust.ErrNoPrompt, "install.bad.noprompt"},
		{trust.ErrUnsafeProgram, "install.skip.unsafe"},
		{trust.ErrPassword, "install.bad.password"},
	})
	if key != "" {
		return strings.Join(append([]string{i18n.T(key)}, f.Places...), "\n")
	}
	if f.Output != "" {
		return i18n.T("install.bad.said", reason(f.Err), f.Output)
	}
	return i18n.T("install.bad", reason(f.Err))
}

// fingerprint is the SHA-256 of a certificate as trust stores show it.
func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}
