package windows

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/proxy/reason"
)

const (
	inetKey       = `Software\Microsoft\Windows\CurrentVersion\Internet Settings`
	connectionKey = inetKey + `\Connections`
)

var inetValues = []string{"ProxyEnable", "ProxyServer", "ProxyOverride", "AutoConfigURL", "AutoDetect"}

// inet is what WinINet keeps for the user, and most programs read: values under
// Internet Settings, and the connection's own in a binary one. The documented
// call writes both on Windows; values it does not write (as under Wine) or does
// not write as they were are written after it.
type inet struct{}

// New returns the settings; they are there on every Windows.
func New() backend.Backend { return inet{} }

func (inet) Name() string                                             { return "windows" }
func (inet) Plan(before backend.Values, addr string) []backend.Change { return inetPlan(before, addr) }
func (inet) Summary(v backend.Values) backend.Summary                 { return inetSummary(v) }
func (inet) Off(v backend.Values, o func(string) bool) backend.Values { return inetOff(v, o) }
func (inet) Ties(backend.Values) backend.Ties {
	return backend.Ties{Masters: []string{"ProxyEnable", "flags"}, Groups: [][]string{{"ProxyServer"}, {"AutoConfigURL", rememberedPAC}},
		Shortened: inetShortened}
}

func (i inet) Read(context.Context) (backend.Snapshot, error) {
	v, err := readInet()
	return backend.Snapshot{Values: v}, err
}

func (i inet) Stamp() string {
	v, err := readInet()
	return fmt.Sprint(v, err)
}

func readInet() (backend.Values, error) {
	v := backend.Values{"flags": {}, rememberedPAC: {}}
	for _, name := range inetValues {
		v[name] = backend.Value{}
	}
	k, err := registry.OpenKey(registry.CURRENT_USER, inetKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = k.Close() }()
	for _, name := range inetValues {
		if v[name], err = readValue(k, name); err != nil {
			return nil, reason.Wrap(err, reason.Inside, name)
		}
	}
	if c, ok := readConnection(); ok {
		v["flags"], v[rememberedPAC] = backend.Value{Text: inetFlags(c.flags), Set: true}, backend.Value{Text: "sz:" + c.pac, Set: true}
	}
	return v, nil
}

// readValue writes type and bytes as text, so that both can be put back.
func readValue(k registry.Key, name string) (backend.Value, error) {
	n, kind, err := k.GetValue(name, nil)
	if errors.Is(err, registry.ErrNotExist) {
		return backend.Value{}, nil
	}
	if err != nil && !errors.Is(err, registry.ErrShortBuffer) {
		return backend.Value{}, err
	}
	switch kind {
	case registry.DWORD:
		d, _, err := k.GetIntegerValue(name)
		return backend.Value{Text: "dword:" + strconv.FormatUint(d, 10), Set: true}, err
	case registry.SZ:
		s, _, err := k.GetStringValue(name)
		return backend.Value{Text: "sz:" + s, Set: true}, err
	case registry.EXPAND_SZ:
		s, _, err := k.GetStringValue(name)
		return backend.Value{Text: "expand:" + s, Set: true}, err
	}
	if n > 1<<16 {
		return backend.Value{}, reason.New(reason.ValueLarge)
	}
	b := make([]byte, n)
	n, _, err = k.GetValue(name, b)
	return backend.Value{Text: fmt.Sprintf("hex%d:%s", kind, hex.EncodeToString(b[:min(n, len(b))])), Set: true}, err
}

func writeValue(k registry.Key, name string, to backend.Value) error {
	if !to.Set {
		if err := k.DeleteValue(name); err != nil && !errors.Is(err, registry.ErrNotExist) {
			return err
		}
		return nil
	}
	kind, text, _ := strings.Cut(to.Text, ":")
	switch kind {
	case "dword":
		d, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return err
		}
		return k.SetDWordValue(name, uint32(d))
	case "sz":
		return k.SetStringValue(name, text)
	case "expand":
		return k.SetExpandStringValue(name, text)
	}
	number, err := strconv.ParseUint(strings.TrimPrefix(kind, "hex"), 10, 32)
	if err != nil {
		return err
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return err
	}
	return setRaw(k, name, uint32(number), b)
}

func readConnection() (connection, bool) {
	k, err := registry.OpenKey(registry.CURRENT_USER, connectionKey, registry.QUERY_VALUE)
	if err != nil {
		return connection{}, false
	}
	defer func() { _ = k.Close() }()
	b, _, err := k.GetBinaryValue("DefaultConnectionSettings")
	if err != nil {
		return connection{}, false
	}
	c, err := parseConnection(b)
	return c, err == nil
}

