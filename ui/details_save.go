package ui

import (
	"io"
	"mime"
	"path"
	"strings"
	"sync"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/content"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
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

// askSave asks for a file and writes a body to it.
func (d *details) askSave(m message, decode bool) {
	ask := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			d.tell(i18n.T("details.save_failed", err.Error()))
		case file != nil:
			d.save(file, m, decode)
		}
	}, d.deps.Window)
	ask.SetFileName(fileName(m, decode))
	ask.Show()
	ask.Resize(fyne.NewSize(720, 520)) // the dialog has no size before it is shown
}

// save writes a body, and says how that went.
func (d *details) save(file io.WriteCloser, m message, decode bool) {
	source, id := m.source(), m.exchange.ID
	ok := d.saves.save(func() error { return writeBody(file, source, decode) }, func(err error) {
		switch {
		case err != nil:
			d.tell(i18n.T("details.save_failed", err.Error()))
		case d.id == id:
			d.saveMenu.setIcon(theme.ConfirmIcon())
		}
	})
	if !ok {
		_ = file.Close() // nothing was written to it
		d.tell(i18n.T("details.save_busy"))
	}
}

// writeBody writes what can be decoded of a body, and then says that the rest could not.
func writeBody(file io.WriteCloser, source *bodySource, decode bool) error {
	bytes, notDecoded := source.body.Bytes, error(nil)
	if decode {
		bytes, notDecoded = content.Decode(source.codings, bytes)
	}
	_, err := file.Write(bytes)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = notDecoded
	}
	return err
}

// fileName suggests a name: the last part of the path, with an ending that fits the type.
func fileName(m message, decode bool) string {
	source := m.source()
	at, _, _ := strings.Cut(m.exchange.Path, "?")
	name := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || visible.Rune(r) != string(r) || strings.ContainsRune(`<>:"/\|?*%`, r) {
			return '_'
		}
		return r
	}, path.Base("/"+at))
	if name == "_" || name == "" || strings.Trim(name, "._") == "" {
		name = "body"
	}
	if len(name) > maxFileName {
		name = name[runeStart(name, len(name)-maxFileName):]
	}
	if path.Ext(name) == "" {
		name += ending(source.contentType)
	}
	if !decode {
		codings := map[string]string{"gzip": ".gz", "br": ".br", "zstd": ".zst", "deflate": ".zlib"}
		name += codings[strings.ToLower(strings.TrimSpace(source.codings))]
	}
	return name
}

// maxFileName is in bytes.
const maxFileName = 100

// endings where the system's table would give an odd one first.
var endings = map[string]string{"text/html": ".html", "text/plain": ".txt", "application/json": ".json", "image/jpeg": ".jpg", "text/javascript": ".js", "application/javascript": ".js", "application/xml": ".xml", "text/xml": ".xml"}

func ending(contentType string) string {
	media := content.MediaType(contentType)
	if e, ok := endings[media]; ok {
		return e
	}
	if all, err := mime.ExtensionsByType(media); err == nil && len(all) > 0 {
		return all[0]
	}
	return ".bin"
}
