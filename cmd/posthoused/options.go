package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"posthouse/app/settings"
	"posthouse/proxy/archive"
	"posthouse/proxy/rules"
)

var errHelp = flag.ErrHelp

// options is the command line.
type options struct {
	listen    []string
	allow     *[]string
	lend      settings.LAN // its Loopback and Credentials
	config    string
	events    string
	save      string
	secrets   string // of save
	rules     string
	debugAddr string
	restore   bool // put the system proxy back
	version   bool

	record    *bool
	via       *bool
	decrypt   *[]string
	ca        *string
	roots     *string
	tls       *string
	insecure  bool
	upstream  *string
	memory    *settings.Size
	history   *string
	bodyLimit *settings.Size
}

const usage = `Usage: posthoused [flags]
       posthoused ca export|install|remove [flags]
       posthoused check [flags]
       posthoused convert [flags] IN OUT
       posthoused show [flags] FILE
       posthoused compare [flags] A B
       posthoused resend [flags] FILE
       posthoused rules check FILE
       posthoused rules import [flags] FILE

Runs the Posthouse proxy without a window. Each finished exchange is a line of
JSON on standard output. SIGINT or SIGTERM ends it when the exchanges under way
have ended; a second one cuts them. A switch such as -via alone means true.

`

// parse reads the command line. Its errors are one sentence each.
func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("posthoused", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Func("listen", "`ADDR` (host:port) to listen on; may be given several times; port 0 takes a free one (default: from the settings, "+
		"else 127.0.0.1:9876)", o.addListen)
	f.Func("allow", "`ADDR|NETWORK,...`: other devices that may use what is listened on beyond this computer, such as 192.168.1.0/24; "+
		"may be given several times (default: with -listen everybody who reaches it; else lan.allow of the settings)", o.addAllow)
	f.BoolVar(&o.lend.Loopback, "lend-loopback", false,
		"let other devices reach this computer's own services (localhost) and link-local addresses")
	f.BoolVar(&o.lend.Credentials, "lend-credentials", false,
		"let other devices use client certificates and the login of the upstream proxy")
	f.StringVar(&o.config, "config", "", "settings `FILE` (default: settings.toml in the user's configuration directory)")
	f.StringVar(&o.events, "events", "-", "where finished exchanges are written: `-|none|FILE`; a file is appended to")
	o.saveFlags(f)
	f.StringVar(&o.rules, "rules", "", "`FILE` of rules that change what passes; it must be there, and is read again when it changes "+
		"(default: rules.toml beside the settings)")
	f.BoolFunc("record", "record what passes; -record=false does not (default: from the settings, else true)", switchFlag(&o.record))
	f.Func("memory", "memory for what is recorded, a `SIZE` such as 128MiB (default: from the settings, else 128 MiB)", sizeFlag(&o.memory))
	f.Func("body-limit", "how much of each body is recorded, a `SIZE`; 0 records none (default: from the settings, else 1 MiB)",
		sizeFlag(&o.bodyLimit))
	f.Func("history", "how long what is recorded stays on the disk: `never|until-quit|DAYS`, such as 7d (default: never; the window's "+
		"setting is the window's)", o.setHistory)
	f.BoolFunc("via", "add a Via field to what is forwarded; -via=false does not (default: from the settings, else false)",
		switchFlag(&o.via))
	o.tlsFlags(f)
	// A func's error would repeat the URL with its password: it is checked with the settings.
	f.Func("upstream", "`URL` of a proxy that all goes through: http, https or socks5://user:password@host:port; \"direct\" for none "+
		"(default: from the settings, else none)", func(text string) error {
		o.upstream = &text
		return nil
	})
	f.StringVar(&o.debugAddr, "debug-addr", "", "loopback `ADDR` for profiles (net/http/pprof); off by default")
	f.BoolVar(&o.restore, "restore-network", false,
		"put the system proxy back as it was before Posthouse changed it, say what was done, and end")
	f.BoolVar(&o.version, "version", false, "say the version and end")
	err := f.Parse(joinSwitches(f, args))
	switch {
	case errors.Is(err, flag.ErrHelp):
		f.SetOutput(stderr)
		_, _ = io.WriteString(stderr, usage)
		f.PrintDefaults()
		return nil, errHelp
	case err != nil:
		return nil, err
	case f.NArg() > 0:
		return nil, fmt.Errorf("%q is not expected: flags begin with a dash", f.Arg(0))
	case o.events == "":
		return nil, errors.New("-events needs \"-\", \"none\" or a file")
	}
	if err := o.checkSave(); err != nil {
		return nil, err
	}
	return o, checkDebugAddr(o.debugAddr)
}

// tlsFlags say what is decrypted, and how.
func (o *options) tlsFlags(f *flag.FlagSet) {
	f.Func("decrypt", "`none|all|PATTERN,...`: hosts whose HTTPS is decrypted; *.example.com is all names below it, -HOST an exception "+
		"(default: from the settings, else none)", o.setDecrypt)
	f.Func("ca", "`DIR` of the certificate authority that decrypts; it is made where there is none (default: from the settings, else "+
		"posthouse/ca in the user's data directory)", textFlag(&o.ca))
	f.Func("extra-roots", "`FILE` of root certificates (PEM) that origins may have beside the system's (default: from the settings)",
		textFlag(&o.roots))
	f.Func("decrypt-tls", "the ClientHello that origins get: `mirror|own`, the client's or Posthouse's "+
		"(default: from the settings, else mirror)", textFlag(&o.tls))
	f.BoolVar(&o.insecure, "insecure-upstream", false,
		"take whatever certificate an origin shows: anybody on the way to it can read and alter what is decrypted")
}

