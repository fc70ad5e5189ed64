package rules

import (
	"errors"
	"io/fs"
	"os"
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

// answerFile is what stands below a rule that answers with a file: where that lies, a button
// that opens it, and what becomes of requests where it is missing.
type answerFile struct {
	room   *Room
	object *fyne.Container
	line   *fyne.Container
	fails  *widget.Check
	where  *uiwidget.CutLabel
	open   *widget.Button
	path   string
}

func newAnswerFile(r *Room) *answerFile {
	f := &answerFile{room: r, where: uiwidget.NewCutLabel(style.ColorMuted)}
	f.open = widget.NewButtonWithIcon("", theme.FileIcon(), func() { r.OpenFile(f.target()) })
	copied := uiwidget.IconButton(theme.ContentCopyIcon(), func() { r.Copy(f.path) })
	f.line = container.NewBorder(nil, nil, nil, container.NewHBox(copied, f.open), f.where)
	f.fails = widget.NewCheck("", f.setMissing)
	f.object = container.NewVBox(f.line, f.fails)
	f.object.Hide()
	return f
}

// follow shows the file of the rule that is edited; nil where that is none.
func (f *answerFile) follow(set *rules.Set) {
	f.path = ""
	var a *rules.Answer
	if set != nil && len(set.Rules) == 1 {
		a = set.Rules[0].Answer
	}
	if !a.ReadsDisk() {
		f.room.reveal(f.object, false)
		return
	}
	f.fails.Text, f.fails.Checked = i18n.T("rules.file.missing"), a.Missing == rules.MissingError
	f.fails.Refresh()
	if filepath.IsLocal(filepath.FromSlash(a.File)) {
		f.path = filepath.Join(filepath.Dir(f.room.Controller.Rules().Path()), filepath.FromSlash(a.File))
	}
	f.room.reveal(f.line, f.path != "")
	if f.path == "" {
		f.room.reveal(f.object, true)
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
	f.look(f.path)
}

// look says where the file is not there.
func (f *answerFile) look(path string) {
	f.room.Work(func() func() {
		_, err := os.Stat(path)
		return func() {
			if f.path == path && errors.Is(err, fs.ErrNotExist) {
				f.where.Set(i18n.T("rules.file.gone", path))
			}
		}
	})
}

// setMissing writes into the rule that requests go on where there is no file, or that they do not.
func (f *answerFile) setMissing(fails bool) {
	missing := rules.MissingPass
	if fails {
		missing = rules.MissingError
	}
	text, err := rules.SetMissing([]byte(f.room.text.Text), missing, 0)
	if err != nil {
		f.room.check()
		f.room.tell(f.room.wrong, notMade(err))
		return
	}
	f.room.text.SetText(string(text))
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
