package ui

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"fyne.io/fyne/v2"

	"posthouse/app/sessions"
	"posthouse/proxy/archive"
	"posthouse/proxy/capture/history"
	"posthouse/ui/command"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/share"
	"posthouse/ui/words"
)

// maxOpening bounds the files that wait to be opened.
const maxOpening = 64

// opening opens files in tabs, one after the other, and keeps the list of those opened last. All but
// handed belongs to the UI goroutine.
type opening struct {
	*services
	memory  *memory
	folder  string                                 // where those of other programs lie while they are open
	show    func(*sessions.Opened)                 // in a tab
	shown   func(path string) bool                 // shows the tab of a file that is open
	settle  func(ctx context.Context, path string) // waits until it is no longer being closed
	changed func()                                 // the list of those opened last has

	waiting []string
	busy    bool
	failed  []string // what could not be opened, and why

	mu     sync.Mutex
	handed *sessions.Opened // is on its way to the UI goroutine, which may have ended
}

// open opens files. Those that are open already are shown.
func (o *opening) open(paths ...string) {
	room := max(maxOpening-len(o.waiting), 0)
	if len(paths) > room {
		o.failed = append(o.failed, i18n.T("opening.many", words.CountText(maxOpening), words.CountText(len(paths)-room)))
		paths = paths[:room]
	}
	o.waiting = append(o.waiting, paths...)
	if !o.busy {
		o.next()
	}
}

// next opens the next file that waits; after the last it says what could not be opened.
func (o *opening) next() {
	for len(o.waiting) > 0 {
		path := o.waiting[0]
		o.waiting = o.waiting[1:]
		if o.shown(path) {
			o.remember(path)
			continue
		}
		o.begin(path)
		return
	}
	o.waiting = nil
	if len(o.failed) > 0 {
		text := strings.Join(o.failed, "\n\n")
		o.failed = nil
		o.inform(i18n.T("opening.title"), text)
	}
}

// begin opens a file beside the UI goroutine.
func (o *opening) begin(path string) {
	o.busy = true
	var left func() bool
	left = share.Run(o.shareDeps(), i18n.T("opening.reading", words.FileName(path)),
		func(ctx context.Context, progress func(float64)) error {
			o.settle(ctx, path)
			opened, err := sessions.Open(ctx, o.folder, path, progress)
			o.hand(opened)
			return err
		}, func(err error) {
			o.busy = false
			opened := o.hand(nil)
			if left() { // so do those that wait, also where this one was faster
				o.waiting = nil
			}
			switch {
			case err == nil && o.ctx.Err() == nil:
				o.show(opened)
				o.remember(path)
				if opened.Problem != nil {
					o.failed = append(o.failed, i18n.T("opening.part", words.FileName(path), words.ReasonText(opened.Problem)))
				}
			case errors.Is(err, context.Canceled):
			default:
				if errors.Is(err, fs.ErrNotExist) {
					o.forget(path)
				}
				o.failed = append(o.failed, openErrText(path, err))
			}
			o.next()
		})
}

// hand puts down what was opened, and returns what lay there. It is safe for concurrent use.
func (o *opening) hand(opened *sessions.Opened) *sessions.Opened {
	o.mu.Lock()
	defer o.mu.Unlock()
	opened, o.handed = o.handed, opened
	return opened
}

// close closes what was opened for a window that is closed. It is called when nothing is being opened.
func (o *opening) close() {
	if opened := o.hand(nil); opened != nil {
		_ = opened.Close() // it was only read
	}
}

// openErrText says why a file could not be opened, and what to do.
func openErrText(path string, err error) string {
	name := words.FileName(path)
	var unknown *archive.UnknownError
	var broken *archive.BrokenError
	var later *history.LaterError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return i18n.T("opening.missing", words.VisibleText(path))
	case errors.As(err, &unknown):
		return i18n.T("opening.unknown", name)
	case errors.As(err, &broken):
		return i18n.T("opening.broken", name, words.ReasonText(broken))
	case errors.As(err, &later):
		return i18n.T("opening.later", name)
	}
	if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
		return i18n.T("opening.folder", name)
	}
	return i18n.T("opening.failed", name, words.ReasonText(err))
}

// choose asks for files and opens them.
func (o *opening) choose() {
	kind := filedialog.Kind{Name: i18n.T("opening.kinds")}
	for _, f := range archive.Formats() {
		kind.Extensions = append(kind.Extensions, f.Extensions()...)
	}
	o.files.Open(filedialog.Options{Title: i18n.T("opening.title"), Kinds: []filedialog.Kind{kind}, Several: true},
		func(paths []string) { o.open(paths...) })
}

// dropped opens what was dropped on the window.
func (o *opening) dropped(items []fyne.URI) {
	var paths []string
	for _, item := range items {
		if item.Scheme() != "file" {
			o.failed = append(o.failed, i18n.T("opening.elsewhere", words.MiddleText(item.String())))
			continue
		}
		paths = append(paths, filepath.FromSlash(item.Path()))
	}
	o.open(paths...)
}

// OpenSoon opens files in tabs, one after the other, and may be called from any goroutine. Paths are
// absolute.
func (w *Window) OpenSoon(paths []string) {
	if len(paths) > 0 {
		w.do(func() { w.opening.open(paths...) })
	}
}

// remember puts a file at the top of those opened last.
func (o *opening) remember(path string) {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	o.memory.Recent = append([]string{path}, slices.DeleteFunc(o.memory.Recent, func(r string) bool { return r == path })...)
	o.setRecent(o.memory.Recent[:min(len(o.memory.Recent), maxRecent)])
}

// maxRecent bounds the list of files that were opened last.
const maxRecent = 10

// forget takes a file out of the list.
func (o *opening) forget(path string) {
	o.setRecent(slices.DeleteFunc(o.memory.Recent, func(r string) bool { return r == path }))
}

func (o *opening) setRecent(paths []string) {
	o.memory.Recent = paths
	o.memory.save()
	o.changed()
}

// recent are the files that were opened last, to be opened again.
func (o *opening) recent() (items []command.Item) {
	for _, path := range o.memory.Recent {
		items = append(items, command.Do(command.Command{ID: "open.recent." + path, Title: words.MiddleText(path),
			Run: func() { o.open(path) }}))
	}
	if len(items) > 0 {
		items = append(items, command.Separator())
	}
	return append(items, command.Do(command.Command{ID: "open.recent.clear", Name: "command.recent.clear",
		Enabled: func() bool { return len(o.memory.Recent) > 0 }, Why: says("cannot.recent"), Run: func() { o.setRecent(nil) }}))
}
