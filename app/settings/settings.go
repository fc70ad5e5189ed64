package settings

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/capture"
	"posthouse/proxy/upstream"
)

// DefaultPort is where the proxy listens unless told otherwise.
const DefaultPort = 9876

// Version is the version of the settings file that this program writes.
const Version = 1

// Settings is all that a person can set. It is a plain value: the controller
// swaps the whole of it. docs/settings.md describes each field.
type Settings struct {
	Version   int       `toml:"version"`
	General   General   `toml:"general"`
	Proxy     Proxy     `toml:"proxy"`
	Recording Recording `toml:"recording"`
	History   History   `toml:"history"`
	Decrypt   Decrypt   `toml:"decrypt"`
	LAN       LAN       `toml:"lan"`
	Filters   Filters   `toml:"filters"`
	Share     Share     `toml:"share"`
	Rules     Rules     `toml:"rules"`

	Breakpoints Breakpoints `toml:"breakpoints"`
}

// What closing the window does.
const (
	CloseToTray = "tray" // the app stays, and its icon is the way back
	CloseQuit   = "quit"
	CloseAsk    = "ask"
	CloseStay   = "stay" // the app stays; starting it again is the way back
)

// General is how the app presents itself.
type General struct {
	Language   string `toml:"language"`    // "system", "en", "zh-Hans"
	Theme      string `toml:"theme"`       // "system", "light", "dark"
	StartProxy bool   `toml:"start_proxy"` // start the proxy when the app starts

	// StartAtLogin is what the system's own list of programs that start at login
	// says: package app/switches/systementry keeps the two the same.
	StartAtLogin bool `toml:"start_at_login"`

	// SessionFiles is whether Windows opens session files with this program: kept the same
	// likewise. Elsewhere packages say so, and nothing looks at it.
	SessionFiles bool `toml:"session_files"`

	CloseWindow      string `toml:"close_window"`       // where there is a tray: "tray", "quit", "ask"
	CloseWithoutTray string `toml:"close_without_tray"` // where there is none: "ask", "quit", "stay"
}

// Proxy is where and how the proxy serves.
type Proxy struct {
	Listen         []string `toml:"listen"` // IP addresses
	Port           int      `toml:"port"`   // 0: any free one
	Via            bool     `toml:"via"`
	Upstream       string   `toml:"upstream"`        // URL of the proxy that requests go through; "" for none
	UpstreamBypass []string `toml:"upstream_bypass"` // hosts that are asked directly all the same
	MaxConnections int      `toml:"max_connections"`
	MaxHead        Size     `toml:"max_head"`
	MaxFields      int      `toml:"max_fields"`
	Timeouts       Timeouts `toml:"timeouts"`
}

// Rules are whether what passes is changed; which rules there are stands in a file beside the
// settings (docs/rules.md).
type Rules struct {
	Enabled bool `toml:"enabled"`
}

// Timeouts end what does not move on; 0 is no limit.
type Timeouts struct {
	ClientHead Duration `toml:"client_head"`
	ClientIdle Duration `toml:"client_idle"`
	ClientBody Duration `toml:"client_body"`
	Dial       Duration `toml:"dial"`
	Response   Duration `toml:"response"`
	OriginBody Duration `toml:"origin_body"`
	TunnelIdle Duration `toml:"tunnel_idle"`
	Drain      Duration `toml:"drain"` // what stopping waits for exchanges under way
}

// Recording is what is kept of what passes.
type Recording struct {
	Enabled bool `toml:"enabled"`
	Memory  Size `toml:"memory"`
	Body    Size `toml:"body"` // kept of each body; 0 keeps none
}

// Default is what holds where nothing is set.
func Default() Settings {
	return Settings{
		Version: Version,
		Rules:   Rules{Enabled: true},
		General: General{Language: "system", Theme: "system", CloseWindow: CloseToTray, CloseWithoutTray: CloseAsk},
		Proxy: Proxy{
			Listen:         []string{"127.0.0.1"},
			Port:           DefaultPort,
			MaxConnections: proxy.DefaultMaxConnections,
			MaxHead:        proxy.DefaultMaxHead,
			MaxFields:      proxy.DefaultMaxFields,
			Timeouts: Timeouts{
				ClientHead: Duration(proxy.DefaultClientHead),
				ClientIdle: Duration(proxy.DefaultClientIdle),
				ClientBody: Duration(proxy.DefaultClientBody),
				Dial:       Duration(proxy.DefaultDial),
				Response:   Duration(proxy.DefaultResponse),
				OriginBody: Duration(proxy.DefaultOriginBody),
				Drain:      Duration(5 * time.Second),
			},
		},
		Recording: Recording{Enabled: true, Memory: 128 << 20, Body: 1 << 20},
		History:   History{Keep: KeepUntilQuit, Budget: 1 << 30},
		Decrypt:   Decrypt{TLS: TLSMirror},

		Breakpoints: defaultBreakpoints(),
	}
}

