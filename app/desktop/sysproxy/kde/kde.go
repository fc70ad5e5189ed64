// Package kde has the proxy settings of KDE: the file kioslaverc, edited in place
// under KDE's own lock.
package kde

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"posthouse/app/desktop/atomicfile"
	"posthouse/app/desktop/dbus"
	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/proxy/bounded"
	"posthouse/proxy/reason"
)

const (
	kdeGroup  = "[Proxy Settings]"
	maxKDE    = 1 << 20 // bytes of kioslaverc
	kdeManual = "1"
)

var kdeKeys = []string{"ProxyType", "httpProxy", "httpsProxy", "ftpProxy", "socksProxy", "NoProxyFor", "ReversedException",
	"Proxy Config Script"}

// kde is the file kioslaverc, which KDE's programs and Chromium on Plasma read.
// The tool kwriteconfig writes the same file, but reformats it.
type kde struct{ path string }

// New returns the settings without a look whether this is a KDE.
func New() backend.Backend { return at() }

func at() *kde { return &kde{filepath.Join(backend.ConfigHome(), "kioslaverc")} }

// Find returns nil where neither the desktop is KDE's nor its file is there.
func Find() backend.Backend {
	k := at()
	desktops := strings.Split(os.Getenv("XDG_CURRENT_DESKTOP"), ":")
	for _, d := range desktops {
		if strings.EqualFold(d, "KDE") {
			return k
		}
	}
	if _, err := os.Stat(k.path); err != nil && os.Getenv("KDE_FULL_SESSION") == "" {
		return nil
	}
	return k
}

func (k *kde) Name() string { return "kde" }

func (k *kde) load() (backend.File, error) {
	f, err := os.Open(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return backend.File{}, nil
	}
	if err != nil {
		return backend.File{}, err
	}
	defer func() { _ = f.Close() }()
	text, err := bounded.Read(f, maxKDE)
	if errors.Is(err, bounded.ErrTooLarge) {
		err = reason.New(reason.SettingsLarge, k.path)
	}
	return backend.File{Was: true, Text: text}, err
}

func (k *kde) Read(context.Context) (backend.Snapshot, error) {
	f, err := k.load()
	if err != nil {
		return backend.Snapshot{}, err
	}
	return backend.Snapshot{Values: kdeValues(f.Text), File: &f}, nil
}

func kdeValues(text []byte) backend.Values {
	lines := kParse(text)
	v := backend.Values{}
	for _, key := range kdeKeys {
		line, ok := kGet(lines, kdeGroup, key)
		v[key] = backend.Value{Text: line.text, Set: ok}
	}
	return v
}

func (k *kde) Plan(before backend.Values, addr string) []backend.Change {
	host, port, _ := net.SplitHostPort(addr)
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	var changes []backend.Change
	want := func(key, text string) {
		if kValue(before[key].Text) != text {
			changes = append(changes, backend.Change{Key: key, To: backend.Value{Text: text, Set: true}})
		}
	}
	want("httpProxy", "http://"+host+" "+port)
	want("httpsProxy", "http://"+host+" "+port)
	if kValue(before["ProxyType"].Text) != kdeManual {
		want("socksProxy", "")
		want("ftpProxy", "")
	}
	hosts := kdeHosts(before)
	if kdeReversed(before) { // then the list names what goes through the proxy
		want("ReversedException", "false")
		hosts = nil
	}
	if more := backend.Extended(hosts, "localhost", "127.0.0.0/8", "::1"); len(more) > len(hosts) {
		want("NoProxyFor", strings.Join(more, ","))
	}
	want("ProxyType", kdeManual)
	return changes
}

func kdeReversed(v backend.Values) bool { return kValue(v["ReversedException"].Text) == "true" }

func kdeHosts(v backend.Values) []string {
	return strings.FieldsFunc(kValue(v["NoProxyFor"].Text), func(r rune) bool { return r == ',' || r == ' ' })
}

// kdeEdit is a file after changes.
func kdeEdit(text []byte, changes []backend.Change) []byte {
	for _, c := range changes {
		text = kSet(text, kdeGroup, c.Key, c.To)
	}
	return text
}

