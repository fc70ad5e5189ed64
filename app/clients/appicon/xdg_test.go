//go:build unix && !darwin

package appicon

import (
	"fmt"
	"image/color"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/app/clients/internal/host/hosttest"
)

// machine is a computer with desktop entries.
type machine struct{ *hosttest.Computer }

func newMachine(t *testing.T) *machine { return &machine{hosttest.New(t)} }

// entry writes a desktop entry; ROOT in it is the machine's.
func (m *machine) entry(path, exec, icon string, more ...string) {
	m.Write(path, strings.ReplaceAll("# a comment\n[Desktop Entry]\nType=Application\nName=A\nExec="+exec+"\nIcon="+icon+"\n"+
		strings.Join(more, "\n")+"\n[Desktop Action new]\nExec=other\nIcon=other\n", "ROOT", m.Root))
}

func (m *machine) icon(path string, pid int32) string {
	return iconName(m.Computer.Computer, readEntries(m.Computer.Computer), Program{m.At(path), pid})
}

const apps, elf = "/usr/share/applications/", "\x7fELF"

func TestTheEntryOfAProgram(t *testing.T) {
	m := newMachine(t)
	for _, path := range []string{"/usr/bin/plain", "/usr/lib/linked/linked", "/usr/bin/python3", "/usr/bin/sh", "/usr/bin/quo ted",
		"/usr/bin/tool", "/usr/bin/twice",
		"/usr/bin/terminal", "/usr/bin/shown", "/usr/bin/envied", "/usr/bin/own", "/usr/bin/hidden",
		"/usr/bin/alone", "/usr/bin/optional", "/usr/bin/snap", "/opt/a b/100%"} {
		m.Program(path, elf)
	}
	m.Link("/usr/bin/linked", "../lib/linked/linked")
	m.entry(apps+"plain.desktop", "plain %U", "plain-icon")
	m.entry(apps+"linked.desktop", "ROOT/usr/bin/linked --class=x %F", "linked-icon")
	m.entry(apps+"python.desktop", "python3 -m idlelib", "idle", "TryExec=python3")
	m.entry(apps+"shell.desktop", `sh -c "tool; true"`, "tool-icon", "TryExec=tool")
	m.entry(apps+"quoted.desktop", `"ROOT/usr/bin/quo ted" "%%" `, "wrong")
	m.entry(apps+"percent.desktop", `"ROOT/opt/a b/100%%" %u`, "percent-icon")
	m.entry(apps+"one.desktop", "twice", "one")
	m.entry(apps+"other.desktop", "twice", "another")
	m.entry(apps+"mail.desktop", "terminal -e mutt", "mutt", "TryExec=terminal")
	m.entry(apps+"env.desktop", "env A=1 B=2 envied %f", "envied-icon")
	m.entry(apps+"sub/folder/own.desktop", "own", "own-icon")
	m.entry(apps+"hidden.desktop", "hidden", "wrong")
	m.entry("/home/u/.local/share/applications/hidden.desktop", "hidden", "wrong", "Hidden=true")
	m.entry(apps+"shown.desktop", "shown", "old")
	m.entry("/home/u/.local/share/applications/shown.desktop", "shown", "new", "NoDisplay=true")
	m.entry(apps+"alone.desktop", "alone", "alone-icon")
	m.entry(apps+"special.desktop", "alone --special", "special-icon")
	m.entry(apps+"a.desktop", "optional --a", "one-icon")
	m.entry(apps+"b.desktop", "optional --b", "one-icon")
	m.entry(apps+"relative.desktop", "../bin/plain", "wrong")
	m.entry(apps+"torn.desktop", `"plain`, "wrong")
	m.entry(apps+"snap.desktop", "ROOT/usr/bin/snap", "wrong", "X-SnapInstanceName=some")
	m.Write(apps+"link.desktop", "[Desktop Entry]\nType=Link\nExec=plain\nIcon=wrong\n")
	m.Write(apps+"iconless.desktop", "[Desktop Entry]\nType=Application\nExec=plain\n")
	for path, want := range map[string]string{
		"/usr/bin/plain":         "plain-icon",
		"/usr/lib/linked/linked": "linked-icon",
		"/usr/bin/linked":        "linked-icon",
		"/usr/bin/python3":       "", // told by a word what to do: it may be anything
		"/usr/bin/sh":            "",
		"/usr/bin/tool":          "", // a shell starts it
		"/usr/bin/quo ted":       "",
		"/opt/a b/100%":          "percent-icon",
		"/usr/bin/twice":         "", // two disagree
		"/usr/bin/terminal":      "",
		"/usr/bin/envied":        "",
		"/usr/bin/own":           "", // its entry lies in a folder
		"/usr/bin/hidden":        "",
		"/usr/bin/shown":         "new",
		"/usr/bin/alone":         "alone-icon",
		"/usr/bin/optional":      "one-icon",
		"/usr/bin/snap":          "",
		"/usr/bin/none":          "",
		"/home/u/plain":          "", // of the same name, elsewhere
	} {
		if got := m.icon(path, 0); got != want {
			t.Errorf("%s has %q, want %q", path, got, want)
		}
	}
}

