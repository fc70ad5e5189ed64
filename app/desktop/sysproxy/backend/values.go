package backend

import (
	"maps"
	"net/url"
)

// A Value is what a key holds, in the text of its backend. A key that is not
// set still has a text where its backend knows a default.
type Value struct {
	Text string `json:"text"`
	Set  bool   `json:"set"`
}

// Values are the keys of a backend that bear on the proxy.
type Values map[string]Value

// A Change is a key and what it is to hold.
type Change struct {
	Key string `json:"key"`
	To  Value  `json:"to"`
}

// Differing are those of the changes that values do not hold yet.
func Differing(changes []Change, values Values) []Change {
	var rest []Change
	for _, c := range changes {
		if values[c.Key] != c.To {
			rest = append(rest, c)
		}
	}
	return rest
}

// With returns values after changes.
func (v Values) With(changes []Change) Values {
	after := maps.Clone(v)
	for _, c := range changes {
		after[c.Key] = c.To
	}
	return after
}

// Mode says how a system finds its proxy.
type Mode int

const (
	ModeNone   Mode = iota // no proxy
	ModeManual             // addresses are written down
	ModePAC                // a script decides
	ModeAuto               // the network is asked (WPAD)
	ModeOther              // something else, such as KDE's environment variables
)

func (m Mode) String() string {
	return [...]string{"none", "manual", "PAC", "automatic", "other"}[m]
}

// Summary is the state of one backend in the words that all share.
type Summary struct {
	Backend string
	Mode    Mode
	HTTP    string        // host:port; empty: none
	HTTPS   string        // host:port
	SOCKS   string        // host:port
	Login   *url.Userinfo // what HTTP asks for; nil: nothing is known
	PAC     string        // URL
	Bypass  []string      // hosts that are reached directly, in the desktop's own notation
}
