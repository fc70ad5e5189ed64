package filechooser

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"posthouse/proxy/proxytest/eventually"
)

var (
	findWindow   = user32.NewProc("FindWindowW")
	getDlgItem   = user32.NewProc("GetDlgItem")
	windowsExist = user32.NewProc("GetDesktopWindow")
)

const idOK = 1

// dialogNamed waits for a dialog by its title.
func dialogNamed(t *testing.T, title string) uintptr {
	t.Helper()
	class, _ := windows.UTF16PtrFromString("#32770")
	name, err := windows.UTF16PtrFromString(title)
	if err != nil {
		t.Fatal(err)
	}
	var window uintptr
	eventually.Holds(t, "the dialog is there", func() bool {
		window, _, _ = findWindow.Call(uintptr(unsafe.Pointer(class)), uintptr(unsafe.Pointer(name)))
		if window == 0 {
			return false
		}
		button, _, _ := getDlgItem.Call(window, idOK)
		return button != 0
	})
	return window
}

func needsDesktop(t *testing.T) {
	if os.Getenv("POSTHOUSE_DIALOGS") == "" {
		t.Skip("set POSTHOUSE_DIALOGS to have dialogs shown")
	}
	if w, _, _ := windowsExist.Call(); w == 0 {
		t.Skip("there is no desktop")
	}
}

type outcome struct {
	paths []string
	err   error
}

func begin(ctx context.Context, r Request) chan outcome {
	done := make(chan outcome, 1)
	go func() {
		paths, err := Choose(ctx, r)
		done <- outcome{paths, err}
	}()
	return done
}

// The dialog answers with what it was proposed, and leaves the process in its folder.
func TestTheDialogAnswers(t *testing.T) {
	needsDesktop(t)
	folder, err := os.MkdirTemp("", "posthouse") // Wine 8 cannot do what t.TempDir does at its end
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Remove(folder) }()
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Getwd()
	done := begin(t.Context(), Request{Title: "Posthouse saves 保存", Save: true, Name: "proposed", Folder: folder,
		Kinds: []Kind{{Name: "HTTP Archive", Extensions: []string{"har"}}, {Name: "All files"}}})
	window := dialogNamed(t, "Posthouse saves 保存")
	_, _, _ = postMessage.Call(window, wmCommand, idOK, 0)
	got := <-done
	if got.err != nil || !slices.Equal(got.paths, []string{filepath.Join(folder, "proposed.har")}) {
		t.Errorf("%q, %v", got.paths, got.err)
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 0 {
		t.Errorf("%v is there", entries)
	}
	if after, _ := os.Getwd(); after != before {
		t.Errorf("the process is in %s", after)
	}
}

func TestTheDialogIsLeft(t *testing.T) {
	needsDesktop(t)
	done := begin(t.Context(), Request{Title: "Posthouse opens", Several: true})
	window := dialogNamed(t, "Posthouse opens")
	_, _, _ = postMessage.Call(window, wmCommand, idCancel, 0)
	if got := <-done; !errors.Is(got.err, ErrLeft) {
		t.Errorf("%q, %v", got.paths, got.err)
	}
}

// A dialog that is called off closes, also when it is called off before it is there.
func TestTheDialogIsCalledOff(t *testing.T) {
	needsDesktop(t)
	for _, early := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		begun := time.Now()
		done := begin(ctx, Request{Title: "Posthouse waits"})
		if !early {
			dialogNamed(t, "Posthouse waits")
			begun = time.Now()
		}
		cancel()
		if got := <-done; !errors.Is(got.err, context.Canceled) {
			t.Errorf("%q, %v", got.paths, got.err)
		}
		t.Logf("called off early %v: closed after %v", early, time.Since(begun))
	}
}