// saveFlags say what becomes of what was recorded.
func (o *options) saveFlags(f *flag.FlagSet) {
	f.StringVar(&o.save, "save", "", "`FILE` (.posthouse or .har) that gets what was recorded when the proxy ends; "+
		"it must not be there yet")
	f.StringVar(&o.secrets, "secrets", "", "`keep|mask` cookies, credentials, tokens and the like in -save (default: mask in HAR)")
}

func (o *options) checkSave() error {
	switch {
	case o.secrets != "" && o.secrets != secretsKeep && o.secrets != secretsMask:
		return errors.New("-secrets: write keep or mask")
	case o.secrets != "" && o.save == "":
		return errors.New("-secrets is for -save")
	case o.save == "-":
		return errors.New("-save needs a file")
	case o.save == "":
		return nil
	}
	_, err := writable(o.save, archive.Unknown)
	return err
}

func (o *options) addListen(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return errors.New("write host:port, such as 127.0.0.1:9876 or [::1]:0")
	}
	if host != "" && host != "localhost" && net.ParseIP(host) == nil {
		return errors.New("the host must be an IP address of this computer, or localhost")
	}
	o.listen = append(o.listen, addr)
	return nil
}

// addAllow takes addresses and networks with commas between them.
func (o *options) addAllow(text string) error {
	list := strings.Split(text, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
		if _, err := settings.ParseAllow(list[i]); err != nil {
			return fmt.Errorf("%q is neither an address such as 192.168.1.42 nor a network such as 192.168.1.0/24", list[i])
		}
	}
	if o.allow != nil {
		list = append(*o.allow, list...)
	}
	o.allow = &list
	return nil
}

// setDecrypt takes none, all, or patterns with commas between them.
func (o *options) setDecrypt(text string) error {
	var patterns []string
	switch text {
	case "none":
	case "all":
		patterns = []string{"*"}
	default:
		patterns = strings.Split(text, ",")
		if err := settings.CheckHosts(patterns); err != nil {
			return err
		}
		if !slices.ContainsFunc(patterns, func(p string) bool { return !strings.HasPrefix(strings.TrimSpace(p), "-") }) {
			patterns = append([]string{"*"}, patterns...) // exceptions alone: all others
		}
	}
	o.decrypt = &patterns
	return nil
}

// setHistory takes what history.keep of the settings does.
func (o *options) setHistory(text string) error {
	if _, err := settings.ParseKeep(text); err != nil {
		return err
	}
	o.history = &text
	return nil
}

func textFlag(to **string) func(string) error {
	return func(text string) error {
		if text == "" {
			return errors.New("a name is needed")
		}
		*to = &text
		return nil
	}
}

func sizeFlag(to **settings.Size) func(string) error {
	return func(text string) error {
		n, err := settings.ParseSize(text)
		if err != nil {
			return err
		}
		*to = &n
		return nil
	}
}

// settings reads the settings file, with what the command line overrides.
func (o *options) settings() (settings.Settings, error) {
	path := o.watched()
	if o.config != "" {
		if _, err := os.Stat(path); err != nil {
			return settings.Settings{}, fmt.Errorf("the settings file named by -config cannot be read: %w", err)
		}
	}
	s, err := settings.Load(path)
	if err != nil {
		return s, err
	}
	o.override(&s)
	if err := s.Validate(); err != nil {
		return s, err
	}
	if err := o.checkRules(); err != nil {
		return s, err
	}
	return s, o.checkAllow(&s)
}

// checkRules finds what is wrong with the rules that the command line names: who names some does not mean to do without.
func (o *options) checkRules() error {
	if o.rules == "" {
		return nil
	}
	_, _, err := readRules(o.rules)
	var inside *rules.FileError
	if err == nil || errors.As(err, &inside) {
		return err
	}
	return fmt.Errorf("the rules named by -rules cannot be read: %w", err)
}

// watched is the settings file that is followed.
func (o *options) watched() string {
	if o.config != "" {
		return o.config
	}
	return settings.DefaultPath()
}

// override puts the command line over the file.
func (o *options) override(s *settings.Settings) {
	if o.record != nil {
		s.Recording.Enabled = *o.record
	}
	s.Rules.Enabled = s.Rules.Enabled || o.rules != ""
	if o.via != nil {
		s.Proxy.Via = *o.via
	}
	if o.allow != nil {
		s.LAN.Allow = *o.allow
	}
	s.LAN.Loopback = s.LAN.Loopback || o.lend.Loopback
	s.LAN.Credentials = s.LAN.Credentials || o.lend.Credentials
	if o.upstream != nil {
		s.Proxy.Upstream = *o.upstream
		if s.Proxy.Upstream == "direct" {
			s.Proxy.Upstream = ""
		}
	}
	if o.memory != nil {
		s.Recording.Memory = *o.memory
	}
	s.History.Keep = settings.KeepNever
	if o.history != nil {
		s.History.Keep = *o.history
	}
	if o.bodyLimit != nil {
		s.Recording.Body = *o.bodyLimit
	}
	if o.decrypt != nil {
		s.Decrypt.Hosts, s.Decrypt.Except, s.Decrypt.Off = *o.decrypt, nil, false
	}
	if o.ca != nil {
		s.Decrypt.CA = *o.ca
	}
	if o.roots != nil {
		s.Decrypt.ExtraRoots = *o.roots
	}
	if o.tls != nil {
		s.Decrypt.TLS = *o.tls
	}
	if o.insecure {
		s.Decrypt.InsecureUpstream = true
	}
}