func (i inet) Apply(_ context.Context, changes []backend.Change) error {
	if len(changes) == 0 {
		return nil
	}
	now, err := readInet()
	if err != nil {
		return err
	}
	goal := now.With(changes)
	script := inetScript(goal, changes)
	_ = setOptions(goal, script) // what it achieved is looked at
	k, _, err := registry.CreateKey(registry.CURRENT_USER, inetKey, registry.SET_VALUE|registry.QUERY_VALUE)
	if err != nil {
		return err
	}
	defer func() { _ = k.Close() }()
	if now, err = readInet(); err != nil {
		return err
	}
	for _, name := range inetValues {
		if now[name] == goal[name] {
			continue
		}
		if err := writeValue(k, name, goal[name]); err != nil {
			return reason.Wrap(err, reason.Inside, name)
		}
	}
	if err := fixConnection(goal, script); err != nil {
		return err
	}
	notifyInet()
	if now, err = readInet(); err != nil {
		return err
	}
	if rest := backend.Differing(changes, now); len(rest) > 0 {
		return reason.New(reason.KeyNotTaken, rest[0].Key)
	}
	return nil
}

// fixConnection makes the connection's own settings say what the values say,
// where they are there and say something else. The counter rises, as it does
// with each change.
func fixConnection(goal backend.Values, script string) error {
	c, ok := readConnection()
	if !ok || !goal["flags"].Set {
		return nil
	}
	want := c
	_, _ = fmt.Sscanf(goal["flags"].Text, "flags:%d", &want.flags)
	want.server, want.bypass, want.pac = inetText(goal["ProxyServer"]), inetText(goal["ProxyOverride"]), script
	if c.flags == want.flags && c.server == want.server && c.bypass == want.bypass && c.pac == want.pac {
		return nil
	}
	want.counter++
	k, err := registry.OpenKey(registry.CURRENT_USER, connectionKey, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer func() { _ = k.Close() }()
	return k.SetBinaryValue("DefaultConnectionSettings", want.bytes())
}

var (
	wininet           = windows.NewLazySystemDLL("wininet.dll")
	internetSetOption = wininet.NewProc("InternetSetOptionW")
	regSetValueEx     = windows.NewLazySystemDLL("advapi32.dll").NewProc("RegSetValueExW")
)

// Options of InternetSetOption (wininet.h).
const (
	optionRefresh         = 37
	optionSettingsChanged = 39
	optionPerConnection   = 75

	perConnFlags  = 1
	perConnServer = 2
	perConnBypass = 3
	perConnPAC    = 4
)

// perConnOption is INTERNET_PER_CONN_OPTIONW: its value is a union of a number,
// a pointer and a time, eight bytes wide everywhere.
type perConnOption struct {
	option uint32
	_      [unsafe.Sizeof(uintptr(0)) - 4]byte
	text   *uint16
	_      [8 - unsafe.Sizeof(uintptr(0))]byte
}

type perConnList struct {
	size       uint32
	connection *uint16 // nil: the LAN
	count      uint32
	failed     uint32
	options    *perConnOption
}

// setOptions is the documented way.
func setOptions(goal backend.Values, script string) error {
	flags := uint32(flagDirect)
	if goal["flags"].Set {
		_, _ = fmt.Sscanf(goal["flags"].Text, "flags:%d", &flags)
	} else {
		if goal["ProxyEnable"].Text == "dword:1" {
			flags |= flagProxy
		}
		if goal["AutoConfigURL"].Set {
			flags |= flagPAC
		}
		if goal["AutoDetect"].Text == "dword:1" {
			flags |= flagDetect
		}
	}
	options := [4]perConnOption{{option: perConnFlags}, {option: perConnServer}, {option: perConnBypass}, {option: perConnPAC}}
	*(*uint32)(unsafe.Pointer(&options[0].text)) = flags
	for i, value := range []string{inetText(goal["ProxyServer"]), inetText(goal["ProxyOverride"]), script} {
		text, err := windows.UTF16PtrFromString(value)
		if err != nil {
			return err
		}
		options[i+1].text = text
	}
	list := perConnList{count: uint32(len(options)), options: &options[0]}
	list.size = uint32(unsafe.Sizeof(list))
	if internetSetOption.Find() != nil {
		return internetSetOption.Find()
	}
	ok, _, err := internetSetOption.Call(0, optionPerConnection, uintptr(unsafe.Pointer(&list)), uintptr(list.size))
	if ok == 0 {
		return err
	}
	return nil
}

// notifyInet has running programs read the settings again.
func notifyInet() {
	if internetSetOption.Find() != nil {
		return
	}
	_, _, _ = internetSetOption.Call(0, optionSettingsChanged, 0, 0)
	_, _, _ = internetSetOption.Call(0, optionRefresh, 0, 0)
}

func setRaw(k registry.Key, name string, kind uint32, b []byte) error {
	n, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	var at *byte
	if len(b) > 0 {
		at = &b[0]
	}
	code, _, _ := regSetValueEx.Call(uintptr(k), uintptr(unsafe.Pointer(n)), 0, uintptr(kind), uintptr(unsafe.Pointer(at)), uintptr(len(b)))
	if code != 0 {
		return windows.Errno(code)
	}
	return nil
}
