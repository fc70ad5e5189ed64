package launch

import (
	"os"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/shellenv"
)

// findTerminal writes what Terminal runs: it takes files only, and one without
// our environment. The file removes itself first.
func findTerminal(_ *host.Computer, vars []shellenv.Variable) (terminal, error) {
	text := "#!/bin/sh\nrm -f -- \"$0\"\n"
	for _, v := range vars {
		value, err := shellenv.Quote(shellenv.POSIX, v.Value)
		if err != nil {
			return terminal{}, err
		}
		text += "export " + v.Name + "=" + value + "\n"
	}
	f, err := os.CreateTemp("", "posthouse-*.command")
	if err != nil {
		return terminal{}, err
	}
	// The environment of the system's own programs, such as its shells, is hidden.
	pidFile := f.Name() + ".pid"
	quoted, err := shellenv.Quote(shellenv.POSIX, pidFile)
	if err == nil {
		_, err = f.WriteString(text + "echo $$ > " + quoted + "\ncd\nclear\nexec \"${SHELL:-/bin/zsh}\"\n")
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o700)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // what went wrong before is what is said
		return terminal{}, err
	}
	return terminal{name: "Terminal", line: []string{"/usr/bin/open", "-a", "Terminal", f.Name()}, once: true, pidFile: pidFile}, nil
}
