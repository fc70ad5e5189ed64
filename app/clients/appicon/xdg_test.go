//go:build unix && !darwin

package appicon

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// machine is a computer of a test's own, below a folder.
type machine struct {
	*computer
	t    *testing.T
	root string
}

func newMachine(t *testing.T) *machine {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, root: root}
	m.computer = &computer{root: root, home: m.at("/home/u"), config: m.at("/home/u/.config"),
		data: []string{m.at("/home/u/.local/share"), m.at("/usr/share")}, path: []string{m.at("/usr/local/bin"), m.at("/usr/bin")}}
	return m
}

func (m *machine) at(path string) string { return filepath.Join(m.root, path) }

// write writes a file, and makes it a program where it lies among such.
func (m *machine) write(path, content string) {
	m.t.Helper()
	mode := os.FileMode(0o600)
	if !strings.Contains(path, "/share/applications") && !strings.HasSuffix(path, ".png") {
		mode = 0o700
	}
	if err := os.MkdirAll(filepath.Dir(m.at(path)), 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(m.at(path), []byte(content), mode); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) link(path, to string) {
	m.t.Helper()
	_ = os.MkdirAll(filepath.Dir(m.at(path)), 0o700)
	if err := os.Symlink(to, m.at(path)); err != nil {
		m.t.Fatal(err)
	}
}

// entry writes a desktop entry; ROOT in it is the machine's.
func (m *machine) entry(path, exec, icon string, more ...string) {
	m.t.Helper()
	m.write(path, strings.ReplaceAll("# a comment\n[Desktop Entry]\nType=Application\nName=A\nExec="+exec+"\nIcon="+icon+"\n"+strings.Join(more, "\n")+
		"\n[Desktop Action new]\nExec=other\nIcon=other\n", "ROOT", m.root))
}

func (m *machine) icon(path string, pid int32) string {
	return m.iconName(m.readIndex(), Program{m.at(path), pid})
}

const apps, elf = "/usr/share/applications/", "\x7fELF"

func TestTheEntryOfAProgram(t *testing.T) {
	m := newMachine(t)
	for _, path := range []string{"/usr/bin/plain", "/usr/lib/linked/linked", "/usr/bin/python3", "/usr/bin/sh", "/usr/bin/quo ted", "/usr/bin/tool", "/usr/bin/twice",
		"/usr/bin/terminal", "/usr/bin/shown", "/usr/bin/envied", "/usr/bin/own", "/usr/bin/hidden", "/usr/bin/alone", "/usr/bin/optional", "/usr/bin/snap", "/opt/a b/100%"} {
		m.write(path, elf)
	}
	m.link("/usr/bin/linked", "../lib/linked/linked")
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
	m.write(apps+"link.desktop", "[Desktop Entry]\nType=Link\nExec=plain\nIcon=wrong\n")
	m.write(apps+"iconless.desktop", "[Desktop Entry]\nType=Application\nExec=plain\n")
	for path, want := range map[string]string{
		"/usr/bin/plain":         "plain-icon",
		"/usr/lib/linked/linked": "linked-icon",
		"/usr/bin/linked":        "linked-icon",
		"/usr/bin/python3":       "", // told by a word what to do: it may be anything
		"/usr/bin/sh":            "",
		"/usr/bin/tool":          "tool-icon",
		"/usr/bin/quo ted":       "",
		"/opt/a b/100%":          "percent-icon",
		"/usr/bin/twice":         "", // two disagree
		"/usr/bin/terminal":      "",
		"/usr/bin/envied":        "envied-icon",
		"/usr/bin/own":           "own-icon",
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

// A script that starts a program stands for it where it names it and no
// folder of everybody's programs is between.
func TestScriptsThatStartAProgram(t *testing.T) {
	m := newMachine(t)
	for _, path := range []string{"/opt/google/chrome/chrome", "/opt/google/chrome/helper", "/usr/lib/chromium/chromium", "/usr/lib/other/chromium", "/usr/lib/office/soffice.bin",
		"/usr/bin/curl", "/opt/native/worker", "/usr/lib/braces/braces", "/usr/lib/long/long"} {
		m.write(path, elf)
	}
	m.write("/opt/google/chrome/google-chrome", "#!/bin/bash\nHERE=\"`dirname \"$0\"`\"\n# helper\nexec -a \"$0\" \"$HERE/chrome\" \"$@\"\n")
	m.link("/usr/bin/google-chrome", m.at("/opt/google/chrome/google-chrome"))
	m.entry(apps+"chrome.desktop", "ROOT/usr/bin/google-chrome %U", "google-chrome")
	m.write("/usr/bin/chromium", "#!/bin/sh\nAPPNAME=chromium\nLIBDIR="+m.at("/usr/lib")+"/$APPNAME\nexec $LIBDIR/$APPNAME $FLAGS \"$@\"\n")
	m.entry(apps+"chromium.desktop", "chromium %U", "chromium")
	m.write("/usr/bin/braces", "#!/bin/sh\nD='"+m.at("/usr/lib")+"'\n(exec ${D}/${0x}braces; exec \"${D}/braces/braces\")\n")
	m.entry(apps+"braces.desktop", "braces", "braces-icon")
	m.write("/usr/lib/office/soffice", "#!/bin/sh\nexec \"$0\".bin\n")
	m.entry(apps+"office.desktop", "ROOT/usr/lib/office/soffice %U", "office")
	m.entry(apps+"writer.desktop", "ROOT/usr/lib/office/soffice --writer %U", "writer")
	m.write("/usr/local/bin/fetch", "#!/bin/sh\nexec "+m.at("/usr/bin/curl")+"\n")
	m.entry(apps+"fetch.desktop", "fetch", "fetch-icon")
	m.write("/opt/native/native", elf+" worker")
	m.entry(apps+"native.desktop", "ROOT/opt/native/native", "native-icon")
	m.write("/usr/bin/long", "#!/bin/sh\nexec "+m.at("/usr/lib/long/long")+"\n"+strings.Repeat("#\n", maxScript))
	m.entry(apps+"long.desktop", "long", "long-icon")
	for path, want := range map[string]string{
		"/opt/google/chrome/chrome":   "google-chrome",
		"/opt/google/chrome/helper":   "", // the script names it in a comment only
		"/usr/lib/chromium/chromium":  "chromium",
		"/usr/lib/other/chromium":     "",
		"/usr/lib/braces/braces":      "braces-icon",
		"/usr/lib/office/soffice.bin": "office",
		"/usr/bin/curl":               "", // scripts of others use it
		"/opt/native/worker":          "", // no script
		"/usr/lib/long/long":          "",
	} {
		if got := m.icon(path, 0); got != want {
			t.Errorf("%s has %q, want %q", path, got, want)
		}
	}
}

func TestExpandIsBounded(t *testing.T) {
	variables := map[string]string{"A": strings.Repeat("x", maxExpanded)}
	if got := expand("$A$A$A/${A}", variables); len(got) != maxExpanded {
		t.Errorf("%d bytes", len(got))
	}
	for word, want := range map[string]string{"$": "$", "${": "${", "$1x": "$1x", "${B}c": "${B}c", "a$": "a$", "$B": "$B", "": "", "x$$": "x$$"} {
		if got := expand(word, variables); got != want {
			t.Errorf("%q is %q, want %q", word, got, want)
		}
	}
}

func TestSnapsAndFlatpaks(t *testing.T) {
	m := newMachine(t)
	snapd := "/var/lib/snapd/desktop/applications/"
	m.entry(snapd+"firefox_firefox.desktop", "/snap/bin/firefox %u", "/snap/firefox/1/icon.png", "X-SnapInstanceName=firefox")
	m.entry(snapd+"suite_a.desktop", "/snap/bin/suite.a", "a", "X-SnapInstanceName=suite")
	m.entry(snapd+"suite_b.desktop", "/snap/bin/suite.b", "b", "X-SnapInstanceName=suite")
	m.entry("/home/u/.local/share/flatpak/exports/share/applications/org.a.App.desktop", "/usr/bin/flatpak run org.a.App", "org.a.App", "X-Flatpak=org.a.App")
	for pid, id := range map[string]string{"7": "org.a.App", "8": "org.unknown.App"} {
		m.write("/proc/"+pid+"/root/.flatpak-info", "[Application]\nname="+id+"\n[Instance]\nname=other\n")
		m.link("/proc/"+pid+"/exe", "/app/bin/app")
	}
	m.write("/proc/9/root/.flatpak-info", "[Application]\nname=org.a.App\n")
	m.link("/proc/9/exe", "/app/bin/another")
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
	x := m.readIndex()
	for pid, want := range map[int32]string{7: "org.a.App", 8: "", 9: "", 10: "", 0: "", -1: ""} {
		if got := m.iconName(x, Program{"/app/bin/app", pid}); got != want {
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

const themeIndex = "[Icon Theme]\nName=A\nInherits=%s\nDirectories=16x16/apps,32x32/apps,scalable/apps,../../../out\nScaledDirectories=16x16@2/apps\n" +
	"[16x16/apps]\nSize=16\n[32x32/apps]\nSize=32\n[scalable/apps]\nSize=48\nType=Scalable\n[16x16@2/apps]\nSize=16\nScale=2\n[../../../out]\nSize=16\n"

func TestIconsOfThemes(t *testing.T) {
	m := newMachine(t)
	green := color.NRGBA{G: 255, A: 255}
	icons, mine := "/usr/share/icons/", "/home/u/.local/share/icons/"
	m.write(icons+"hicolor/index.theme", fmt.Sprintf(themeIndex, ""))
	m.write(icons+"Parent/index.theme", fmt.Sprintf(themeIndex, "Chosen,hicolor"))
	m.write(icons+"Chosen/index.theme", fmt.Sprintf(themeIndex, "Parent"))
	m.write("/home/u/.config/gtk-3.0/settings.ini", "[Settings]\ngtk-icon-theme-name=Chosen\n")
	put := func(path string, size int, c color.Color) { m.write(path, string(encodePNG(plain(size, c)))) }
	put(icons+"hicolor/16x16/apps/sizes.png", 16, red)
	put(icons+"hicolor/16x16@2/apps/sizes.png", 32, blue)
	put(icons+"hicolor/16x16/apps/both.png", 16, red)
	put(icons+"Chosen/16x16/apps/both.png", 16, green)
	put(icons+"Parent/16x16/apps/inherited.png", 16, blue)
	put(mine+"hicolor/32x32/apps/mine.png", 32, red)
	m.write(icons+"hicolor/scalable/apps/drawn.svg", fmt.Sprintf(drawing, ""))
	put("/usr/share/pixmaps/loose.png", 48, blue)
	put("/usr/share/out/outside.png", 16, red)
	put("/elsewhere/own.png", 20, red)
	for name, want := range map[string][2]any{
		"sizes": {red, blue}, "both": {green, green}, "inherited": {blue, blue}, "mine": {red, red}, "drawn": {red, red}, "loose": {blue, blue},
		"loose.png": {blue, blue}, m.at("/elsewhere/own.png"): {red, red},
		"none": {}, "../pixmaps/loose": {}, "": {}, m.at("/elsewhere/none.png"): {}, "outside": {}, ".hidden": {}, "/dev/zero": {},
	} {
		icon := newIcon(m.pictures(name))
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

// However much there is, what is read and asked for has bounds.
func TestThemesAreBounded(t *testing.T) {
	m := newMachine(t)
	var dirs, parents []string
	for i := range 2 * maxThemeDirs {
		dirs = append(dirs, fmt.Sprint("d", i))
	}
	for i := range 100 {
		parents = append(parents, fmt.Sprint("T", i))
		m.write(fmt.Sprintf("/usr/share/icons/T%d/index.theme", i), fmt.Sprintf("[Icon Theme]\nInherits=T%d,T%d\nDirectories=%s\n", i+1, i, strings.Join(dirs, ",")))
	}
	m.write("/usr/share/icons/hicolor/index.theme", "[Icon Theme]\nDirectories=d1\nInherits="+strings.Join(parents, ","))
	l := &look{bases: m.iconBases(), left: maxLooks}
	chain := l.chain([]string{"T0"})
	if len(chain) != maxThemes || chain[0].name != "T0" || chain[maxThemes-1].name != "hicolor" || len(chain[0].dirs) != maxThemeDirs {
		t.Errorf("%d themes, %d folders", len(chain), len(chain[0].dirs))
	}
	l.left = 3
	if l.in(&chain[0], "a"); l.left > 0 {
		t.Errorf("%d files may still be asked for", l.left)
	}
	m.write("/usr/share/icons/T0/d1/a.png", string(encodePNG(plain(16, red))))
	if l.left = 2; len(l.in(&chain[0], "a")) != 0 {
		t.Error("more files are asked for than may be")
	}
}

func TestEntriesAreBounded(t *testing.T) {
	m := newMachine(t)
	m.write("/usr/bin/a", elf)
	for i := range maxEntries + 50 {
		m.entry(fmt.Sprintf("/home/u/.local/share/applications/%d.desktop", i), "a", "icon")
	}
	m.entry(apps+"late.desktop", "a", "icon")
	if x := m.readIndex(); len(x.entries) != maxEntries {
		t.Errorf("%d entries are kept", len(x.entries))
	}
	deep := newMachine(t)
	deep.write("/usr/bin/a", elf)
	deep.entry(apps+"1/2/3/4/a.desktop", "a", "icon")
	deep.entry(apps+"large.desktop", "a", "icon", strings.Repeat("#", maxEntryFile))
	if err := syscall.Mkfifo(deep.at(apps+"pipe.desktop"), 0o600); err != nil {
		t.Fatal(err)
	}
	if x := deep.readIndex(); len(x.entries) != 0 {
		t.Errorf("%d entries are read: too deep, too large or from a pipe", len(x.entries))
	}
	deep.data = slices.Repeat([]string{"relative", "/a", "/a/../a"}, 100)
	for i := range 100 {
		deep.data = append(deep.data, fmt.Sprint("/", i))
	}
	if n := len(deep.places()); n != maxPlaces {
		t.Errorf("%d places", n)
	}
}

func TestCommandWords(t *testing.T) {
	for exec, want := range map[string][]string{
		"a": {"a"}, " a  b\t%U ": {"a", "b"}, `"a b" --c="d"`: nil, `"a \"b\" \$c \\" %%`: {`a "b" $c \`, "%"}, `"a`: nil, "a 'b'": nil, "": nil, `""`: {""}, "a %u%f": {"a", "%u%f"},
		strings.Repeat("a ", maxWords+1): nil,
	} {
		if got := commandWords(exec); !slices.Equal(got, want) {
			t.Errorf("%q has the words %q, want %q", exec, got, want)
		}
	}
}

// The whole way, as a Service goes it.
func TestIconOfAProgramHere(t *testing.T) {
	m := newMachine(t)
	m.write("/usr/bin/a", elf)
	m.entry(apps+"a.desktop", "a", "a-icon")
	m.write("/usr/share/pixmaps/a-icon.png", string(encodePNG(plain(32, red))))
	a := ask(t, func(p Program) *Icon { return m.find(m.readIndex(), p) })
	if icon := a.answer(Of(m.at("/usr/bin/a"), 7)); icon == nil || middle(icon.At(16)) != red {
		t.Error("it is not found")
	}
	if a.answer(Of(m.at("/usr/bin/b"), 7)) != nil {
		t.Error("there is an icon for what is not installed")
	}
	find, began := System(), time.Now() // whatever is installed on this machine
	find(Program{Path: m.at("/usr/bin/a")})
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("looking through this machine took %v", took)
	}
}

func FuzzParseEntry(f *testing.F) {
	f.Add([]byte("[Desktop Entry]\nType=Application\nExec=\"a b\" --c %U\nTryExec=d\nIcon=e\n"), "A=/b\nexec \"${A}/c\" $D\n")
	f.Add([]byte("[Icon Theme]\nDirectories=16\n[16]\nSize=16\n"), "#!/bin/sh\n")
	f.Fuzz(func(t *testing.T, b []byte, script string) {
		if e, ok := parseEntry(b); ok {
			e.commands()
		}
		for word := range strings.FieldsSeq(script) {
			if got := expand(word, map[string]string{"A": script}); len(got) > maxExpanded {
				t.Error(len(got))
			}
		}
	})
}
