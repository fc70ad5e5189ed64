package clientcheck

import (
	"time"

	"posthouse/proxy/flow"
)

// State is whether a client trusts Posthouse's certificate.
type State uint8

// The states of a client.
const (
	Waiting   State = iota // it was not tried yet
	Trying                 // it is being tried
	Trusted                // it took the certificate
	Untrusted              // it refused the certificate
	Elsewhere              // told to use the proxy, it did not come there
	Untested               // it could not be tried; Reason says why
	Missing                // it is not on this computer
)

var stateNames = [...]string{"waiting", "trying", "trusted", "not-trusted", "not-through-the-proxy", "not-tested", "not-found"}

func (s State) String() string { return stateNames[s] }

// Done reports whether the client needs nothing more.
func (s State) Done() bool { return s > Trying }

// Bad reports whether something is to be mended.
func (s State) Bad() bool { return s == Untrusted || s == Elsewhere }

// Reason is why a client could not be tried, or how its state is known.
type Reason uint8

// The reasons.
const (
	ReasonNone      Reason = iota
	ReasonTimeout          // it did not end in time
	ReasonCancelled        // the check was called off
	ReasonStart            // it could not be started
	ReasonUnclear          // it came, and left without saying why
	ReasonSealed           // it runs in a sandbox that this check cannot reach into (snap, Flatpak)
	ReasonTool             // certutil is needed to look
	ReasonModule           // the interpreter lacks the module
	ReasonLooked           // not a reason against: its store was read, the client not run
	ReasonRevoke           // it trusts the authority, and insists on asking whether the certificate is revoked
)

var reasonNames = [...]string{"", "timeout", "cancelled", "start", "unclear", "sandbox", "no-certutil", "no-module", "looked-up",
	"revocation"}

func (r Reason) String() string { return reasonNames[r] }

// Route is whether a client, as it is set up now, comes to Posthouse.
type Route uint8

// The routes.
const (
	RouteUnknown Route = iota
	RouteThrough       // it comes to Posthouse
	RouteDirect        // it uses no proxy
	RouteOther         // its settings name another proxy, or a script that chooses one
)

var routeNames = [...]string{"unknown", "posthouse", "direct", "another-proxy"}

func (r Route) String() string { return routeNames[r] }

// Result is what is known of one client.
type Result struct {
	ID      string // names the row: "curl", "firefox:PROFILE"
	Kind    Kind
	Profile string // of Firefox; "" for others
	Path    string // of the program, or of the store
	Version string

	State  State
	Reason Reason
	Seen   flow.Reason // what the proxy saw of a refusal, such as "alert unknown_ca"
	Said   string      // what the client said of it, one line of at most maxSaid bytes

	Route Route
	Via   string // what decides the route: another proxy's address, or the setting

	Remedies []Remedy // what mends it, the best first
	Took     time.Duration
}

// Good reports whether nothing has to be mended for the certificate.
func (r *Result) Good() bool { return r.State == Trusted }

// Kind is a kind of client.
type Kind string

// The kinds, in the order in which they are shown.
const (
	System   Kind = "system" // the operating system's store
	Curl     Kind = "curl"
	Wget     Kind = "wget"
	Git      Kind = "git"
	Node     Kind = "node"
	Python   Kind = "python"   // its ssl module
	Requests Kind = "requests" // Python's requests
	Java     Kind = "java"
	Go       Kind = "go"
	Chrome   Kind = "chrome"
	Chromium Kind = "chromium"
	Edge     Kind = "edge"
	Firefox  Kind = "firefox"
)

// Names are the kinds as people write them; the system's store has a word in
// each language.
var Names = map[Kind]string{
	System: "System", Curl: "curl", Wget: "wget", Git: "git", Node: "Node.js", Python: "Python", Requests: "Python requests",
	Java: "Java", Go: "Go",
	Chrome: "Chrome", Chromium: "Chromium", Edge: "Edge", Firefox: "Firefox",
}

// For says what a remedy mends.
type For uint8

// What is mended.
const (
	ForTrust For = iota // the certificate
	ForRoute            // that the client comes to Posthouse
)

// Remedy is one way to mend a client.
type Remedy struct {
	For     For
	Means   Means
	Command string // to be copied; "" where nothing is
}

// Means is what a person does.
type Means string

// The means.
const (
	InstallSystem Means = "install-system" // "Install certificate", into the system's store
	InstallNSS    Means = "install-nss"    // the same, into browsers' stores
	InstallJava   Means = "install-java"   // the same, into Java's
	Run           Means = "run"            // a command that changes the client's settings
	SetVariable   Means = "set-variable"   // commands for the terminal, or its profile
	AddLine       Means = "add-line"       // a line for the client's settings file
	FirefoxRoots  Means = "firefox-roots"  // about:config
	FirefoxProxy  Means = "firefox-proxy"  // Firefox's own network settings
	SystemProxy   Means = "system-proxy"   // the switch "System proxy"
	InCode        Means = "in-code"        // the client uses a proxy only where its program says so
)
