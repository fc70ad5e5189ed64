// Package windows has the proxy settings of Windows: what WinINet keeps for the
// user, in the registry.
package windows

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/proxy/reason"
)

// What Windows keeps of the proxy, as pure functions; windows.go reads and writes.

// Flags of a connection (INTERNET_PER_CONN_FLAGS).
const (
	flagDirect = 1 // always set
	flagProxy  = 2
	flagPAC    = 4
	flagDetect = 8
)

// connection is the binary value DefaultConnectionSettings, which holds what the
// settings dialog shows: version, a counter, flags, and three texts, each with
// its length before it; what follows is kept as it is.
type connection struct {
	version, counter uint32
	flags            uint32
	server           string
	bypass           string
	pac              string
	rest             []byte
}

const connectionVersion = 0x46

var errConnection = error(reason.New(reason.ConnectionForm))

func parseConnection(b []byte) (connection, error) {
	var c connection
	word := func() uint32 {
		if len(b) < 4 {
			b = nil
			return 1<<32 - 1
		}
		w := binary.LittleEndian.Uint32(b)
		b = b[4:]
		return w
	}
	bad := false
	text := func() string {
		n := word()
		if uint64(n) > uint64(len(b)) {
			bad = true
			return ""
		}
		s := string(b[:n])
		b = b[n:]
		return s
	}
	if len(b) < 12 {
		return c, errConnection
	}
	c.version, c.counter, c.flags = word(), word(), word()
	c.server, c.bypass, c.pac = text(), text(), text()
	if bad {
		return connection{}, errConnection
	}
	c.rest = slices.Clone(b)
	return c, nil
}

func (c connection) bytes() []byte {
	b := binary.LittleEndian.AppendUint32(nil, c.version)
	b = binary.LittleEndian.AppendUint32(b, c.counter)
	b = binary.LittleEndian.AppendUint32(b, c.flags)
	for _, s := range []string{c.server, c.bypass, c.pac} {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return append(b, c.rest...)
}

// inetPlan is what Windows must hold so that HTTP and HTTPS go to addr. The
// script and the detection go first: they would win over an address.
func inetPlan(before backend.Values, addr string) []backend.Change {
	var changes []backend.Change
	want := func(key string, to backend.Value) {
		if before[key] != to {
			changes = append(changes, backend.Change{Key: key, To: to})
		}
	}
	want("ProxyServer", backend.Value{Text: "sz:" + inetServer(before, addr), Set: true})
	bypass := inetList(inetText(before["ProxyOverride"]))
	if more := backend.Extended(bypass, "localhost", "127.*", "[::1]"); len(more) > len(bypass) {
		want("ProxyOverride", backend.Value{Text: "sz:" + strings.Join(more, ";"), Set: true})
	}
	want("AutoConfigURL", backend.Value{})
	if before["AutoDetect"].Set {
		want("AutoDetect", backend.Value{Text: "dword:0", Set: true})
	}
	want("ProxyEnable", backend.Value{Text: "dword:1", Set: true})
	if flags := before["flags"]; flags.Set {
		want("flags", backend.Value{Text: inetFlags(flagDirect | flagProxy), Set: true})
	}
	if before[rememberedPAC].Set {
		want(rememberedPAC, backend.Value{Text: "sz:", Set: true})
	}
	return changes
}

// rememberedPAC is the script's address in the connection's own settings, where
// Windows keeps it while the script is switched off, and AutoConfigURL is gone.
const rememberedPAC = "connection.pac"

// inetScript is what the connection's own settings are to hold of the script.
func inetScript(goal backend.Values, changes []backend.Change) string {
	if slices.ContainsFunc(changes, func(c backend.Change) bool { return c.Key == rememberedPAC }) || !goal["AutoConfigURL"].Set {
		return inetText(goal[rememberedPAC])
	}
	return inetText(goal["AutoConfigURL"])
}

// inetServer keeps what a manual proxy had for other protocols.
func inetServer(before backend.Values, addr string) string {
	list := []string{"http=" + addr, "https=" + addr}
	if before["ProxyEnable"].Text != "dword:1" {
		return strings.Join(list, ";")
	}
	for _, entry := range inetList(inetText(before["ProxyServer"])) {
		scheme, _, ok := strings.Cut(entry, "=")
		if ok && !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
			list = append(list, entry)
		}
	}
	return strings.Join(list, ";")
}

func inetList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == ' ' || r == '\t' })
}

// inetText is a text without its type.
func inetText(v backend.Value) string {
	_, text, _ := strings.Cut(v.Text, ":")
	return text
}

// inetShortened: a process that is ended within InternetSetOption may leave, for
// all protocols, the address alone that was written for HTTP. Wine's works in
// steps, of which one writes that.
func inetShortened(key string, wrote, now backend.Value) bool {
	if key != "ProxyServer" || !wrote.Set || !now.Set {
		return false
	}
	first, _, _ := strings.Cut(inetText(wrote), ";")
	addr, ok := strings.CutPrefix(first, "http=")
	return ok && now.Text == "sz:"+addr
}

func inetSummary(v backend.Values) backend.Summary {
	s := backend.Summary{Backend: "windows", Bypass: inetList(inetText(v["ProxyOverride"]))}
	switch pac := inetText(v["AutoConfigURL"]); {
	case pac != "":
		s.Mode, s.PAC = backend.ModePAC, pac
	case v["ProxyEnable"].Text == "dword:1":
		s.Mode = backend.ModeManual
		for _, entry := range inetList(inetText(v["ProxyServer"])) {
			scheme, addr, ok := strings.Cut(entry, "=")
			if !ok {
				s.HTTP, s.HTTPS = bare(entry), bare(entry)
				continue
			}
			switch strings.ToLower(scheme) {
			case "http":
				s.HTTP = bare(addr)
			case "https":
				s.HTTPS = bare(addr)
			case "socks":
				s.SOCKS = bare(addr)
			}
		}
	case v["AutoDetect"].Text == "dword:1" || v["flags"].Text == inetFlags(flagDirect|flagDetect):
		s.Mode = backend.ModeAuto
	}
	return s
}

// bare is an address without a scheme.
func bare(addr string) string {
	if _, rest, ok := strings.Cut(addr, "://"); ok {
		addr = rest
	}
	return strings.TrimRight(addr, "/")
}

func inetOff(v backend.Values, ours func(string) bool) backend.Values {
	s := inetSummary(backend.Values{"ProxyEnable": {Text: "dword:1", Set: true}, "ProxyServer": v["ProxyServer"]})
	if !ours(s.HTTP) && !ours(s.HTTPS) {
		return v
	}
	changes := []backend.Change{{Key: "ProxyServer", To: backend.Value{}},
		{Key: "ProxyEnable", To: backend.Value{Text: "dword:0", Set: true}}}
	if v["flags"].Set {
		changes = append(changes, backend.Change{Key: "flags", To: backend.Value{Text: inetFlags(flagDirect), Set: true}})
	}
	return v.With(changes)
}

func inetFlags(flags uint32) string {
	return "flags:" + strconv.FormatUint(uint64(flags), 10)
}
