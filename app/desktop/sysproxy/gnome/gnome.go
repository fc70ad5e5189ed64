// Package gnome has the proxy settings of GNOME and of the desktops that share its
// schema, by the program gsettings.
package gnome

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"posthouse/app/desktop/dbus"
	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/proxy/bounded"
	"posthouse/proxy/reason"
)

const gnomeSchema = "org.gnome.system.proxy"

// gnomeKeys are the keys of the schema that bear on the proxy, as
// schema-part.key. Names and passwords are left alone.
var gnomeKeys = map[string]bool{
	"mode": true, "autoconfig-url": true, "ignore-hosts": true,
	"http.host": true, "http.port": true, "https.host": true, "https.port": true,
	"ftp.host": true, "ftp.port": true, "socks.host": true, "socks.port": true,
}

// New returns the settings without a look whether they are there.
func New(run backend.Commander) backend.Backend { return &gnome{run} }

// gnome is the schema org.gnome.system.proxy, which GNOME, Cinnamon, MATE,
// Budgie, Pantheon, Unity and their programs read; browsers read it elsewhere too.
type gnome struct{ run backend.Commander }

// Find returns nil where there is no gsettings or no such schema.
func Find(run backend.Commander) backend.Backend {
	if _, err := exec.LookPath("gsettings"); err != nil {
		return nil
	}
	g := &gnome{run}
	if _, err := g.Read(context.Background()); err != nil {
		return nil
	}
	return g
}

func (g *gnome) Name() string { return "gnome" }

func (g *gnome) Read(ctx context.Context) (backend.Snapshot, error) {
	out, err := g.run(ctx, "gsettings", "list-recursively", gnomeSchema)
	if err != nil {
		return backend.Snapshot{}, err
	}
	set, known := dconfKeys()
	v, login := backend.Values{}, map[string]string{}
	for line := range strings.Lines(out) {
		schema, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		key, text, ok := strings.Cut(rest, " ")
		part, ours := strings.CutPrefix(schema, gnomeSchema)
		if !ok || !ours {
			continue
		}
		if part != "" {
			key = part[1:] + "." + key
		}
		if name, ok := strings.CutPrefix(key, "http."); ok && strings.Contains(name, "authentication") {
			login[name] = text
		}
		if gnomeKeys[key] {
			path := "/system/proxy/" + strings.ReplaceAll(key, ".", "/")
			v[key] = backend.Value{Text: text, Set: !known || set[path]}
		}
	}
	if len(v) < len(gnomeKeys) {
		return backend.Snapshot{}, reason.New(reason.KeysTold, len(v), len(gnomeKeys), gnomeSchema)
	}
	return backend.Snapshot{Values: v, Login: gnomeLogin(login)}, nil
}

// gnomeLogin reads the keys that hold user and password of the HTTP proxy. They are
// never changed, and get into no journal.
func gnomeLogin(keys map[string]string) *url.Userinfo {
	user := gvString(keys["authentication-user"])
	if user == "" || keys["use-authentication"] != "true" {
		return nil
	}
	return url.UserPassword(user, gvString(keys["authentication-password"]))
}

func dconfPath() string { return filepath.Join(backend.ConfigHome(), "dconf", "user") }

// maxDconf bounds what is read of the user's database, in bytes: some have 100 KiB.
const maxDconf = 16 << 20

// dconfKeys says which keys the user has set. Where the settings do not come
// from the user's dconf database that is not known, and a key that was not set
// is put back by its value.
func dconfKeys() (set map[string]bool, known bool) {
	if os.Getenv("DCONF_PROFILE") != "" || os.Getenv("GSETTINGS_BACKEND") != "" && os.Getenv("GSETTINGS_BACKEND") != "dconf" {
		return nil, false
	}
	text, err := bounded.ReadFile(dconfPath(), maxDconf)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, true
	}
	if err != nil {
		return nil, false
	}
	set, err = gvdbKeys(text)
	return set, err == nil
}

// Plan writes the addresses first and the mode last. Where no manual proxy was in
// force, what lies about of one for other protocols must not come into force.
func (g *gnome) Plan(before backend.Values, addr string) []backend.Change {
	host, port, _ := net.SplitHostPort(addr)
	var changes []backend.Change
	want := func(key, text string) {
		if before[key].Text != text {
			changes = append(changes, backend.Change{Key: key, To: backend.Value{Text: text, Set: true}})
		}
	}
	for _, part := range []string{"http", "https"} {
		want(part+".host", gvQuote(host))
		want(part+".port", port)
	}
	if before["mode"].Text != "'manual'" {
		want("socks.host", "''")
		want("ftp.host", "''")
	}
	hosts := gvStrings(before["ignore-hosts"].Text)
	if more := backend.Extended(hosts, "localhost", "127.0.0.0/8", "::1"); len(more) > len(hosts) {
		want("ignore-hosts", gvQuoteAll(more))
	}
	want("mode", "'manual'")
	return changes
}