// ValueError says which setting is not usable, and what would be.
type ValueError struct {
	Key    string // such as "proxy.port"
	Value  string
	Rule   ValueRule
	Args   []any  // of the rule, for words in another language
	Remedy string // what is allowed, in English
}

// ValueRule is what a value does not keep to.
type ValueRule string

// The rules, with their arguments.
const (
	RuleOneOf    ValueRule = "one-of"   // the allowed texts, quoted, in one string
	RuleBetween  ValueRule = "between"  // the least and the greatest
	RuleCount    ValueRule = "count"    // how many addresses at most
	RuleAddress  ValueRule = "address"  // not an IP address
	RuleTwice    ValueRule = "twice"    // it appears more than once
	RuleDuration ValueRule = "duration" // neither none nor between 100ms and 24h

	RuleAtMost     ValueRule = "at-most"     // how many entries a list may have
	RuleControls   ValueRule = "controls"    // control characters are not taken
	RuleHosts      ValueRule = "hosts"       // not a pattern of hosts
	RuleUnreadable ValueRule = "unreadable"  // the file it names cannot be read: the error
	RuleReason     ValueRule = "reason"      // what it leads to cannot be used: the error
	RulePin        ValueRule = "pin"         // not "HOST SHA256"
	RuleClientCert ValueRule = "client-cert" // not "HOST = FILE" nor "HOST = FILE | SECOND"
	RuleUpstream   ValueRule = "upstream"    // no URL of a proxy
	RuleBypass     ValueRule = "bypass"      // no host, pattern, address or network

	RuleKeep   ValueRule = "keep"   // neither never, nor until-quit, nor days: how many at most
	RuleFolder ValueRule = "folder" // not the whole path of a folder
	RuleFilter ValueRule = "filter" // not "NAME = FILTER": how long a name may be

	RuleAllow   ValueRule = "allow"   // neither an address nor a network
	RuleNamed   ValueRule = "named"   // stands for all addresses, where one is to be named
	RuleOpen    ValueRule = "open"    // proxy.listen has it already, for everybody: the address there
	RuleNowhere ValueRule = "nowhere" // switched on, and no address named
)

func (e *ValueError) Error() string {
	return fmt.Sprintf("%s = %s cannot be used: %s", e.Key, e.Value, e.Remedy)
}

