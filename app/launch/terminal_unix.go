//go:build unix && !darwin

package launch

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"posthouse/app/shellvars"
)

// terminals are those that are known, in the order in which they are looked for.
// Most of them hand a new window over to a process that runs already, and
// its environment is not ours: so all are told to run env, which sets the
// variables whatever the terminal does. run is what stands before that command.
var terminals = []struct {
	name string
	run  []string
}{
	{"x-terminal-emulator", []string{"-e"}}, // Debian's name for the one that was chosen
	{"gnome-terminal", []string{"--"}},
	{"ptyxis", []string{"--new-window", "--"}},
	{"konsole", []string{"-e"}},
	{"xfce4-terminal", []string{"-x"}},
	{"mate-terminal", []string{"-x"}},
	{"kitty", nil},
	{"alacritty", []string{"-e"}},
	{"wezterm", []string{"start", "--"}},
	{"foot", nil},
	{"xterm", []string{"-e"}},
}

// findTerminal prefers the one that TERMINAL names.
func findTerminal(vars []shellvars.Variable) (terminal, error) {
	env := append([]string{"env"}, pairs(vars)...)
	command := append(env, userShell())
	if chosen := os.Getenv("TERMINAL"); chosen != "" {
		if path, err := exec.LookPath(chosen); err == nil {
			return terminal{name: filepath.Base(chosen), line: append(append([]string{path}, runOf(path)...), command...)}, nil
		}
	}
	for _, t := range terminals {
		if path, err := exec.LookPath(t.name); err == nil {
			return terminal{name: t.name, line: append(append([]string{path}, runOf(path)...), command...)}, nil
		}
	}
	return terminal{}, ErrNoTerminal
}

// runOf is what stands before the command to run. A name that only leads to a
// terminal counts as that terminal; what is not known is taken to be like xterm,
// as Debian demands of its x-terminal-emulator.
func runOf(path string) []string {
	names := []string{filepath.Base(path)}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		names = append([]string{filepath.Base(real)}, names...)
	}
	for _, name := range names {
		for _, t := range terminals {
			if name == t.name {
				return t.run
			}
		}
		if strings.HasSuffix(name, ".wrapper") {
			break // Debian's translations of -e
		}
	}
	return []string{"-e"}
}

// userShell is the shell that the user logs in with.
func userShell() string {
	if shell := os.Getenv("SHELL"); filepath.IsAbs(shell) {
		if info, err := os.Stat(shell); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return shell
		}
	}
	return "/bin/sh"
}
