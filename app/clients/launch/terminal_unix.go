//go:build unix && !darwin

package launch

import (
	"path/filepath"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/shellenv"
)

// known is how a terminal is opened with variables. One that is a separate
// process gets them as its environment. The others hand a new window over to a
// process that runs already, with another environment: those are told to run
// env, which sets the variables whatever the terminal does.
type known struct {
	name string
	own  bool
	run  []string // what stands before the command, where there is one
}

// terminals are in the order in which they are looked for.
var terminals = []known{
	{name: "x-terminal-emulator", run: []string{"-e"}}, // Debian's name for the one that was chosen
	{name: "gnome-terminal", run: []string{"--"}},
	{name: "ptyxis", run: []string{"--new-window", "--"}},
	{name: "konsole", run: []string{"-e"}},
	{name: "xfce4-terminal", run: []string{"-x"}},
	{name: "mate-terminal", run: []string{"-x"}},
	{name: "kitty", own: true},
	{name: "alacritty", own: true},
	{name: "wezterm", run: []string{"start", "--"}},
	{name: "foot", own: true},
	{name: "xterm", own: true},
}

// findTerminal prefers the one that TERMINAL names.
func findTerminal(c *host.Computer, vars []shellenv.Variable) (terminal, error) {
	names := []string{c.Get("TERMINAL")}
	for _, t := range terminals {
		names = append(names, t.name)
	}
	for _, name := range names {
		if path := c.Find(name); name != "" && path != "" {
			return opening(c, path, vars), nil
		}
	}
	return terminal{}, ErrNoTerminal
}

func opening(c *host.Computer, path string, vars []shellenv.Variable) terminal {
	k := knownAs(path)
	t := terminal{name: filepath.Base(path), line: []string{path}}
	if k.own {
		t.env, t.own = pairs(vars), true
		return t
	}
	t.line = append(append(t.line, k.run...), "env")
	t.line = append(append(t.line, pairs(vars)...), userShell(c))
	return t
}

// knownAs is the terminal that a path leads to. What is not known is taken to be
// like xterm, as Debian demands of its x-terminal-emulator.
func knownAs(path string) known {
	names := []string{filepath.Base(path)}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		names = append([]string{filepath.Base(real)}, names...)
	}
	for _, name := range names {
		for _, t := range terminals {
			if name == t.name {
				return t
			}
		}
	}
	return known{run: []string{"-e"}}
}

// userShell is the shell that the user logs in with.
func userShell(c *host.Computer) string {
	if shell := c.Get("SHELL"); filepath.IsAbs(shell) && host.IsProgram(shell) {
		return shell
	}
	return "/bin/sh"
}