// Validate returns the first setting that is not usable, as a *ValueError.
func (s Settings) Validate() error {
	p, r := &s.Proxy, &s.Recording
	checks := []error{
		oneOf("general.language", s.General.Language, "system", "en", "zh-Hans"),
		oneOf("general.theme", s.General.Theme, "system", "light", "dark"),
		oneOf("general.close_window", s.General.CloseWindow, CloseToTray, CloseQuit, CloseAsk),
		oneOf("general.close_without_tray", s.General.CloseWithoutTray, CloseAsk, CloseQuit, CloseStay),
		checkListen(p.Listen),
		between("proxy.port", p.Port, 0, 65535),
		checkUpstream(p),
		between("proxy.max_connections", p.MaxConnections, 1, 1_000_000),
		sizeBetween("proxy.max_head", p.MaxHead, 4<<10, 1<<20),
		between("proxy.max_fields", p.MaxFields, 1, 100_000),
		sizeBetween("recording.memory", r.Memory, 8<<20, 64<<30),
		sizeBetween("recording.body", r.Body, 0, 1<<30),
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	if err := s.Proxy.Timeouts.validate(); err != nil {
		return err
	}
	if err := s.History.validate(); err != nil {
		return err
	}
	if err := s.Decrypt.validate(); err != nil {
		return err
	}
	if err := s.Filters.validate(); err != nil {
		return err
	}
	if err := s.Share.validate(); err != nil {
		return err
	}
	if err := s.Breakpoints.validate(); err != nil {
		return err
	}
	return s.LAN.validate(p)
}

func (t *Timeouts) validate() error {
	for _, c := range []struct {
		key string
		d   Duration
	}{
		{"client_head", t.ClientHead}, {"client_idle", t.ClientIdle}, {"client_body", t.ClientBody}, {"dial", t.Dial},
		{"response", t.Response}, {"origin_body", t.OriginBody}, {"tunnel_idle", t.TunnelIdle}, {"drain", t.Drain},
	} {
		if c.d < 0 || c.d > Duration(24*time.Hour) || c.d > 0 && c.d < Duration(100*time.Millisecond) && c.key != "drain" {
			return &ValueError{Key: "proxy.timeouts." + c.key, Value: c.d.String(), Rule: RuleDuration,
				Remedy: "it must be 0 for none, or lie between 100ms and 24h"}
		}
	}
	return nil
}

func oneOf(key, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	all := "\"" + strings.Join(allowed, "\", \"") + "\""
	return &ValueError{Key: key, Value: strconv.Quote(value), Rule: RuleOneOf, Args: []any{all}, Remedy: "it must be one of " + all}
}

func between(key string, n, low, high int) error {
	if n >= low && n <= high {
		return nil
	}
	return notBetween(key, strconv.Itoa(n), strconv.Itoa(low), strconv.Itoa(high))
}

func sizeBetween(key string, n, low, high Size) error {
	if n >= low && n <= high {
		return nil
	}
	return notBetween(key, n.String(), low.String(), high.String())
}

func notBetween(key, value, low, high string) error {
	return &ValueError{Key: key, Value: value, Rule: RuleBetween, Args: []any{low, high},
		Remedy: "it must lie between " + low + " and " + high}
}

// maxListen bounds how many addresses the proxy listens on.
const maxListen = 16

func checkListen(addrs []string) error {
	if len(addrs) == 0 || len(addrs) > maxListen {
		return &ValueError{Key: "proxy.listen", Value: fmt.Sprint(addrs), Rule: RuleCount, Args: []any{maxListen},
			Remedy: fmt.Sprintf("name 1 to %d addresses, such as \"127.0.0.1\"", maxListen)}
	}
	for i, a := range addrs {
		if _, err := netip.ParseAddr(a); err != nil && a != "localhost" {
			return &ValueError{Key: "proxy.listen", Value: strconv.Quote(a), Rule: RuleAddress,
				Remedy: "it must be an IP address of this computer, such as \"127.0.0.1\", \"::1\" or \"0.0.0.0\""}
		}
		if slices.Contains(addrs[:i], a) {
			return &ValueError{Key: "proxy.listen", Value: strconv.Quote(a), Rule: RuleTwice, Remedy: "it appears more than once"}
		}
	}
	return nil
}

func checkUpstream(p *Proxy) error {
	_, err := p.Chain()
	return err
}

// Chain is the way through another proxy. Errors are *ValueError, without the password.
func (p *Proxy) Chain() (upstream.Chain, error) {
	var parent *upstream.Proxy
	if p.Upstream != "" {
		var err error
		if parent, err = upstream.ParseProxy(p.Upstream); err != nil {
			return upstream.Chain{}, &ValueError{Key: "proxy.upstream", Value: strconv.Quote(upstream.Redact(p.Upstream)),
				Rule: RuleUpstream, Remedy: err.Error()}
		}
	}
	chain, err := upstream.NewChain(parent, p.UpstreamBypass)
	var bad *upstream.BypassError
	if errors.As(err, &bad) {
		return upstream.Chain{}, &ValueError{Key: "proxy.upstream_bypass", Value: strconv.Quote(upstream.Redact(bad.Entry)),
			Rule: RuleBypass, Remedy: bad.Msg}
	}
	return chain, err
}

// Addrs are the addresses to listen on, as host:port.
func (s Settings) Addrs() []string {
	addrs := make([]string, len(s.Proxy.Listen))
	for i, host := range s.Proxy.Listen {
		addrs[i] = net.JoinHostPort(host, strconv.Itoa(s.Proxy.Port))
	}
	return addrs
}

// Equal reports whether both settings are the same in every field.
func (s Settings) Equal(o Settings) bool { return bytes.Equal(renderSettings(s), renderSettings(o)) }

// BodyLimit is Recording.Body as the store wants it: there 0 is the default, below zero is none.
func (r Recording) BodyLimit() int64 {
	if r.Body == 0 {
		return -1
	}
	return int64(r.Body)
}

// StoreOptions is how a store for these settings begins.
func (r Recording) StoreOptions() capture.Options {
	return capture.Options{Budget: int64(r.Memory), BodyLimit: r.BodyLimit(), RecordingOff: !r.Enabled}
}
