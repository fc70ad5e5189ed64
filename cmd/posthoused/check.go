package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"posthouse/app"
	"posthouse/app/clients/clientcheck"
	"posthouse/app/settings"
	"posthouse/proxy/reason"
)

const checkUsage = `Usage: posthoused check [-ca DIR] [-proxy ADDR] [-only CLIENTS] [-json]

Tries the clients of this computer (curl, wget, git, Node, Python, Java, Go,
browsers, and what the system trusts): does each trust Posthouse's certificate, and
does it come to Posthouse as it is set up here? Each is really run, against a host
that Posthouse itself serves: nothing leaves this computer, and nothing is changed.
What is to be mended comes with the command that mends it.

The clients are tried with a proxy that this command starts for itself, and with
the environment of this terminal. Exit code: 0 when all that were found and could be
tried trust the certificate, 1 when one does not, or none could be tried.

`

// checkCommand is what is said behind "posthoused check".
type checkCommand struct {
	dir   string
	proxy string
	only  []string
	json  bool
}

func runCheck(args []string, stdout, stderr io.Writer) int {
	c, err := parseCheck(args, stderr)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "posthoused check: %v\nRun posthoused check -h for what there is.\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	good, err := c.run(ctx, stdout)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "posthoused check:", err)
		return exitError
	}
	if !good {
		return exitError
	}
	return exitOK
}

func parseCheck(args []string, stderr io.Writer) (*checkCommand, error) {
	c := &checkCommand{}
	f := flag.NewFlagSet("posthoused check", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&c.dir, "ca", "", "`DIR` of the certificate authority (default: from the settings, else the user's)")
	f.StringVar(&c.proxy, "proxy", "", "`ADDR` (host:port) of the proxy that the commands shall name (default: from the settings)")
	f.Func("only", "`CLIENTS` to try, a list: system, curl, wget, git, node, python, requests, java, go, chrome, chromium, edge, "+
		"firefox (default: all)", c.addOnly)
	f.BoolVar(&c.json, "json", false, "one JSON object a line for each client")
	if err := parseFlags(f, args, checkUsage, stderr); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *checkCommand) addOnly(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		if _, known := clientcheck.Names[clientcheck.Kind(word)]; !known {
			return fmt.Errorf("%q is no client that is known here", word)
		}
		c.only = append(c.only, word)
	}
	return nil
}

// startTime bounds the start of the proxy that the clients are tried with, and its end.
const startTime = 10 * time.Second

// run starts a proxy, tries the clients and says what came of it; good when
// nothing has to be mended.
func (c *checkCommand) run(ctx context.Context, stdout io.Writer) (good bool, err error) {
	current, err := settings.Load(settings.DefaultPath())
	if err != nil {
		return false, err
	}
	if c.dir != "" {
		current.Decrypt.CA = c.dir
	}
	if c.proxy == "" {
		c.proxy = current.Addrs()[0]
	}
	current.Decrypt.Hosts, current.Decrypt.NeverRecord = nil, nil // the check's host is opened in any case
	current.Recording.Enabled = false
	engine := app.New(app.Options{Settings: &current, Addrs: []string{"127.0.0.1:0"}})
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), startTime)
		defer cancel()
		err = errors.Join(err, engine.Close(ctx))
	}()
	engine.Start()
	waiting, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	status, err := engine.Wait(waiting, func(s app.Status) bool { return s.State == app.Running || s.State == app.Failed })
	if err != nil || status.State == app.Failed {
		return false, errors.Join(err, status.Err)
	}
	check, err := engine.Checkup(c.proxy)
	if err != nil {
		return false, err
	}
	clients := check.Clients()
	p := checkPrinter{done: map[string]clientcheck.Result{}, write: writeCheck, to: stdout, good: true}
	if c.json {
		p.write = writeCheckJSON
	}
	ids := chosen(clients, c.only)
	for _, r := range clients {
		if ids == nil || slices.Contains(ids, r.ID) {
			p.order = append(p.order, r.ID)
		}
	}
	err = check.Run(ctx, ids, p.take)
	return p.good && p.tried > 0, err
}

// checkPrinter writes results in the order of the rows, each as soon as those
// before it are there.
type checkPrinter struct {
	order []string
	done  map[string]clientcheck.Result
	write func(io.Writer, *clientcheck.Result)
	to    io.Writer
	good  bool // nothing has to be mended
	tried int
}

func (p *checkPrinter) take(r clientcheck.Result) {
	if !r.State.Done() {
		return
	}
	if r.State == clientcheck.Trusted || r.State.Bad() {
		p.tried++
	}
	p.good = p.good && !r.State.Bad()
	p.done[r.ID] = r
	for len(p.order) > 0 {
		next, is := p.done[p.order[0]]
		if !is {
			return
		}
		p.write(p.to, &next)
		p.order = p.order[1:]
	}
}

// chosen are the IDs of clients of the chosen kinds; nil for all.
func chosen(all []clientcheck.Result, only []string) []string {
	if len(only) == 0 {
		return nil
	}
	ids := []string{}
	for _, r := range all {
		for _, kind := range only {
			if string(r.Kind) == kind {
				ids = append(ids, r.ID)
			}
		}
	}
	if len(ids) == 0 {
		return only // which are not there: nothing is tried
	}
	return ids
}

// checkLine is the JSON of one client.
type checkLine struct {
	Client   string        `json:"client"`
	Profile  string        `json:"profile,omitempty"`
	Path     string        `json:"path,omitempty"`
	Version  string        `json:"version,omitempty"`
	State    string        `json:"certificate"`
	Reason   string        `json:"reason,omitempty"`
	Seen     string        `json:"seen,omitempty"`
	Said     string        `json:"said,omitempty"`
	Route    string        `json:"route"`
	Via      string        `json:"via,omitempty"`
	Millis   int64         `json:"ms"`
	Remedies []checkRemedy `json:"remedies,omitempty"`
}

type checkRemedy struct {
	For     string `json:"for"` // certificate or route
	Means   string `json:"means"`
	Command string `json:"command,omitempty"`
}

func writeCheckJSON(w io.Writer, r *clientcheck.Result) {
	line := checkLine{Client: string(r.Kind), Profile: r.Profile, Path: r.Path, Version: r.Version, State: r.State.String(),
		Reason: r.Reason.String(), Seen: reason.English(r.Seen), Said: r.Said, Route: r.Route.String(),
		Via: r.Via, Millis: r.Took.Milliseconds()}
	for _, one := range r.Remedies {
		what := "certificate"
		if one.For == clientcheck.ForRoute {
			what = "route"
		}
		line.Remedies = append(line.Remedies, checkRemedy{what, string(one.Means), one.Command})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(line) // a reader that left has what it wanted
}
