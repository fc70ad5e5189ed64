package host_test

import (
	"os"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/internal/host/hosttest"
)

func TestMain(m *testing.M) {
	if part := os.Getenv("POSTHOUSE_TEST_PLAY"); part != "" {
		os.Exit(play(part))
	}
	goleak.VerifyTestMain(m)
}

func TestTheLastVariableCounts(t *testing.T) {
	c := host.Computer{OS: "linux", Env: []string{"A=1", "a=2", "B", "A=3"}}
	if c.Get("A") != "3" || c.Get("a") != "2" || c.Get("B") != "" || c.Get("C") != "" {
		t.Errorf("%q", c.Env)
	}
	if c.OS = "windows"; c.Get("a") != "3" {
		t.Errorf("Windows: %q", c.Get("a"))
	}
	if got := c.With("A="); len(c.Env) != 4 || got[len(got)-1] != "A=" {
		t.Errorf("%q, %q", got, c.Env)
	}
}

func TestProgramsAreFound(t *testing.T) {
	c := hosttest.New(t)
	first := c.Program("/usr/local/bin/both", "")
	c.Program("/usr/bin/both", "")
	second := c.Program("/usr/bin/second", "")
	c.Write("/usr/bin/text", "")
	for want, names := range map[string][]string{first: {"both"}, second: {"none", "second", "both"},
		"": {"none", "text", c.At("/usr/bin/none")}} {
		if got := c.Find(names...); got != want {
			t.Errorf("%q: %q, want %q", names, got, want)
		}
	}
	if got := c.Find(second); got != second {
		t.Errorf("by its path: %q", got)
	}
	// A relative folder of PATH is wherever Posthouse was started.
	t.Chdir(c.At("/usr"))
	if c.Dirs = []string{"bin", "."}; c.Find("second") != "" {
		t.Error("a program is found in the folder that happens to be the current one")
	}
}

// What the Store offers in place of Python is none; Windows Terminal lies beside it.
func TestStubsOfWindows(t *testing.T) {
	c := hosttest.New(t)
	c.OS = "windows"
	stub := c.Program(`/usr/bin/x\Microsoft\WindowsApps\python3.exe`, "") // a name here, a path there
	terminal := c.Program(`/usr/bin/x\Microsoft\WindowsApps\wt.exe`, "")
	real := c.Program(`/usr/local/bin/x\Microsoft\WindowsApps\python3.exe`, "MZ")
	for path, want := range map[string]bool{stub: true, terminal: false, real: false} {
		if got := host.IsStub(path, c.OS); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestPlacesOnEachSystem(t *testing.T) {
	for system, want := range map[string]struct{ profiles, sealed, stores, paths int }{
		"linux": {4, 2, 2, 0}, "darwin": {1, 0, 0, 2}, "windows": {1, 0, 0, 1},
	} {
		c := hosttest.New(t)
		c.OS, c.Env = system, []string{`APPDATA=C:\a`, `ProgramFiles=C:\p`}
		sealed := 0
		for _, p := range c.FirefoxProfiles() {
			if p.Sealed {
				sealed++
			}
		}
		_, stores := c.ChromeStores()
		if got := len(c.FirefoxProfiles()); got != want.profiles || sealed != want.sealed || len(stores) != want.stores ||
			len(c.ProgramPaths(&host.Chrome)) != want.paths {
			t.Errorf("%s: %v, %v, %v", system, c.FirefoxProfiles(), stores, c.ProgramPaths(&host.Chrome))
		}
	}
}

func TestABrowserOfAMac(t *testing.T) {
	c := hosttest.New(t)
	c.OS = "darwin"
	if _, ok := c.FindBrowser(&host.Firefox); ok {
		t.Error("one is found where there is none")
	}
	want := c.Program("/home/u/Applications/"+host.Firefox.Bundle, "")
	if got, ok := c.FindBrowser(&host.Firefox); !ok || got.Path != want {
		t.Errorf("%+v", got)
	}
}

func TestSealedPrograms(t *testing.T) {
	c := hosttest.New(t)
	for path, want := range map[string]bool{
		c.Program("/usr/bin/plain", "\x7fELF /snap/bin/x"):                        false,
		c.Program("/usr/bin/firefox", "#!/bin/sh\nexec /snap/bin/firefox \"$@\""): true,
		c.Program("/snap/bin/chromium", ""):                                       true,
		c.Link("/usr/bin/linked", c.Program("/usr/libexec/snap", "")):             true,
		c.Program("/x/flatpak/exports/bin/org.a.App", ""):                         true,
		"/var/lib/flatpak/exports/bin/org.a.App":                                  true,
	} {
		if got := host.Sealed(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestFilesAndFolders(t *testing.T) {
	c := hosttest.New(t)
	path := c.Write("/file", "12345")
	if !host.Exists(c.Home) || host.IsFile(c.Home) || host.IsProgram(c.Home) || host.Writable(c.Home) ||
		host.Writable(c.At("/none")) || !host.Writable(path) {
		t.Error("a folder is taken for a file, or the other way round")
	}
}

func TestStoresOfJava(t *testing.T) {
	c := hosttest.New(t)
	if got := host.JavaStore(""); got != "" {
		t.Errorf("of no Java: %s", got)
	}
	want := c.Write("/java/lib/security/cacerts", "")
	if got := host.JavaStore(c.At("/java")); got != want {
		t.Error(got)
	}
	want = c.Write("/java/jre/lib/security/cacerts", "")
	if got := host.JavaStore(c.At("/java")); got != want {
		t.Error(got)
	}
}

func TestUsualFoldersComeLast(t *testing.T) {
	c := hosttest.New(t)
	for _, system := range []string{"linux", "darwin", "windows"} {
		c.OS, c.Dirs = system, []string{"/first"}
		c.AddUsualDirs()
		if c.Dirs[0] != "/first" || slices.Contains(c.Dirs, "/usr/local/bin") != (system != "windows") {
			t.Errorf("%s: %q", system, c.Dirs)
		}
	}
}
