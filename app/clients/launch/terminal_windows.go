package launch

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/shellenv"
)

// findTerminal prefers Windows Terminal. That hands over to a process that runs
// already, so there the variables are set by the shell that it runs; consoles
// get them as their environment.
func findTerminal(c *host.Computer, vars []shellenv.Variable) (terminal, error) {
	shell := c.Find("powershell.exe")
	if shell == "" {
		path := c.Find("cmd.exe")
		if path == "" {
			return terminal{}, ErrNoTerminal
		}
		return terminal{name: "cmd", line: []string{path}, env: pairs(vars)}, nil
	}
	wt := c.Find("wt.exe")
	if wt == "" {
		return terminal{name: "PowerShell", line: []string{shell, "-NoExit"}, env: pairs(vars)}, nil
	}
	script, err := setting(vars)
	if err != nil {
		return terminal{}, err
	}
	return terminal{name: "Windows Terminal", line: []string{wt, "-w", "-1", shell, "-NoExit", "-EncodedCommand", encoded(script)}}, nil
}

// setting is the commands that set variables in PowerShell.
func setting(vars []shellenv.Variable) (string, error) {
	var b strings.Builder
	for _, v := range vars {
		value, err := shellenv.Quote(shellenv.PowerShell, v.Value)
		if err != nil {
			return "", err
		}
		b.WriteString("$env:" + v.Name + " = " + value + "\n")
	}
	return b.String(), nil
}

// encoded is a script as -EncodedCommand takes it: nothing in it can mean
// something to the programs that the line passes through.
func encoded(script string) string {
	var raw []byte
	for _, unit := range utf16.Encode([]rune(script)) {
		raw = binary.LittleEndian.AppendUint16(raw, unit)
	}
	return base64.StdEncoding.EncodeToString(raw)
}
