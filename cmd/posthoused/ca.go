package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"posthouse/app/clients/trust"
	"posthouse/app/desktop/atomicfile"
	"posthouse/app/settings"
	"posthouse/proxy/ca"
)

const caUsage = `Usage: posthoused ca export  [-ca DIR] [-format pem|der|mobileconfig] [-o FILE]
       posthoused ca install [-ca DIR] [-store system,nss,java] [-dry-run]
       posthoused ca remove  [-ca DIR] [-store system,nss,java] [-dry-run] [-delete]

export writes the certificate of the certificate authority that decrypts, never
its private key. install puts it where this computer's programs look for
authorities, and remove takes it away again; both say first what they do. export
and install make the authority if there is none.

`

// caCommand is what is said behind "posthoused ca".
type caCommand struct {
	verb   string
	dir    string
	format string
	out    string
	stores []trust.Kind
	dry    bool
	delete bool
}

// runCA is "posthoused ca"; stores are where it installs and removes.
func runCA(args []string, stores []trust.Store, stdout, stderr io.Writer) int {
	c, err := parseCA(args, stderr)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "posthoused ca: %v\nRun posthoused ca -h for what there is.\n", err)
		return exitUsage
	}
	switch c.verb {
	case "export":
		err = c.export(stdout, stderr)
	case "install":
		err = c.install(stores, stderr)
	case "remove":
		err = c.remove(stores, stderr)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "posthoused ca:", err)
		return exitError
	}
	return exitOK
}

func parseCA(args []string, stderr io.Writer) (*caCommand, error) {
	c := &caCommand{}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		c.verb, args = args[0], args[1:]
	}
	f := flag.NewFlagSet("posthoused ca", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&c.dir, "ca", settings.CADir(), "`DIR` of the certificate authority")
	switch c.verb {
	case "export":
		f.StringVar(&c.format, "format", "pem", "`pem|der|mobileconfig`")
		f.StringVar(&c.out, "o", "-", "`FILE` to write; - is standard output")
	case "remove":
		f.BoolVar(&c.delete, "delete", false, "then delete the authority itself, with its private key")
		fallthrough
	case "install":
		f.Func("store", "`KINDS` of stores, a list: system, nss (Firefox, and Chrome on Linux), java (default: all that there are)",
			c.addStores)
		f.BoolVar(&c.dry, "dry-run", false, "only say what would be done")
	}
	if err := parseFlags(f, args, caUsage, stderr); err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains([]string{"export", "install", "remove"}, c.verb):
		return nil, errors.New("say export, install or remove")
	case c.verb == "export" && c.certificate(nil) == nil:
		return nil, fmt.Errorf("-format %q: write pem, der or mobileconfig", c.format)
	case c.dir == "":
		return nil, errors.New("-ca needs a folder")
	}
	return c, nil
}

// parseFlags reads a command's flags, behind which nothing may follow. Asked for
// help it writes the usage with the flags and returns errHelp.
func parseFlags(f *flag.FlagSet, args []string, usage string, stderr io.Writer) error {
	err := f.Parse(joinSwitches(f, args))
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stderr, usage)
		f.SetOutput(stderr)
		f.PrintDefaults()
		return errHelp
	case err != nil:
		return err
	case f.NArg() > 0:
		return fmt.Errorf("%q is not expected", f.Arg(0))
	}
	return nil
}

func (c *caCommand) addStores(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		kind := trust.Kind(strings.TrimSpace(word))
		if kind != trust.System && kind != trust.NSS && kind != trust.Java {
			return errors.New("write system, nss or java, with commas between")
		}
		c.stores = append(c.stores, kind)
	}
	return nil
}

// certificate is how the format is made; nil for one that is unknown.
func (c *caCommand) certificate(a *ca.Authority) func() []byte {
	switch c.format {
	case "pem":
		return func() []byte { return a.PEM() }
	case "der":
		return func() []byte { return a.DER() }
	case "mobileconfig":
		return func() []byte { return a.MobileConfig() }
	}
	return nil
}

// open opens the authority and says when it is a new one.
func (c *caCommand) open(stderr io.Writer) (*ca.Authority, error) {
	_, err := os.Stat(ca.File(c.dir))
	a, openErr := ca.Open(c.dir, ca.Options{})
	if openErr != nil {
		return nil, openErr
	}
	if errors.Is(err, fs.ErrNotExist) {
		_, _ = fmt.Fprintf(stderr, "made a new certificate authority in %s\n", c.dir)
	}
	return a, nil
}

