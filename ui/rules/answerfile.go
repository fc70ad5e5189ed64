package rules

import (
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/rules"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

// answerFile is the line below a rule that answers with a file: where that lies, and a button
// that opens it.
type answerFile struct {
	room   *Room
	object *fyne.Container
	where  *uiwidget.CutLabel
	open   *widget.Button
	path   string
}

func newAnswerFile(r *Room) *answerFile {
	f := &answerFile{room: r, where: uiwidget.NewCutLabel(style.ColorMuted)}
	f.open = widget.NewButtonWithIcon("", theme.FileIcon(), func() { r.OpenFile(f.target()) })
	copied := uiwidget.IconButton(theme.ContentCopyIcon(), func() { r.Copy(f.path) })
	f.object = container.NewBorder(nil, nil, nil, container.NewHBox(copied, f.open), f.where)
	f.object.Hide()
	return f
}

// follow shows the file of the rule that is edited; nil where that is none.
func (f *answerFile) follow(set *rules.Set) {
	f.path = ""
	if set != nil && len(set.Rules) == 1 {
		if a := set.Rules[0].Answer; a != nil && filepath.IsLocal(filepath.FromSlash(a.File)) {
			f.path = filepath.Join(filepath.Dir(f.room.Controller.Rules().Path()), filepath.FromSlash(a.File))
		}
	}
	if f.path == "" {
		f.room.reveal(f.object, false)
		return
	}
	f.where.Set(f.path)
	word := "rules.file.open"
	if !inert(f.path) {
		word = "rules.file.folder"
	}
	f.open.SetText(i18n.T(word))
	f.object.Refresh() // for the width of the button
	f.room.reveal(f.object, true)
}

// target is what is opened: the file, or where it lies.
func (f *answerFile) target() string {
	if inert(f.path) {
		return f.path
	}
	return filepath.Dir(f.path)
}

// inertEndings are of files that no desktop runs: what came from the network may be named
// anything.
var inertEndings = []string{".json", ".txt", ".xml", ".csv", ".css", ".md", ".yaml", ".yml", ".toml", ".log", ".png", ".jpg", ".jpeg",
	".gif",
	".webp", ".avif", ".woff", ".woff2", ".ttf", ".mp4", ".webm", ".mp3", ".graphql", ".ndjson", ".jsonl"}

// inert reports whether a file can be opened without being run.
func inert(path string) bool {
	return slices.Contains(inertEndings, strings.ToLower(filepath.Ext(path)))
}
