package rules

import (
	"bytes"
	"cmp"
	"errors"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/rules"
	"posthouse/proxy/rules/imports"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// importSheet shows what is made of another program's rules before they are put behind one's own.
type importSheet struct {
	room   *Room
	dialog *dialog.CustomDialog
	path   *uiwidget.KeyEntry
	from   string        // what is read: the path may be another by now
	said   *widget.Label // how many rules are on, off and lost
	lost   *widget.Label // which lines were lost
	copies *widget.Check // whether files are copied that rules name elsewhere on this computer
	text   *uiwidget.KeyEntry
	add    *uiwidget.KeyButton
	whole  string // the text that is added where it is longer than what is shown; "" where that is all of it
	run    int    // counts readings: what an older one finds is not shown
	result *imports.Result
}

// maxLostShown bounds the places that are told to be lost.
const maxLostShown = 8

// openImport opens the sheet.
func openImport(r *Room) {
	s := &importSheet{room: r, path: uiwidget.NewKeyEntry(), said: widget.NewLabel(i18n.T("rules.import.hint")),
		lost: label(widget.DangerImportance), text: uiwidget.NewKeyEntry()}
	s.copies = widget.NewCheck("", func(bool) { s.read() })
	s.copies.Hide()
	leave := func() { s.dialog.Hide() }
	s.said.Wrapping = fyne.TextWrapWord
	s.path.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	s.path.SetPlaceHolder(i18n.T("rules.import.path"))
	s.path.Escape, s.path.OnSubmitted = leave, func(string) { s.begin() }
	s.text.MultiLine, s.text.Scroll, s.text.TextStyle.Monospace = true, fyne.ScrollBoth, true
	s.text.Escape = leave
	s.text.OnChanged = func(string) { s.check() }
	choose := widget.NewButton(i18n.T("rules.import.choose"), s.choose)
	s.add = uiwidget.NewKeyButton(i18n.T("rules.import.add"), s.take, leave)
	s.add.Importance = widget.HighImportance
	s.add.Disable()
	content := container.NewBorder(container.NewVBox(container.NewBorder(nil, nil, nil, choose, s.path), s.said, s.lost,
		s.copies), nil, nil, nil,
		s.text)
	s.dialog = dialog.NewCustomWithoutButtons(i18n.T("rules.import.title"), content, r.Window)
	s.dialog.SetButtons([]fyne.CanvasObject{uiwidget.NewKeyButton(i18n.T("settings.cancel"), leave, leave), s.add})
	size := r.Window.Canvas().Size()
	s.dialog.Resize(fyne.NewSize(min(900, size.Width-60), min(600, size.Height-60)))
	s.lost.Hide()
	r.Open(s.dialog)
	r.Window.Canvas().Focus(s.path)
}

func (s *importSheet) choose() {
	kinds := []filedialog.Kind{{Name: i18n.T("rules.import.kinds"), Extensions: []string{"toml", "xml", "json", "txt"}}}
	s.room.Files.Open(filedialog.Options{Title: i18n.T("rules.import.title"), Kinds: kinds}, func(paths []string) {
		s.path.SetText(paths[0])
		s.begin()
	})
}

// begin reads another file: what was allowed for the one before is not for this.
func (s *importSheet) begin() {
	s.copies.Checked = false
	s.copies.Hide()
	s.from = strings.TrimSpace(s.path.Text)
	s.read()
}

// read reads the file or the folder.
func (s *importSheet) read() {
	s.run++
	run, from, copies, held := s.run, s.from, s.copies.Checked, s.room.Controller.Rules()
	if from == "" {
		return
	}
	s.room.Work(func() func() {
		result, err := imports.Read(from, nil)
		var text []byte
		var elsewhere string
		if err == nil {
			elsewhere = elsewhereText(result)
			if copies {
				result = result.Bring()
			}
			text, err = result.Text(words.Reason)
		}
		var lacks []rules.FileProblem
		if err == nil && result.Format == imports.Own {
			lacks = lacking(held.Path(), text)
		}
		return func() {
			if run == s.run {
				s.copies.SetText(elsewhere)
				uiwidget.SetShown(s.copies, err == nil && elsewhere != "")
				s.show(result, text, lacks, err)
			}
		}
	})
}

// elsewhereText asks whether files are to be copied that rules name, "" where they name none.
func elsewhereText(result *imports.Result) string {
	n, paths := result.Elsewhere()
	if n == 0 {
		return ""
	}
	for i := range paths {
		paths[i] = visible.Text(cut(paths[i], maxShownValue))
	}
	if n > len(paths) {
		paths = append(paths, "…")
	}
	return i18n.N("rules.import.copy", n, strings.Join(paths, ", "), words.CountText(n))
}

// lacking are the files that rules name and the folder of the rules' file has not, or not so that they can be used.
func lacking(path string, text []byte) []rules.FileProblem {
	set, err := rules.Load("", text, filepath.Dir(path))
	if err != nil {
		return nil // which the sheet finds out
	}
	return set.CheckFiles(text)
}

// maxImported bounds the text that the sheet shows, in bytes: the toolkit lays all of it out.
const maxImported = 64 << 10

func (s *importSheet) show(result *imports.Result, text []byte, lacks []rules.FileProblem, err error) {
	s.result, s.whole = nil, ""
	s.text.Enable()
	if err != nil {
		s.said.SetText(i18n.T("rules.import.failed", ProblemText(err)))
		s.lost.Hide()
		s.text.SetText("")
		return
	}
	s.result = result
	on, off, lost := result.Counts()
	said := i18n.T("rules.import.found", string(result.Format), words.CountText(on), words.CountText(off), words.CountText(lost))
	if len(text) > maxImported {
		s.whole = string(text)
		said += " " + i18n.T("rules.import.long", words.SizeText(maxImported))
		text = text[:bytes.LastIndexByte(text[:maxImported], '\n')+1]
		s.text.Disable() // a part of it is not all that is added
	}
	s.said.SetText(said)
	s.text.SetText(string(text))
	all := result.Lost
	for _, p := range lacks {
		all = append(all, imports.Lost{What: ruleName(p.Rule), Why: p.Why})
	}
	s.lost.SetText(lostText(all))
	uiwidget.SetShown(s.lost, len(all) > 0)
	s.dialog.Refresh()
	s.room.Window.Canvas().Focus(s.add)
}

// lostText says what was lost, and where.
func lostText(all []imports.Lost) string {
	var lines []string
	for i := range all {
		l := &all[i]
		if i == maxLostShown {
			lines = append(lines, i18n.T("rules.test.rest", words.CountText(len(all)-i)))
			break
		}
		text := visible.Text(cut(l.What, maxShownValue)) + ": " + visible.Text(words.Reason(l.Why))
		if l.Line > 0 {
			text = i18n.T("rules.line", l.Line, text)
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}

// check lets rules be added that can be.
func (s *importSheet) check() {
	_, err := s.room.set.Draft([]byte(s.added()))
	if ok := err == nil && s.result != nil && strings.TrimSpace(s.text.Text) != ""; ok != !s.add.Disabled() {
		if ok {
			s.add.Enable()
		} else {
			s.add.Disable()
		}
	}
}

// added is the text that is added.
func (s *importSheet) added() string { return cmp.Or(s.whole, s.text.Text) }

// take puts the rules behind all others, and their files into the folder of the rules.
func (s *importSheet) take() {
	if s.add.Disabled() {
		return
	}
	result, text := s.result, s.added()
	s.add.Disable()
	held := s.room.Controller.Rules()
	s.room.Work(func() func() {
		to, err := held.Answers()
		copied := new(imports.Copied)
		if err == nil && len(result.Files) > 0 {
			text, copied, err = result.Put(text, to)
		}
		return func() { s.taken(text, copied, err) }
	})
}

// taken has the rules be added whose files were copied; where they are not, these go again.
func (s *importSheet) taken(text string, copied *imports.Copied, err error) {
	r := s.room
	if err == nil {
		if err = r.Edit(func(have []byte) ([]byte, error) { return rules.AppendAll(have, []byte(text)) }); err != nil {
			r.Work(func() func() {
				gone := copied.Remove()
				return func() { s.failed(errors.Join(err, gone)) }
			})
			return
		}
	}
	if err != nil {
		s.failed(err)
		return
	}
	s.dialog.Hide()
	first := len(r.blocks)
	r.Read()
	r.unlessUnsaved(func() { r.choose(first) })
}

// failed says why rules are not added.
func (s *importSheet) failed(err error) {
	s.said.SetText(i18n.T("rules.import.failed", ProblemText(err)))
	s.check()
}
