//go:build unix && !darwin

package launch

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/internal/host/hosttest"
	"posthouse/app/clients/shellenv"
)

func names(c *host.Computer) (names []string) {
	for _, b := range browsersOf(c) {
		name := b.Name
		if b.Snap != "" {
			name += " snap " + b.Snap
		}
		if b.Flatpak != "" {
			name += " flatpak " + b.Flatpak
		}
		names = append(names, name)
	}
	return names
}

func TestBrowsersAreFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"nothing", nil, nil},
		{"as packages", map[string]string{"/usr/bin/chromium": "", "/usr/bin/firefox-esr": "", "/usr/bin/google-chrome": ""},
			[]string{"Google Chrome", "Chromium", "Firefox"}},
		{"two names of one", map[string]string{"/usr/bin/google-chrome": "", "/usr/bin/google-chrome-stable": "",
			"/usr/bin/brave": ""}, []string{"Google Chrome", "Brave"}},
		{"Ubuntu's scripts for snaps", map[string]string{"/usr/bin/firefox": "#!/bin/sh\nexec /snap/bin/firefox \"$@\"\n",
			"/usr/bin/chromium-browser": "#!/bin/sh\nexec /snap/bin/chromium \"$@\"\n"},
			[]string{"Chromium snap chromium", "Firefox snap firefox"}},
		{"snaps off the PATH", map[string]string{"/snap/bin/chromium": "", "/snap/bin/brave": ""},
			[]string{"Chromium snap chromium", "Brave snap brave"}},
		{"flatpaks", map[string]string{"/usr/bin/flatpak": "", "/var/lib/flatpak/exports/bin/com.google.Chrome": "",
			"/home/u/.local/share/flatpak/exports/bin/org.mozilla.firefox": ""},
			[]string{"Google Chrome flatpak com.google.Chrome", "Firefox flatpak org.mozilla.firefox"}},
		{"flatpaks without flatpak", map[string]string{"/var/lib/flatpak/exports/bin/com.google.Chrome": ""}, nil},
		{"a package before its flatpak", map[string]string{"/usr/bin/flatpak": "", "/usr/bin/microsoft-edge": "",
			"/var/lib/flatpak/exports/bin/com.microsoft.Edge": ""}, []string{"Microsoft Edge"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			here := hosttest.New(t)
			here.OS = "linux"
			for path, text := range c.files {
				here.Program(path, text)
			}
			if got := names(here.Computer); !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// A snap sees no hidden folder, so its profile lies where it may write.
func TestASnapHasItsOwnProfiles(t *testing.T) {
	b := Browser{Snap: "chromium"}
	if parent := b.profilesDir("/home/u/.cache/posthouse/browsers"); !strings.HasSuffix(parent,
		filepath.Join("snap", "chromium", "common", "posthouse-browsers")) {
		t.Errorf("its folder is %s", parent)
	}
	if all := profilesDirs("/standard", "/home/u"); !slices.Contains(all, "/home/u/snap/firefox/common/posthouse-browsers") ||
		all[0] != "/standard" {
		t.Errorf("the folders are %q", all)
	}
}

func TestTerminalCommands(t *testing.T) {
	vars := []shellenv.Variable{{Name: "http_proxy", Value: "http://127.0.0.1:1"}, {Name: "X", Value: "a b"}}
	const command = "env http_proxy=http://127.0.0.1:1 X=a b /bin/sh"
	for _, c := range []struct {
		name   string
		there  []string          // programs
		links  map[string]string // name to program
		chosen string            // TERMINAL
		want   string
	}{
		{"gnome", []string{"gnome-terminal", "xterm"}, nil, "", "gnome-terminal -- " + command},
		{"kde", []string{"konsole", "xterm"}, nil, "", "konsole -e " + command},
		{"xfce", []string{"xfce4-terminal"}, nil, "", "xfce4-terminal -x " + command},
		{"kitty", []string{"kitty"}, nil, "", "kitty"},
		{"wezterm", []string{"wezterm"}, nil, "", "wezterm start -- " + command},
		{"foot", []string{"foot"}, nil, "", "foot"},
		{"alacritty", []string{"alacritty"}, nil, "", "alacritty"},
		{"xterm", []string{"xterm"}, nil, "", "xterm"},
		{"Debian's choice", []string{"kitty", "gnome-terminal"}, map[string]string{"x-terminal-emulator": "kitty"}, "",
			"x-terminal-emulator"},
		{"Debian's wrapper", []string{"gnome-terminal.wrapper", "gnome-terminal"},
			map[string]string{"x-terminal-emulator": "gnome-terminal.wrapper"}, "", "x-terminal-emulator -e " + command},
		{"the user's choice", []string{"foot", "xterm"}, nil, "foot", "foot"},
		{"an unknown choice", []string{"st", "xterm"}, nil, "st", "st -e " + command},
		{"a choice that is not there", []string{"xterm"}, nil, "st", "xterm"},
	} {
		t.Run(c.name, func(t *testing.T) {
			here := hosttest.New(t)
			for _, name := range c.there {
				here.Program("/usr/bin/"+name, "#!/bin/sh\n")
			}
			for name, to := range c.links {
				here.Link("/usr/bin/"+name, to)
			}
			here.Env = here.With("SHELL=/no/such/shell", "TERMINAL="+c.chosen)
			got, err := findTerminal(here.Computer, vars)
			if err != nil {
				t.Fatal(err)
			}
			if line := strings.Join(got.line, " "); line != here.At("/usr/bin")+"/"+c.want {
				t.Errorf("the command is %q, want %q", line, here.At("/usr/bin")+"/"+c.want)
			}
			if own := !strings.Contains(c.want, " "); own != slices.Equal(got.env, []string{"http_proxy=http://127.0.0.1:1", "X=a b"}) {
				t.Errorf("its environment has %q", got.env)
			}
		})
	}
	if _, err := findTerminal(hosttest.New(t).Computer, vars); err != ErrNoTerminal {
		t.Errorf("without a terminal: %v", err)
	}
}
