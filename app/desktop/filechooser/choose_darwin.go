package filechooser

import (
	"context"

	"github.com/ebitengine/purego/objc"
)

// answer is what a panel ended with.
type answer struct {
	paths []string
	err   error
}

// choose shows a panel as a sheet of the window, on the window's goroutine, which is the system's
// main thread; AppKit knows no other.
func choose(ctx context.Context, r *Request) ([]string, error) {
	if r.Main == nil {
		return nil, ErrNone
	}
	answers := make(chan answer, 1)
	var open objc.ID // belongs to the main thread
	r.Main(func() {
		if ctx.Err() == nil {
			open = show(r, func(a answer) {
				open = 0
				answers <- a
			})
		}
	})
	select {
	case a := <-answers:
		return a.paths, a.err
	case <-ctx.Done():
		r.Main(func() {
			if open != 0 {
				send(open, "cancel:", objc.ID(0))
			}
		})
		return nil, ctx.Err()
	}
}

func send(to objc.ID, message string, args ...any) objc.ID {
	return to.Send(objc.RegisterName(message), args...)
}

func class(name string) objc.ID { return objc.ID(objc.GetClass(name)) }

func text(s string) objc.ID { return send(class("NSString"), "stringWithUTF8String:", s) }

// show shows the panel; done is called when it has ended, which may be before show returns.
func show(r *Request, done func(answer)) objc.ID {
	pool := send(send(class("NSAutoreleasePool"), "alloc"), "init")
	defer send(pool, "drain")
	name, panels := "NSOpenPanel", "openPanel"
	if r.Save {
		name, panels = "NSSavePanel", "savePanel"
	}
	panel := objc.ID(0)
	if c := class(name); c != 0 {
		panel = send(c, panels)
	}
	if panel == 0 {
		done(answer{err: ErrNone})
		return 0
	}
	send(panel, "retain")
	prepare(panel, r)
	block := objc.NewBlock(func(_ objc.Block, response int) {
		done(ended(panel, response, r.Save))
		send(panel, "release")
	})
	defer block.Release() // the panel keeps one
	if r.Window != 0 {
		send(panel, "beginSheetModalForWindow:completionHandler:", objc.ID(r.Window), block)
	} else {
		send(panel, "beginWithCompletionHandler:", block)
	}
	return panel
}

// prepare has the panel ask for what is wanted. It shows all files: a panel has no choice of kinds.
func prepare(panel objc.ID, r *Request) {
	send(panel, "setMessage:", text(r.Title))
	if r.Folder != "" {
		send(panel, "setDirectoryURL:", send(class("NSURL"), "fileURLWithPath:isDirectory:", text(r.Folder), true))
	}
	if !r.Save {
		send(panel, "setCanChooseFiles:", true)
		send(panel, "setCanChooseDirectories:", false)
		send(panel, "setAllowsMultipleSelection:", r.Several)
		return
	}
	send(panel, "setNameFieldStringValue:", text(r.Name))
	send(panel, "setExtensionHidden:", false)
	send(panel, "setCanCreateDirectories:", true)
}

// ended is the answer of a panel that was closed.
func ended(panel objc.ID, response int, save bool) answer {
	const ok = 1 // NSModalResponseOK
	if response != ok {
		return answer{err: ErrLeft}
	}
	if save {
		path, err := pathOf(send(panel, "URL"))
		return answer{[]string{path}, err}
	}
	urls := send(panel, "URLs")
	count := objc.Send[uint](urls, objc.RegisterName("count"))
	var a answer
	for i := range min(count, maxPaths+1) {
		path, err := pathOf(send(urls, "objectAtIndex:", i))
		if err != nil {
			return answer{err: err}
		}
		a.paths = append(a.paths, path)
	}
	return a
}

// pathOf is the path of an NSURL.
func pathOf(url objc.ID) (string, error) {
	if url == 0 || !objc.Send[bool](url, objc.RegisterName("isFileURL")) {
		return "", ErrElsewhere
	}
	return objc.Send[string](send(url, "path"), objc.RegisterName("UTF8String")), nil
}