func (c *caCommand) export(stdout, stderr io.Writer) error {
	a, err := c.open(stderr)
	if err != nil {
		return err
	}
	text := c.certificate(a)()
	if c.out == "-" {
		_, err = stdout.Write(text)
		return err
	}
	if own, err := os.Stat(ca.File(c.dir)); err == nil {
		if there, err := os.Stat(c.out); err == nil && os.SameFile(own, there) {
			return errors.New("-o names the file of the authority itself, and its private key would be lost. Choose another file")
		}
	}
	// It is public, and other users' programs may have to read it.
	return atomicfile.Options{Mode: 0o644, Direct: true}.Write(c.out, text)
}

func (c *caCommand) install(stores []trust.Store, stderr io.Writer) error {
	if _, err := os.Stat(ca.File(c.dir)); c.dry && errors.Is(err, fs.ErrNotExist) {
		_, _ = fmt.Fprintf(stderr, "There is no certificate authority in %s yet: one would be made, and put into the stores.\n", c.dir)
		return nil
	}
	a, err := c.open(stderr)
	if err != nil {
		return err
	}
	if !time.Now().Before(a.Certificate().NotAfter) {
		return fmt.Errorf("%w. Run posthoused ca remove -delete, and then this again", ca.ErrExpired)
	}
	describe(stderr, a)
	return c.change(trust.Install, stores, a.Certificate(), stderr)
}

func (c *caCommand) remove(stores []trust.Store, stderr io.Writer) error {
	a, err := ca.Load(c.dir)
	switch {
	case errors.Is(err, ca.ErrDamaged) && c.delete && !c.dry:
		_, _ = fmt.Fprintf(stderr, "%v\nIt is deleted. What it was installed in is no longer known: look for names that begin with "+
			"\"Posthouse CA\".\n", err)
		return ca.Remove(c.dir)
	case err != nil:
		return err
	}
	describe(stderr, a)
	if err := c.change(trust.Remove, stores, a.Certificate(), stderr); err != nil || !c.delete {
		return err
	}
	_, _ = fmt.Fprintf(stderr, "the authority itself: delete %s\n", ca.File(c.dir))
	if c.dry {
		return nil
	}
	return ca.Remove(c.dir)
}

func describe(w io.Writer, a *ca.Authority) {
	_, _ = fmt.Fprintf(w, "%s, until %s\nSHA-256 %s\n\n", a.Certificate().Subject.CommonName,
		a.Certificate().NotAfter.Format(time.DateOnly), a.Fingerprint())
}

// storeNames are the kinds of stores in words.
var storeNames = map[trust.Kind]string{trust.System: "the system's store", trust.NSS: "browsers (NSS)", trust.Java: "Java"}

// change says what will be done to each store, does it, and says what came of it.
func (c *caCommand) change(action trust.Action, stores []trust.Store, cert *x509.Certificate, w io.Writer) error {
	if os.Getenv("SUDO_USER") != "" {
		_, _ = fmt.Fprint(w, "This runs with sudo, so root's authority and root's browsers are meant. Run it as yourself: it asks for "+
			"sudo where that is needed.\n\n")
	}
	var chosen []trust.Store
	for i, step := range trust.Plan(stores, action, cert) {
		if len(c.stores) > 0 && !slices.Contains(c.stores, step.Kind) {
			continue
		}
		chosen = append(chosen, stores[i])
		tell(w, action, step)
	}
	if c.dry {
		return nil
	}
	failed := 0
	for _, outcome := range trust.Apply(context.Background(), chosen, action, cert) {
		name := storeNames[outcome.Step.Kind]
		switch {
		case outcome.Err != nil:
			failed++
			_, _ = fmt.Fprintf(w, "%s: failed: %v\n", name, outcome.Err)
			list(w, "By hand:", outcome.Err.ByHand)
		case outcome.Done:
			_, _ = fmt.Fprintf(w, "%s: done\n", name)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d stores could not be changed", failed, len(chosen))
	}
	return nil
}

// tell says what a step will do.
func tell(w io.Writer, action trust.Action, step trust.Step) {
	name := storeNames[step.Kind]
	switch {
	case errors.Is(step.Skip, trust.ErrNoTool):
		_, _ = fmt.Fprintf(w, "%s: left out: %v\n", name, step.Skip)
		list(w, "To have it, one of:", step.ByHand)
	case step.Skip != nil:
		_, _ = fmt.Fprintf(w, "%s: left out: %v\n", name, step.Skip)
	case !step.Needed(action) && action == trust.Install:
		_, _ = fmt.Fprintf(w, "%s: it is there already\n", name)
	case !step.Needed(action):
		_, _ = fmt.Fprintf(w, "%s: it is not there\n", name)
	default:
		admin := ""
		if step.Admin {
			admin = ", as an administrator"
		}
		list(w, name+admin+":", step.Commands)
	}
}

func list(w io.Writer, title string, lines []string) {
	if len(lines) > 0 {
		_, _ = fmt.Fprintf(w, "%s\n    %s\n", title, strings.Join(lines, "\n    "))
	}
}
