package main

import (
	"fmt"
	"io"
	"strings"

	"posthouse/app/checkup"
)

// checkStates are what is found of a certificate, in words.
var checkStates = map[checkup.State]string{
	checkup.Trusted:   "trusted",
	checkup.Untrusted: "NOT TRUSTED",
	checkup.Elsewhere: "DID NOT COME to the proxy that it was told to use",
	checkup.Untested:  "not tested",
	checkup.Missing:   "not found",
}

var checkReasons = map[checkup.Reason]string{
	checkup.ReasonTimeout:   "it did not end in time",
	checkup.ReasonCancelled: "the check was called off",
	checkup.ReasonStart:     "it could not be started",
	checkup.ReasonUnclear:   "it came, and left without saying why",
	checkup.ReasonSealed:    "it runs in a sandbox that this check cannot see into",
	checkup.ReasonTool:      "certutil is needed to look into its store (Debian: libnss3-tools, Fedora: nss-tools)",
	checkup.ReasonModule:    "this Python does not have it",
	checkup.ReasonLooked:    "its store was read; it was not run",
	checkup.ReasonRevoke:    "it trusts the authority, but insists on asking whether the certificate was revoked",
}

var checkRoutes = map[checkup.Route]string{
	checkup.RouteThrough: "comes to Posthouse as it is set up",
	checkup.RouteDirect:  "uses no proxy as it is set up",
	checkup.RouteOther:   "uses another proxy as it is set up",
}

var checkMeans = map[checkup.Means]string{
	checkup.InstallSystem: "install the certificate:",
	checkup.InstallNSS:    "install the certificate for browsers, then start it again:",
	checkup.InstallJava:   "install the certificate for Java:",
	checkup.Run:           "run:",
	checkup.SetVariable:   "set in the terminal, or its profile:",
	checkup.AddLine:       "add to its settings file:",
	checkup.FirefoxRoots:  "in Firefox, open about:config and set this to true:",
	checkup.FirefoxProxy:  "in Firefox: Settings, Network Settings, Use system proxy settings",
	checkup.SystemProxy:   "switch on System proxy in the Posthouse window",
	checkup.InCode:        "this version uses a proxy only where a program gives it an agent; Node 22.21, 24 and later take NODE_USE_ENV_PROXY=1",
}

// writeCheck says what is known of one client, on a line, and below it what mends it.
func writeCheck(w io.Writer, r *checkup.Result) {
	name := checkup.Names[r.Kind]
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
	if r.Path != "" && r.State != checkup.Missing {
		_, _ = fmt.Fprintf(w, "    %s\n", r.Path)
	}
	if r.Seen != "" {
		_, _ = fmt.Fprintf(w, "    the proxy saw: %s\n", r.Seen)
	}
	if r.Said != "" {
		_, _ = fmt.Fprintf(w, "    it said: %s\n", r.Said)
	}
	for _, one := range r.Remedies {
		what := "to trust it"
		if one.For == checkup.ForRoute {
			what = "to come here"
		}
		_, _ = fmt.Fprintf(w, "    %s, %s\n", what, checkMeans[one.Means])
		for line := range strings.Lines(one.Command) {
			_, _ = fmt.Fprintf(w, "        %s\n", strings.TrimSpace(line))
		}
	}
}