// A program in its package's folder has the icon of what is started beside it, as
// Chrome's has; elsewhere what lies beside it is another's.
func TestProgramsBesideTheOneThatIsStarted(t *testing.T) {
	m := newMachine(t)
	for _, path := range []string{"/opt/google/chrome/google-chrome", "/opt/google/chrome/chrome",
		"/opt/google/chrome/crashpad/helper", "/usr/lib/office/soffice",
		"/usr/lib/office/soffice.bin", "/usr/lib/loose", "/usr/lib/other", "/usr/bin/editor",
		"/usr/bin/curl", "/opt/two/a", "/opt/two/b", "/opt/two/c"} {
		m.Program(path, elf)
	}
	m.Link("/usr/bin/google-chrome", m.At("/opt/google/chrome/google-chrome"))
	m.entry(apps+"chrome.desktop", "google-chrome %U", "chrome-icon")
	m.entry(apps+"pwa.desktop", "ROOT/opt/google/chrome/google-chrome --app-id=x", "pwa-icon")
	m.entry(apps+"office.desktop", "ROOT/usr/lib/office/soffice --writer %U", "office-icon")
	m.entry(apps+"loose.desktop", "ROOT/usr/lib/loose", "loose-icon")
	m.entry(apps+"editor.desktop", "editor", "editor-icon")
	m.entry(apps+"a.desktop", "ROOT/opt/two/a", "a-icon")
	m.entry(apps+"b.desktop", "ROOT/opt/two/b", "b-icon")
	for path, want := range map[string]string{
		"/opt/google/chrome/google-chrome":   "chrome-icon",
		"/opt/google/chrome/chrome":          "chrome-icon",
		"/opt/google/chrome/crashpad/helper": "", // another folder
		"/usr/lib/office/soffice.bin":        "office-icon",
		"/usr/lib/other":                     "", // a folder of all packages
		"/usr/bin/curl":                      "",
		"/opt/two/a":                         "a-icon",
		"/opt/two/c":                         "", // two disagree
	} {
		if got := m.icon(path, 0); got != want {
			t.Errorf("%s has %q, want %q", path, got, want)
		}
	}
}

func TestSnapsAndFlatpaks(t *testing.T) {
	m := newMachine(t)
	snapd := "/var/lib/snapd/desktop/applications/"
	m.entry(snapd+"firefox_firefox.desktop", "/snap/bin/firefox %u", "/snap/firefox/1/icon.png", "X-SnapInstanceName=firefox")
	m.entry(snapd+"suite_a.desktop", "/snap/bin/suite.a", "a", "X-SnapInstanceName=suite")
	m.entry(snapd+"suite_b.desktop", "/snap/bin/suite.b", "b", "X-SnapInstanceName=suite")
	m.entry("/home/u/.local/share/flatpak/exports/share/applications/org.a.App.desktop", "/usr/bin/flatpak run org.a.App",
		"org.a.App", "X-Flatpak=org.a.App")
	for pid, id := range map[string]string{"7": "org.a.App", "8": "org.unknown.App"} {
		m.Write("/proc/"+pid+"/root/.flatpak-info", "[Application]\nname="+id+"\n[Instance]\nname=other\n")
		m.Link("/proc/"+pid+"/exe", "/app/bin/app")
	}
	m.Write("/proc/9/root/.flatpak-info", "[Application]\nname=org.a.App\n")
	m.Link("/proc/9/exe", "/app/bin/another")
	for path, want := range map[string]string{
		"/snap/firefox/1/usr/lib/firefox/firefox":    "/snap/firefox/1/icon.png",
		"/var/lib/snapd/snap/firefox/2/bin/anything": "/snap/firefox/1/icon.png",
		"/snap/suite/1/bin/a":                        "",
		"/snap/none/1/bin/a":                         "",
		"/snap/bin/firefox":                          "",
	} {
		if got := m.icon(path, 0); got != want {
			t.Errorf("%s has %q, want %q", path, got, want)
		}
	}
	all := readEntries(m.Computer.Computer)
	for pid, want := range map[int32]string{7: "org.a.App", 8: "", 9: "", 10: "", 0: "", -1: ""} {
		if got := iconName(m.Computer.Computer, all, Program{"/app/bin/app", pid}); got != want {
			t.Errorf("process %d has %q, want %q", pid, got, want)
		}
	}
	if Of("/app/bin/app", 7) == Of("/app/bin/app", 8) || Of("/usr/bin/a", 7) != Of("/usr/bin/a", 8) {
		t.Error("programs are told apart by something else")
	}
	if Of(strings.Repeat("/x", maxPath/2), 1) != (Program{}) {
		t.Error("a path that was cut counts")
	}
}