func (k *kde) Apply(_ context.Context, changes []backend.Change) error {
	if len(changes) == 0 {
		return nil
	}
	return k.locked(func() error {
		f, err := k.load()
		if err != nil {
			return err
		}
		for _, line := range kParse(f.Text) {
			if line.locked && line.group == kdeGroup {
				return reason.Wrap(backend.ErrLocked, reason.Inside, k.path)
			}
		}
		return k.write(kdeEdit(f.Text, changes))
	})
}

// RestoreWhole puts the file back byte for byte, where it is what was written.
func (k *kde) RestoreWhole(before backend.File, wrote []backend.Change) (done bool, err error) {
	err = k.locked(func() error {
		f, err := k.load()
		if err != nil || !bytes.Equal(f.Text, kdeEdit(before.Text, wrote)) {
			return err
		}
		done = true
		if !before.Was {
			return os.Remove(k.path)
		}
		return k.write(before.Text)
	})
	return done && err == nil, err
}

// locked does what writes the file under KDE's own lock, and tells KDE's programs.
func (k *kde) locked(do func() error) error {
	release, err := takeQLock(k.path)
	if err != nil {
		return err
	}
	atomicfile.RemovePieces(k.target())
	err = do()
	release()
	if err == nil {
		tellKDE()
	}
	return err
}

func (k *kde) write(text []byte) error {
	return atomicfile.Write(k.target(), text)
}

// target is the file itself, where the path is a link.
func (k *kde) target() string {
	if resolved, err := filepath.EvalSymlinks(k.path); err == nil {
		return resolved
	}
	return k.path
}

// tellKDE lets running programs read the file again. Those that start later do
// in any case, so that a missing bus is no error.
func tellKDE() {
	conn, err := dbus.Connect()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.Emit("/KIO/Scheduler", "org.kde.KIO.Scheduler.reparseSlaveConfiguration", "")
}

func (k *kde) Ties(backend.Values) backend.Ties {
	return backend.Ties{Masters: []string{"ProxyType"}, Groups: [][]string{{"httpProxy"}, {"httpsProxy"}, {"socksProxy"}, {"ftpProxy"}}}
}

func (k *kde) Summary(v backend.Values) backend.Summary {
	s := backend.Summary{Backend: k.Name(), Bypass: kdeHosts(v)}
	switch kValue(v["ProxyType"].Text) {
	case "", "0":
	case kdeManual:
		s.Mode = backend.ModeManual
		s.HTTP, s.HTTPS, s.SOCKS = kdeAddr(v["httpProxy"]), kdeAddr(v["httpsProxy"]), kdeAddr(v["socksProxy"])
		s.Login = kdeLogin(v["httpProxy"])
	case "2":
		s.Mode, s.PAC = backend.ModePAC, kValue(v["Proxy Config Script"].Text)
	case "3":
		s.Mode = backend.ModeAuto
	default:
		s.Mode = backend.ModeOther
	}
	return s
}

// kdeAddr reads "http://host port" and the older "http://host:port", with or without
// "user:password@" before the host.
func kdeAddr(v backend.Value) string {
	text := strings.TrimRight(kValue(v.Text), "/")
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	text = text[strings.LastIndexByte(text, '@')+1:]
	if host, port, ok := strings.Cut(text, " "); ok {
		return backend.HostPort(host, strings.TrimSpace(port))
	}
	return text
}

// kdeLogin is what stands before the host of such an address.
func kdeLogin(v backend.Value) *url.Userinfo {
	text := kValue(v.Text)
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return nil
	}
	login := text[:at]
	if _, rest, ok := strings.Cut(login, "://"); ok {
		login = rest
	}
	u, err := url.Parse("http://" + login + "@host")
	if err != nil {
		return nil
	}
	return u.User
}

func (k *kde) Off(v backend.Values, ours func(string) bool) backend.Values {
	var changes []backend.Change
	for _, key := range []string{"httpProxy", "httpsProxy", "ftpProxy", "socksProxy"} {
		if ours(kdeAddr(v[key])) {
			changes = append(changes, backend.Change{Key: key, To: backend.Value{}})
			if key == "httpProxy" && kValue(v["ProxyType"].Text) == kdeManual {
				changes = append(changes, backend.Change{Key: "ProxyType", To: backend.Value{Text: "0", Set: true}})
			}
		}
	}
	return v.With(changes)
}

func (k *kde) Stamp() string { return backend.FileStamp(k.path) }
