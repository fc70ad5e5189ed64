//go:build linux

package endtoend

import (
	"strings"
	"testing"

	"posthouse/app/desktop/winetest"
)

// Windows keeps a script's address in the connection's own settings while it is
// switched off: it is a person's, too.
func (w *wine) testRememberedScript(t *testing.T) {
	w = w.in(t)
	w.SetInternet("ProxyEnable", "REG_DWORD", "0")
	for _, value := range []string{"AutoConfigURL", "ProxyServer"} {
		_, _ = w.Try("wine", "reg", "delete", winetest.InternetSettings, "/v", value, "/f") // it may not be there
	}
	w.SetInternet("DefaultConnectionSettings", "REG_BINARY", connectionValue(9, "", "", "http://pac.corp/remembered.pac"))
	want := w.Internet()
	p := w.start()
	p.ask("enable "+addr, "enabled")
	if on := w.Internet(); !strings.Contains(on, addr) {
		t.Fatalf("nothing was switched on:\n%s", on)
	}
	w.restored(want, p.kill())
	_ = p.in.Close()
}
