package desktop

import (
	"encoding/xml"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// appID names the app where a desktop wants a reversed domain.
const appID = "io.github.posthouse.Posthouse"

// Autostart is the entry that starts the app at login.
type Autostart struct {
	Program string   // absolute path; empty: this program
	Args    []string // such as -hidden
}

// program is where the app lies. An AppImage is started as a whole, not by the
// place where it is mounted while it runs.
func (a Autostart) program() (string, error) {
	if a.Program != "" {
		return a.Program, nil
	}
	if image := os.Getenv("APPIMAGE"); filepath.IsAbs(image) {
		return image, nil
	}
	return os.Executable()
}

// Enabled reports whether there is an entry that is in force: the user may have
// switched it off in the system's own settings.
func (a Autostart) Enabled() (bool, error) { return autostartEnabled() }

// Enable writes the entry.
func (a Autostart) Enable() error {
	program, err := a.program()
	if err != nil {
		return err
	}
	return writeAutostart(program, a.Args)
}

// Disable removes the entry; it does nothing where there is none.
func (a Autostart) Disable() error { return removeAutostart() }

// Follow is for each start: an entry that is in force and starts another file
// than this program, or with other arguments, is written anew.
func (a Autostart) Follow() error {
	on, err := a.Enabled()
	if err != nil || !on {
		return err
	}
	return a.Enable() // writes only what differs
}

// desktopEntry is the file for XDG autostart (Desktop Entry and Autostart
// Specifications).
func desktopEntry(program string, args []string) string {
	words := []string{execQuote(program)}
	for _, arg := range args {
		words = append(words, execQuote(arg))
	}
	return "[Desktop Entry]\nType=Application\nName=Posthouse\nExec=" + strings.Join(words, " ") +
		"\nIcon=" + appID + "\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
}

// execQuote quotes a word of an Exec line. A percent sign would be a field code,
// and the value is a string in which a backslash is written twice.
func execQuote(word string) string {
	word = strings.ReplaceAll(word, "%", "%%")
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%") == "" {
		return word
	}
	word = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", "$", `\$`).Replace(word)
	return strings.ReplaceAll(`"`+word+`"`, `\`, `\\`)
}

// desktopEntryOff reports whether a desktop's settings have switched an entry off.
func desktopEntryOff(text string) bool {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.ToLower(strings.TrimSpace(value))
		switch strings.TrimSpace(key) {
		case "Hidden":
			if value == "true" {
				return true
			}
		case "X-GNOME-Autostart-enabled":
			if value == "false" {
				return true
			}
		}
	}
	return false
}

// launchAgent is the property list for launchd (launchd.plist(5)).
func launchAgent(program string, args []string) string {
	var b strings.Builder
	b.WriteString(xml.Header + `<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">` +
		"\n<plist version=\"1.0\">\n<dict>\n\t<key>Label</key>\n\t<string>" + appID + "</string>\n\t<key>ProgramArguments</key>\n\t<array>\n")
	for _, word := range append([]string{program}, args...) {
		b.WriteString("\t\t<string>")
		_ = xml.EscapeText(&b, []byte(word)) // a Builder does not fail
		b.WriteString("</string>\n")
	}
	b.WriteString("\t</array>\n\t<key>RunAtLoad</key>\n\t<true/>\n\t<key>ProcessType</key>\n\t<string>Interactive</string>\n</dict>\n</plist>\n")
	return b.String()
}

// writeEntry writes a file that differs.
func writeEntry(path, text string) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return writeFile(path, []byte(text))
}

func removeEntry(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
