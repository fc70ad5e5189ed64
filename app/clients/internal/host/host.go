// Package host is how the rooms of app/clients look at this computer: where a
// program, a profile or a home folder is, what a file says, what a program says.
//
// All looks go through a Computer, which a test fakes below a folder
// (host/hosttest). Every read has a bound, of files and of output. A program that
// is run is ended with its whole group (Group). Nothing here starts a goroutine
// that outlives the call, and nothing is cached: a Computer may be used by several
// goroutines while its fields stay as they are.
package host

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/adrg/xdg"
)

// Computer is where programs and files are looked for.
type Computer struct {
	Root string   // "/"; a test's folder
	Home string   // the user's folder
	OS   string   // as runtime.GOOS names it
	Env  []string // NAME=VALUE, of the user's programs
	Dirs []string // where programs lie, the first one wins
}

// This is the computer that the process runs on, with its environment and PATH.
func This() *Computer { return New(os.Environ(), xdg.Home) }

// New is this computer for programs with an environment and a home folder.
func New(env []string, home string) *Computer {
	c := &Computer{Root: "/", Home: home, OS: runtime.GOOS, Env: env}
	c.Dirs = filepath.SplitList(c.Get("PATH"))
	return c
}

// At is a path of the system, such as /var/lib, on this computer.
func (c *Computer) At(path string) string { return filepath.Join(c.Root, filepath.FromSlash(path)) }

// AddUsualDirs adds the folders for programs that a desktop's own PATH lacks.
func (c *Computer) AddUsualDirs() {
	switch c.OS {
	case "windows":
	case "darwin":
		c.Dirs = append(c.Dirs, "/opt/homebrew/bin", "/usr/local/bin", "/usr/local/go/bin")
	default:
		c.Dirs = append(c.Dirs, "/usr/local/bin", "/usr/local/go/bin", "/snap/bin",
			filepath.Join(c.Home, ".local/bin"), "/var/lib/flatpak/exports/bin")
	}
}

// Get is a variable of the environment. Names have no case on Windows.
func (c *Computer) Get(name string) string {
	value := ""
	for _, v := range c.Env {
		if key, text, ok := strings.Cut(v, "="); ok && (key == name || c.OS == "windows" && strings.EqualFold(key, name)) {
			value = text // the last one counts, as for exec.Cmd
		}
	}
	return value
}

// With is the environment with variables put over it; "NAME=" empties one.
func (c *Computer) With(vars ...string) []string {
	return append(append([]string(nil), c.Env...), vars...)
}

// Find is the path of the first of some programs that is installed, "" for none. A
// name with a folder is looked for there alone, others in Dirs.
func (c *Computer) Find(names ...string) string {
	for _, name := range names {
		if strings.ContainsAny(name, `/\`) {
			if path, err := exec.LookPath(name); err == nil {
				return path
			}
			continue
		}
		for _, dir := range c.Dirs {
			if !filepath.IsAbs(dir) {
				continue // relative to the folder that Posthouse was started in, which any user may have filled
			}
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil && !isStub(path, c.OS) {
				return path
			}
		}
	}
	return ""
}

// isStub reports whether a program only offers to install what its name says.
func isStub(path, system string) bool {
	switch system {
	case "windows": // python.exe leads to the Store where Python is not installed; wt.exe, beside it, is real
		lower := strings.ToLower(path)
		if !strings.Contains(lower, `\microsoft\windowsapps\py`) {
			return false
		}
		info, err := os.Stat(path)
		return err != nil || info.Size() == 0
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

// Certutil is the path of NSS's certutil, "" if it is not installed. The certutil
// of Windows is another program.
func (c *Computer) Certutil() string {
	if c.OS == "windows" {
		return ""
	}
	return c.Find("certutil", "/opt/homebrew/opt/nss/bin/certutil", "/usr/local/opt/nss/bin/certutil")
}

// JavaStore is the list of authorities of the Java in a folder, "" for none.
func JavaStore(home string) string {
	if home == "" {
		return ""
	}
	for _, place := range []string{"jre/lib/security/cacerts", "lib/security/cacerts"} { // in the order of truststore
		if path := filepath.Join(home, filepath.FromSlash(place)); Exists(path) {
			return path
		}
	}
	return ""
}
