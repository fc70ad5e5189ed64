package details

import (
	"sync"

	"fyne.io/fyne/v2/theme"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/content"
	"posthouse/ui/document"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// saver writes bodies to files, each on a goroutine of its own: a slow disk
// keeps nothing else waiting. It belongs to the UI goroutine.
type saver struct {
	do     func(func())
	active int // under way
	all    sync.WaitGroup
}

// maxSaves bounds the files that are written at the same time.
const maxSaves = 4

func newSaver(do func(func())) *saver { return &saver{do: do} }

// close waits for what is under way: a file that was asked for is whole.
func (s *saver) close() { s.all.Wait() }

// save runs write, and then has the UI goroutine call told; it reports false
// where too much is under way.
func (s *saver) save(write func() error, told func(error)) bool {
	if s.active == maxSaves {
		return false
	}
	s.active++
	s.all.Go(func() {
		err := write()
		s.do(func() {
			s.active--
			told(err)
		})
	})
	return true
}

// AskSave asks for a file and writes a body to it.
func (d *Details) AskSave(m message, decode bool) {
	o := filedialog.Options{Title: i18n.T("details.save.title"), Name: FileName(m, decode)}
	d.deps.Save(o, func(path string) {
		d.save(func(body []byte) error { return atomicfile.Options{Direct: true}.Write(path, body) }, m, decode)
	})
}

// save has a body written, and says how that went.
func (d *Details) save(write func([]byte) error, m message, decode bool) {
	source, id := m.source(), m.exchange.ID
	ok := d.saves.save(func() error { return writeBody(write, source, decode) }, func(err error) {
		switch {
		case err != nil:
			d.tell(i18n.T("details.save_failed", words.ReasonText(err)))
		case d.id == id:
			d.saveMenu.SetIcon(theme.ConfirmIcon())
		}
	})
	if !ok {
		d.tell(i18n.T("details.save_busy"))
	}
}

// writeBody writes what can be decoded of a body, and then says that the rest could not.
func writeBody(write func([]byte) error, source *document.Source, decode bool) error {
	bytes, notDecoded := source.Body.Bytes, error(nil)
	if decode {
		var decoded content.Decoded
		decoded, notDecoded = content.Decode(source.Codings, bytes)
		bytes = decoded.Body
	}
	if err := write(bytes); err != nil {
		return err
	}
	return notDecoded
}