func TestIconsOfThemes(t *testing.T) {
	m := newMachine(t)
	green := color.NRGBA{G: 255, A: 255}
	icons, mine := "/usr/share/icons/", "/home/u/.local/share/icons/"
	put := func(path string, size int, c color.Color) { m.Write(path, string(encodePNG(plain(size, c)))) }
	put(icons+"hicolor/16x16/apps/sizes.png", 16, red)
	put(icons+"hicolor/32x32/apps/sizes.png", 32, blue)
	put(icons+"hicolor/16x16/apps/both.png", 16, red)
	put(icons+"Adwaita/16x16/legacy/both.png", 16, green)
	put(icons+"Adwaita/16x16/legacy/shared.png", 16, green)
	put(mine+"hicolor/32x32/apps/mine.png", 32, red)
	m.Write(icons+"hicolor/scalable/apps/drawn.svg", fmt.Sprintf(drawing, ""))
	m.Write(icons+"breeze/apps/48/kde.svg", fmt.Sprintf(drawing, ""))
	put("/usr/share/pixmaps/loose.png", 48, blue)
	put("/usr/share/out/outside.png", 16, red)
	put("/elsewhere/own.png", 20, red)
	for name, want := range map[string][2]any{
		"sizes": {red, blue}, "both": {red, red}, "shared": {green, green}, "mine": {red, red}, "drawn": {red, red},
		"kde": {red, red}, "loose": {blue, blue},
		"loose.png": {blue, blue}, m.At("/elsewhere/own.png"): {red, red},
		"none": {}, "../pixmaps/loose": {}, "": {}, m.At("/elsewhere/none.png"): {}, "outside": {}, ".hidden": {}, "/dev/zero": {},
	} {
		icon := newIcon(pictures(m.Computer.Computer, name))
		if icon == nil {
			if want != [2]any{} {
				t.Errorf("%s has no picture", name)
			}
			continue
		}
		if got := [2]any{middle(icon.At(16)), middle(icon.At(32))}; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

func TestEntriesAreBounded(t *testing.T) {
	m := newMachine(t)
	m.Program("/usr/bin/a", elf)
	for i := range maxEntries + 50 {
		m.entry(fmt.Sprintf("/home/u/.local/share/applications/%d.desktop", i), "a", "icon")
	}
	m.entry(apps+"late.desktop", "a", "icon")
	if all := readEntries(m.Computer.Computer); len(all) != maxEntries {
		t.Errorf("%d entries are kept", len(all))
	}
	other := newMachine(t)
	other.Program("/usr/bin/a", elf)
	other.entry(apps+"sub/a.desktop", "a", "icon")
	other.entry(apps+"large.desktop", "a", "icon", strings.Repeat("#", maxEntryFile))
	if err := syscall.Mkfifo(other.At(apps+"pipe.desktop"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all := readEntries(other.Computer.Computer); len(all) != 0 {
		t.Errorf("%d entries are read: in a folder, too large or from a pipe", len(all))
	}
	dirs := "relative"
	for i := range 2 * maxPlaces {
		dirs += fmt.Sprint(":/", i)
	}
	if other.Env = other.With("XDG_DATA_DIRS=" + dirs); len(dataDirs(other.Computer.Computer)) != maxPlaces {
		t.Errorf("%d places", len(dataDirs(other.Computer.Computer)))
	}
}

func TestCommands(t *testing.T) {
	type command struct {
		program string
		options bool
	}
	for exec, want := range map[string]command{
		"a": {"a", false}, "a  %U ": {"a", false}, "/b/a --c=d -e %f": {"/b/a", true}, `"a b" --c="d"`: {"a b", true},
		`"a b%%"`: {"a b%", false},
		"a b":     {}, "a %u%f": {}, `"a`: {}, "'a'": {}, `"a\"b"`: {}, `sh -c "a; b"`: {}, "env A=1 a": {}, "": {},
	} {
		if program, options := parseExec(exec); program != want.program || program != "" && options != want.options {
			t.Errorf("%q is %q %v, want %+v", exec, program, options, want)
		}
	}
}

// The whole way, as a Service goes it.
func TestIconOfAProgramHere(t *testing.T) {
	m := newMachine(t)
	m.Program("/usr/bin/a", elf)
	m.entry(apps+"a.desktop", "a", "a-icon")
	m.Write("/usr/share/pixmaps/a-icon.png", string(encodePNG(plain(32, red))))
	a := ask(t, func(p Program) *Icon { return find(m.Computer.Computer, readEntries(m.Computer.Computer), p) })
	if icon := a.answer(Of(m.At("/usr/bin/a"), 7)); icon == nil || middle(icon.At(16)) != red {
		t.Error("it is not found")
	}
	if a.answer(Of(m.At("/usr/bin/b"), 7)) != nil {
		t.Error("there is an icon for what is not installed")
	}
	find, began := System(), time.Now() // whatever is installed on this machine
	find(Program{Path: m.At("/usr/bin/a")})
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("looking through this machine took %v", took)
	}
}

func FuzzParseEntry(f *testing.F) {
	f.Add([]byte("[Desktop Entry]\nType=Application\nExec=\"a b\" --c %U\nTryExec=d\nIcon=e\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, ok := parseEntry(b); ok && e.icon == "" {
			t.Errorf("%+v", e)
		}
	})
}
