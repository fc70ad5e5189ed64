package host

import (
	"bytes"
	"path/filepath"
	"strings"

	"posthouse/proxy/bounded"
)

// Browser is a browser that may be installed, by the names that it has on each
// system; a name that it lacks there is "".
type Browser struct {
	Name     string   // as people know it
	Commands []string // in PATH
	Snap     string
	Flatpak  string // application ID
	Bundle   string // macOS: the program, below an Applications folder
	Exe      string // Windows: the name below App Paths
	Folder   string // Windows: the program, below a folder of ProgramFolders
}

// The browsers that Posthouse knows.
var (
	Chrome = Browser{Name: "Google Chrome", Commands: []string{"google-chrome-stable", "google-chrome"}, Flatpak: "com.google.Chrome",
		Bundle: "Google Chrome.app/Contents/MacOS/Google Chrome", Exe: "chrome.exe", Folder: `Google\Chrome\Application\chrome.exe`}
	Chromium = Browser{Name: "Chromium", Commands: []string{"chromium", "chromium-browser"}, Snap: "chromium",
		Flatpak: "org.chromium.Chromium",
		Bundle:  "Chromium.app/Contents/MacOS/Chromium", Folder: `Chromium\Application\chrome.exe`}
	Edge = Browser{Name: "Microsoft Edge", Commands: []string{"microsoft-edge-stable", "microsoft-edge"}, Flatpak: "com.microsoft.Edge",
		Bundle: "Microsoft Edge.app/Contents/MacOS/Microsoft Edge", Exe: "msedge.exe", Folder: `Microsoft\Edge\Application\msedge.exe`}
	Brave = Browser{Name: "Brave", Commands: []string{"brave-browser-stable", "brave-browser", "brave"}, Snap: "brave",
		Flatpak: "com.brave.Browser",
		Bundle:  "Brave Browser.app/Contents/MacOS/Brave Browser", Exe: "brave.exe",
		Folder: `BraveSoftware\Brave-Browser\Application\brave.exe`}
	Firefox = Browser{Name: "Firefox", Commands: []string{"firefox", "firefox-esr"}, Snap: "firefox", Flatpak: "org.mozilla.firefox",
		Bundle: "Firefox.app/Contents/MacOS/firefox", Exe: "firefox.exe", Folder: `Mozilla Firefox\firefox.exe`}
)

// ProgramPaths are where an installer puts a browser on macOS and Windows, whether
// it is there or not.
func (c *Computer) ProgramPaths(b *Browser) (all []string) {
	switch c.OS {
	case "darwin":
		return []string{filepath.Join(c.At("/Applications"), b.Bundle), filepath.Join(c.Home, "Applications", b.Bundle)}
	case "windows":
		for _, root := range []string{"ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"} {
			if dir := c.Get(root); dir != "" {
				all = append(all, filepath.Join(dir, b.Folder))
			}
		}
	}
	return all
}

// Installed is a browser that is there.
type Installed struct {
	Path    string // the program; for a flatpak the one that it exports
	Snap    string // name of the snap, "" for none
	Flatpak string // its application ID, "" for none
}

// FindBrowser looks for a browser as its installer puts it; on Linux first as a
// package of the system, then as a snap, then as a flatpak.
func (c *Computer) FindBrowser(b *Browser) (found Installed, ok bool) {
	if c.OS == "darwin" || c.OS == "windows" {
		for _, path := range append(registered(b.Exe), c.ProgramPaths(b)...) {
			if IsFile(path) {
				return Installed{Path: path}, true
			}
		}
		return Installed{}, false
	}
	for _, name := range b.Commands {
		switch path := c.Find(name); {
		case path == "":
		case !isSnap(path):
			return Installed{Path: path}, true
		case b.Snap != "":
			return Installed{Path: path, Snap: b.Snap}, true
		}
	}
	if path := filepath.Join(c.At("/snap/bin"), b.Snap); b.Snap != "" && IsProgram(path) {
		return Installed{Path: path, Snap: b.Snap}, true
	}
	if c.Find("flatpak") == "" {
		return Installed{}, false
	}
	for _, exports := range []string{c.At("/var/lib/flatpak"), filepath.Join(c.Home, ".local/share/flatpak")} {
		if path := filepath.Join(exports, "exports/bin", b.Flatpak); IsProgram(path) {
			return Installed{Path: path, Flatpak: b.Flatpak}, true
		}
	}
	return Installed{}, false
}

// Sealed reports whether a program is a snap or a flatpak, which share no folder
// for temporary files with other programs.
func Sealed(path string) bool {
	return isSnap(path) || strings.HasPrefix(path, "/var/lib/flatpak/") || strings.Contains(path, "/flatpak/exports/")
}

// isSnap reports whether a program is a snap's: Ubuntu has scripts of the browsers'
// names that run them.
func isSnap(path string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if strings.Contains(path, "/snap/") || filepath.Base(path) == "snap" {
		return true
	}
	const script = 8 << 10 // bytes; those scripts have a few hundred
	head, err := bounded.ReadFileHead(path, script)
	return err == nil && bytes.HasPrefix(head, []byte("#!")) && bytes.Contains(head, []byte("/snap/bin/"))
}

// Profiles is a folder with the profiles of Firefox, one folder each.
type Profiles struct {
	Dir    string
	Sealed bool // of a snap or a flatpak
}

// FirefoxProfiles are the folders in which Firefox may have profiles.
func (c *Computer) FirefoxProfiles() []Profiles {
	switch c.OS {
	case "darwin":
		return []Profiles{{Dir: filepath.Join(c.Home, "Library/Application Support/Firefox/Profiles")}}
	case "windows":
		if dir := c.Get("APPDATA"); dir != "" {
			return []Profiles{{Dir: filepath.Join(dir, `Mozilla\Firefox\Profiles`)}}
		}
		return nil
	}
	return []Profiles{
		{Dir: filepath.Join(c.Home, ".mozilla/firefox")},
		{Dir: filepath.Join(c.Home, ".config/mozilla/firefox")}, // since Firefox 147
		{Dir: filepath.Join(c.Home, "snap/firefox/common/.mozilla/firefox"), Sealed: true},
		{Dir: filepath.Join(c.Home, ".var/app/org.mozilla.firefox/.mozilla/firefox"), Sealed: true},
	}
}

// ChromeStores are the NSS databases of Chrome and its relatives: the one that the
// user's programs share, and those of snaps and flatpaks. They exist on Linux.
func (c *Computer) ChromeStores() (shared string, sealed []string) {
	if c.OS != "darwin" && c.OS != "windows" {
		sealed = []string{filepath.Join(c.Home, "snap/chromium/current/.pki/nssdb"),
			filepath.Join(c.Home, ".var/app/org.chromium.Chromium/.pki/nssdb")}
	}
	return filepath.Join(c.Home, ".pki/nssdb"), sealed
}

// IsNSSStore reports whether a folder holds an NSS database.
func IsNSSStore(dir string) bool { return Exists(filepath.Join(dir, "cert9.db")) }
