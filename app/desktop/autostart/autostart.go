// Package autostart writes the entries that start a program at login: XDG
// autostart, HKCU Run, LaunchAgents.
package autostart

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"posthouse/proxy/reason"
)

// icon is the app's, as its package installs it.
const icon = "io.github.posthouse.Posthouse"

// An Entry starts a program at login.
type Entry struct {
	ID      string   // a reversed domain, which names the file
	Name    string   // for people, where a desktop lists what starts
	Program string   // absolute path; empty: this program
	Args    []string // such as -hidden
}

// program is where the program lies. An AppImage is started as a whole, not by the
// place where it is mounted while it runs.
func (e Entry) program() (string, error) {
	if e.Program != "" {
		return e.Program, nil
	}
	if image := os.Getenv("APPIMAGE"); filepath.IsAbs(image) {
		return image, nil
	}
	return os.Executable()
}

// Enabled reports whether there is an entry that is in force: the user may have
// switched it off in the system's own settings.
func (e Entry) Enabled() (bool, error) { return e.enabled() }

// Enable writes the entry.
func (e Entry) Enable() error {
	program, err := e.program()
	if err != nil {
		return err
	}
	return e.write(program)
}

// Disable removes the entry; it does nothing where there is none.
func (e Entry) Disable() error { return e.remove() }

// Follow is for each start: an entry that is in force and starts another file
// than this program, or with other arguments, is written anew.
func (e Entry) Follow() error {
	on, err := e.Enabled()
	if err != nil || !on {
		return err
	}
	return e.Enable() // writes only what differs
}

// desktopEntry is the file for XDG autostart (Desktop Entry and Autostart
// Specifications).
func (e Entry) desktopEntry(program string) string {
	words := []string{execQuote(program)}
	for _, arg := range e.Args {
		words = append(words, execQuote(arg))
	}
	return "[Desktop Entry]\nType=Application\nName=" + e.Name + "\nExec=" + strings.Join(words, " ") +
		"\nIcon=" + icon + "\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
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

// maxRunLine is what Windows takes of a line under the Run key, in UTF-16 units; a
// longer one is silently not started.
const maxRunLine = 260

// ErrTooLong: the line that starts the program is longer than Windows takes.
var ErrTooLong = error(reason.New(reason.LoginLineLong))

// runLine is the line under the Run key for words that are quoted.
func runLine(words []string) (string, error) {
	line := strings.Join(words, " ")
	if len(utf16.Encode([]rune(line))) > maxRunLine {
		return "", ErrTooLong
	}
	return line, nil
}

// launchAgent is the property list for launchd (launchd.plist(5)).
func (e Entry) launchAgent(program string) string {
	var b strings.Builder
	b.WriteString(xml.Header + `<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">` +
		"\n<plist version=\"1.0\">\n<dict>\n\t<key>Label</key>\n\t<string>" + e.ID +
		"</string>\n\t<key>ProgramArguments</key>\n\t<array>\n")
	for _, word := range append([]string{program}, e.Args...) {
		b.WriteString("\t\t<string>")
		_ = xml.EscapeText(&b, []byte(word)) // a Builder does not fail
		b.WriteString("</string>\n")
	}
	b.WriteString("\t</array>\n\t<key>RunAtLoad</key>\n\t<true/>\n" +
		"\t<key>ProcessType</key>\n\t<string>Interactive</string>\n</dict>\n</plist>\n")
	return b.String()
}