func (g *gnome) Apply(ctx context.Context, changes []backend.Change) error {
	if len(changes) == 0 {
		return nil
	}
	if !busGone() { // without it each would look for one, in vain
		g.write(ctx, changes)
	}
	now, err := g.Read(ctx)
	if err != nil {
		return err
	}
	rest := g.missing(changes, now.Values)
	if len(rest) == 0 {
		return nil
	}
	if g.fixed(ctx, rest[0].Key) {
		return reason.Wrap(backend.ErrLocked, reason.Inside, gnomeSchema+" "+rest[0].Key)
	}
	// gsettings does not tell that the change went nowhere: the bus is gone, as it
	// is at the end of a session. The database still is there.
	// A slow machine may not get through all in the time that one program has.
	if _, err := exec.LookPath("dbus-run-session"); err == nil {
		for before := len(rest) + 1; 0 < len(rest) && len(rest) < before; {
			before = len(rest)
			g.writeWithoutBus(ctx, rest)
			if now, err = g.Read(ctx); err != nil {
				return err
			}
			rest = g.missing(changes, now.Values)
		}
	}
	if len(rest) > 0 {
		return reason.New(reason.KeyNoBus, gnomeSchema+" "+rest[0].Key)
	}
	return nil
}

// missing are the changes that values do not show. Where it is not known what is
// set, the text alone counts.
func (g *gnome) missing(changes []backend.Change, now backend.Values) []backend.Change {
	var rest []backend.Change
	for _, c := range backend.Differing(changes, now) {
		if _, known := dconfKeys(); known || now[c.Key].Text != c.To.Text {
			rest = append(rest, c)
		}
	}
	return rest
}

// busGone reports whether the session's bus cannot be spoken to.
func busGone() bool {
	conn, err := dbus.Connect()
	if err == nil {
		_ = conn.Close()
	}
	return errors.Is(err, dbus.ErrNoBus) || dbus.Gone(err)
}

// gnomeName is a key as gsettings takes it.
func gnomeName(name string) (schema, key string) {
	if part, rest, ok := strings.Cut(name, "."); ok {
		return gnomeSchema + "." + part, rest
	}
	return gnomeSchema, name
}

// fixed reports whether an administrator does not let the key be changed.
func (g *gnome) fixed(ctx context.Context, name string) bool {
	schema, key := gnomeName(name)
	out, err := g.run(ctx, "gsettings", "writable", schema, key)
	return err == nil && strings.TrimSpace(out) == "false"
}

func (g *gnome) write(ctx context.Context, changes []backend.Change) {
	for _, c := range changes {
		_, _ = g.run(ctx, "gsettings", order(c)...) // what it achieved is looked at
	}
}

// order is what gsettings is told to make a change.
func order(c backend.Change) []string {
	schema, key := gnomeName(c.Key)
	if !c.To.Set {
		return []string{"reset", schema, key}
	}
	return []string{"set", schema, key, c.To.Text}
}

// ordersOfShell runs gsettings for each group of its arguments, which begins with
// the count of those that follow.
const ordersOfShell = `while [ $# -gt 0 ]; do
	case $1 in
	3) gsettings "$2" "$3" "$4" ;;
	4) gsettings "$2" "$3" "$4" "$5" ;;
	esac
	shift $(($1 + 1))
done`

// writeWithoutBus makes the changes over one bus that lives as long as they take:
// to start a bus for each costs a tenth of a second a key.
func (g *gnome) writeWithoutBus(ctx context.Context, changes []backend.Change) {
	args := []string{"--", "sh", "-c", ordersOfShell, "sh"}
	for _, c := range changes {
		words := order(c)
		args = append(append(args, strconv.Itoa(len(words))), words...)
	}
	_, _ = g.run(ctx, "dbus-run-session", args...) // what it achieved is looked at
}

func (g *gnome) Ties(backend.Values) backend.Ties {
	return backend.Ties{Masters: []string{"mode"}, Groups: [][]string{
		{"http.host", "http.port"}, {"https.host", "https.port"}, {"socks.host"}, {"ftp.host"},
	}}
}

func (g *gnome) Summary(v backend.Values) backend.Summary {
	modes := map[string]backend.Mode{"'none'": backend.ModeNone, "'manual'": backend.ModeManual, "'auto'": backend.ModeAuto}
	mode, ok := modes[v["mode"].Text]
	if !ok {
		mode = backend.ModeOther
	}
	at := func(part string) string {
		return backend.HostPort(gvString(v[part+".host"].Text), v[part+".port"].Text)
	}
	s := backend.Summary{Backend: g.Name(), Mode: mode, Bypass: gvStrings(v["ignore-hosts"].Text)}
	switch mode {
	case backend.ModeManual:
		s.HTTP, s.HTTPS, s.SOCKS = at("http"), at("https"), at("socks")
	case backend.ModeAuto:
		if s.PAC = gvString(v["autoconfig-url"].Text); s.PAC != "" {
			s.Mode = backend.ModePAC
		}
	}
	return s
}

func (g *gnome) Off(v backend.Values, ours func(string) bool) backend.Values {
	var changes []backend.Change
	for _, part := range []string{"http", "https", "ftp", "socks"} {
		if ours(backend.HostPort(gvString(v[part+".host"].Text), v[part+".port"].Text)) {
			changes = append(changes, backend.Change{Key: part + ".host", To: backend.Value{Text: "''", Set: false}},
				backend.Change{Key: part + ".port", To: backend.Value{Text: gnomePort[part], Set: false}})
			if part == "http" && v["mode"].Text == "'manual'" {
				changes = append(changes, backend.Change{Key: "mode", To: backend.Value{Text: "'none'", Set: false}})
			}
		}
	}
	return v.With(changes)
}

// gnomePort are the schema's defaults.
var gnomePort = map[string]string{"http": "8080", "https": "0", "ftp": "0", "socks": "0"}

// Stamp looks at the database; where that is not ours to know, it changes every
// ten seconds.
func (g *gnome) Stamp() string {
	if _, known := dconfKeys(); known {
		return backend.FileStamp(dconfPath())
	}
	return time.Now().Truncate(10 * time.Second).String()
}
