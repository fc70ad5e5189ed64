package main

import (
	"fmt"
	"io"
	"strings"

	"posthouse/app/clients/clientcheck"
	"posthouse/proxy/reason"
)

// checkStates are what is found of a certificate, in words.
var checkStates = map[clientcheck.State]string{
	clientcheck.Trusted:   "trusted",
	clientcheck.Untrusted: "NOT TRUSTED",
	clientcheck.Elsewhere: "DID NOT COME to the proxy that it was told to use",
	clientcheck.Untested:  "not tested",
	clientcheck.Missing:   "not found",
}

var checkReasons = map[clientcheck.Reason]string{
	clientcheck.ReasonTimeout:   "it did not end in time",
	clientcheck.ReasonCancelled: "the check was called off",
	clientcheck.ReasonStart:     "it could not be started",
	clientcheck.ReasonUnclear:   "it came, and left without saying why",
	clientcheck.ReasonSealed:    "it runs in a sandbox that this check cannot see into",
	clientcheck.ReasonTool:      "certutil is needed to look into its store (Debian: libnss3-tools, Fedora: nss-tools)",
	clientcheck.ReasonModule:    "this Python does not have it",
	clientcheck.ReasonLooked:    "its store was read; it was not run",
	clientcheck.ReasonRevoke:    "it trusts the authority, but insists on asking whether the certificate was revoked",
}

var checkRoutes = map[clientcheck.Route]string{
	clientcheck.RouteThrough: "comes to Posthouse as it is set up",
	clientcheck.RouteDirect:  "uses no proxy as it is set up",
	clientcheck.RouteOther:   "uses another proxy as it is set up",
}

var checkMeans = map[clientcheck.Means]string{
	clientcheck.InstallSystem: "install the certificate:",
	clientcheck.InstallNSS:    "install the certificate for browsers, then start it again:",
	clientcheck.InstallJava:   "install the certificate for Java:",
	clientcheck.Run:           "run:",
	clientcheck.SetVariable:   "set in the terminal, or its profile:",
	clientcheck.AddLine:       "add to its settings file:",
	clientcheck.FirefoxRoots:  "in Firefox, open about:config and set this to true:",
	clientcheck.FirefoxProxy:  "in Firefox: Settings, Network Settings, Use system proxy settings",
	clientcheck.SystemProxy:   "switch on System proxy in the Posthouse window",
	clientcheck.InCode: "this version uses a proxy only where a program gives it an agent; Node 22.21, 24 and later take " +
		"NODE_USE_ENV_PROXY=1",
}

// writeCheck says what is known of one client, on a line, and below it what mends it.
func writeCheck(w io.Writer, r *clientcheck.Result) {
	name := clientcheck.Names[r.Kind]
	if r.Profile != "" {
		name += " " + r.Profile
	}
	if r.Version != "" {
		name += " " + r.Version
	}
	state := checkStates[r.State]
	if why := checkReasons[r.Reason]; why != "" {
		state += ": " + why
	}
	if route := checkRoutes[r.Route]; route != "" {
		if r.Via != "" {
			route += " (" + r.Via + ")"
		}
		state += "; " + route
	}
	_, _ = fmt.Fprintf(w, "%-28s %s\n", name, state)
	if r.Path != "" && r.State != clientcheck.Missing {
		_, _ = fmt.Fprintf(w, "    %s\n", r.Path)
	}
	if !r.Seen.IsZero() {
		_, _ = fmt.Fprintf(w, "    the proxy saw: %s\n", reason.English(r.Seen))
	}
	if r.Said != "" {
		_, _ = fmt.Fprintf(w, "    it said: %s\n", r.Said)
	}
	for _, one := range r.Remedies {
		what := "to trust it"
		if one.For == clientcheck.ForRoute {
			what = "to come here"
		}
		_, _ = fmt.Fprintf(w, "    %s, %s\n", what, checkMeans[one.Means])
		for line := range strings.Lines(one.Command) {
			_, _ = fmt.Fprintf(w, "        %s\n", strings.TrimSpace(line))
		}
	}
}
