package clientcheck

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// machine is where clients are looked for: this computer, or what a test makes
// look like one.
type machine struct {
	env  []string // of the user's programs
	home string
	os   string // runtime.GOOS
	dirs []string
}

func newMachine(env []string, home string) *machine {
	m := &machine{env: env, home: home, os: runtime.GOOS}
	m.dirs = filepath.SplitList(m.get("PATH"))
	m.dirs = append(m.dirs, moreDirs(m.os, home)...)
	return m
}

// moreDirs are where programs lie that a desktop's own PATH lacks.
func moreDirs(system, home string) []string {
	switch system {
	case "windows":
		return nil
	case "darwin":
		return []string{"/opt/homebrew/bin", "/usr/local/bin", "/usr/local/go/bin"}
	}
	return []string{"/usr/local/bin", "/usr/local/go/bin", "/snap/bin", filepath.Join(home, ".local/bin"), "/var/lib/flatpak/exports/bin"}
}

// get is a variable of the environment; Windows knows no case in names.
func (m *machine) get(name string) string {
	value := ""
	for _, v := range m.env {
		if key, text, ok := strings.Cut(v, "="); ok && (key == name || m.os == "windows" && strings.EqualFold(key, name)) {
			value = text // the last one counts, as for exec.Cmd
		}
	}
	return value
}

// with is the environment with variables put over it; "NAME=" empties one.
func (m *machine) with(vars ...string) []string {
	return append(append([]string(nil), m.env...), vars...)
}

// find is the first of some programs that is there, "" for none. Names with a
// folder are looked for there alone.
func (m *machine) find(names ...string) string {
	for _, name := range names {
		if strings.ContainsAny(name, `/\`) {
			if path, err := exec.LookPath(name); err == nil {
				return path
			}
			continue
		}
		for _, dir := range m.dirs {
			if !filepath.IsAbs(dir) {
				continue // the folder that the app happens to run in is no place for programs
			}
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil && !isStub(path, m.os) {
				return path
			}
		}
	}
	return ""
}

// isStub reports whether a program is not what it is called, but opens a dialog
// that offers to install that.
func isStub(path, system string) bool {
	switch system {
	case "windows": // python.exe leads to the Store where Python is not installed
		info, err := os.Stat(path)
		return strings.Contains(strings.ToLower(path), `\microsoft\windowsapps\`) && (err != nil || info.Size() == 0)
	case "darwin":
		switch path {
		case "/usr/bin/git", "/usr/bin/python3":
			return exec.Command("/usr/bin/xcode-select", "-p").Run() != nil
		case "/usr/bin/java":
			return exec.Command("/usr/libexec/java_home").Run() != nil
		}
	}
	return false
}

// sealed reports whether a program runs in a sandbox that shares no folder for
// temporary files with others.
func sealed(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		real = path
	}
	return strings.HasPrefix(path, "/snap/") || filepath.Base(real) == "snap" || strings.HasPrefix(path, "/var/lib/flatpak/") || strings.Contains(path, "/flatpak/exports/")
}
