//go:build unix && !darwin

package endtoend

import (
	"os"
	"strings"
	"testing"
)

// profile gives the user a dconf profile with a database of the administrator's,
// in which some keys may be fixed.
func (w *world) profile(locks string) {
	w.t.Helper()
	keys := w.path("keys")
	w.must(os.MkdirAll(keys+"/locks", 0o700))
	w.must(os.WriteFile(keys+"/site", []byte("[system/proxy]\nmode='none'\n"), 0o600))
	w.must(os.WriteFile(keys+"/locks/site", []byte(locks), 0o600))
	w.tool("dconf", "compile", w.path("site.db"), keys)
	w.must(os.WriteFile(w.path("profile"), []byte("user-db:user\nfile-db:"+w.path("site.db")+"\n"), 0o600))
	w.env = append(w.env, "DCONF_PROFILE="+w.path("profile"))
}

// What the administrator has fixed is not changed, and is named.
func TestFixedByTheAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gnome")
	w.profile("/system/proxy/mode\n")
	want := w.tool("gsettings", "list-recursively", "org.gnome.system.proxy")
	r := w.start()
	r.send("enable " + addr)
	if got := r.answer(); !strings.Contains(got, "fixed by the administrator") {
		t.Errorf("it said %q", got)
	}
	byOrder("quit")(w, r)
	if got := w.tool("gsettings", "list-recursively", "org.gnome.system.proxy"); got != want {
		t.Errorf("the keys are\n%s\nwant\n%s", got, want)
	}
}

// Where it cannot be seen which keys the user has set, their values come back.
func TestAnotherDconfProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gnome")
	w.profile("")
	w.set("pac")
	want := w.tool("gsettings", "list-recursively", "org.gnome.system.proxy")
	r := w.start()
	r.ask("enable "+addr, "enabled")
	w.restoredTo(want, byOrder("panic")(w, r), func() string {
		return w.tool("gsettings", "list-recursively", "org.gnome.system.proxy")
	})
}
