package filechooser

import (
	"context"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// closeWait bounds how long a dialog that is called off may take to close.
const closeWait = 2 * time.Second

// choose shows the dialog on a thread that belongs to it alone: the dialog's objects live there, and
// what other programs put into it runs there. The thread ends with it.
func choose(ctx context.Context, r *Request) (paths []string, err error) {
	thread, done := make(chan uint32, 1), make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked
		thread <- windows.GetCurrentThreadId()
		paths, err = show(r)
	}()
	id := <-thread
	select {
	case <-done:
		return paths, err
	case <-ctx.Done():
	}
	late := time.NewTimer(closeWait)
	defer late.Stop()
	again := time.NewTicker(50 * time.Millisecond) // it may not be there yet
	defer again.Stop()
	for {
		leave(id)
		select {
		case <-done:
			return nil, ctx.Err()
		case <-late.C:
			return nil, ctx.Err()
		case <-again.C:
		}
	}
}

var (
	ole32                       = windows.NewLazySystemDLL("ole32.dll")
	shell32                     = windows.NewLazySystemDLL("shell32.dll")
	user32                      = windows.NewLazySystemDLL("user32.dll")
	coCreateInstance            = ole32.NewProc("CoCreateInstance")
	shCreateItemFromParsingName = shell32.NewProc("SHCreateItemFromParsingName")
	enumThreadWindows           = user32.NewProc("EnumThreadWindows")
	postMessage                 = user32.NewProc("PostMessageW")
)

const (
	wmCommand = 0x111
	idCancel  = 2
	// hrCancelled is what Show returns where the person closed the dialog.
	hrCancelled = 0x800704c7
)

// leave presses Cancel in each dialog of a thread.
func leave(thread uint32) { _, _, _ = enumThreadWindows.Call(uintptr(thread), pressCancel(), 0) }

var pressCancel = sync.OnceValue(func() uintptr {
	return windows.NewCallback(func(window windows.HWND, _ uintptr) uintptr {
		var class [16]uint16
		n, err := windows.GetClassName(window, &class[0], int32(len(class)))
		if err == nil && windows.UTF16ToString(class[:n]) == "#32770" {
			_, _, _ = postMessage.Call(uintptr(window), wmCommand, idCancel, 0)
		}
		return 1 // and the next
	})
})

// object is one of COM; its methods are called by their places in the table of its interface.
type object struct{ methods *[32]uintptr }

// The methods that are called, by their places in IUnknown, IFileDialog, IFileOpenDialog,
// IShellItem and IShellItemArray (shobjidl_core.h).
const (
	unknownRelease            = 2
	dialogShow                = 3
	dialogSetFileTypes        = 4
	dialogSetOptions          = 9
	dialogGetOptions          = 10
	dialogSetFolder           = 12
	dialogSetFileName         = 15
	dialogSetTitle            = 17
	dialogGetResult           = 20
	dialogSetDefaultExtension = 22
	openGetResults            = 27
	itemGetDisplayName        = 5
	arrayGetCount             = 7
	arrayGetItemAt            = 8
)

func (o *object) call(method int, args ...uintptr) uint32 {
	r, _, _ := syscall.SyscallN(o.methods[method], append([]uintptr{uintptr(unsafe.Pointer(o))}, args...)...)
	return uint32(r)
}

func (o *object) release() { o.call(unknownRelease) }

// failed reports whether a HRESULT says so.
func failed(result uint32) bool { return int32(result) < 0 }

var (
	classOpen = windows.GUID{Data1: 0xdc1c5a9c, Data2: 0xe88a, Data3: 0x4dde,
		Data4: [8]byte{0xa5, 0xa1, 0x60, 0xf8, 0x2a, 0x20, 0xae, 0xf7}}
	classSave = windows.GUID{Data1: 0xc0b4e2f3, Data2: 0xba21, Data3: 0x4773,
		Data4: [8]byte{0x8d, 0xba, 0x33, 0x5e, 0xc9, 0x46, 0xeb, 0x8b}}
	faceOpen = windows.GUID{Data1: 0xd57c7288, Data2: 0xd4ad, Data3: 0x4768,
		Data4: [8]byte{0xbe, 0x02, 0x9d, 0x96, 0x95, 0x32, 0xd9, 0x60}}
	faceSave = windows.GUID{Data1: 0x84bccd23, Data2: 0x5fde, Data3: 0x4cdb,
		Data4: [8]byte{0xae, 0xa4, 0xaf, 0x64, 0xb8, 0x3d, 0x78, 0xab}}
	faceItem = windows.GUID{Data1: 0x43826d1e, Data2: 0xe718, Data3: 0x42ee,
		Data4: [8]byte{0xbc, 0x55, 0xa1, 0xe2, 0x61, 0xc3, 0x7b, 0xfe}}
)

// show shows the dialog and waits for the person. It is called on a locked thread.
func show(r *Request) ([]string, error) {
	if err := windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED|windows.COINIT_DISABLE_OLE1DDE); err != nil {
		return nil, ErrNone
	}
	defer windows.CoUninitialize()
	class, face := &classOpen, &faceOpen
	if r.Save {
		class, face = &classSave, &faceSave
	}
	var dialog *object
	const inThisProcess = 1
	result, _, _ := coCreateInstance.Call(uintptr(unsafe.Pointer(class)), 0, inThisProcess, uintptr(unsafe.Pointer(face)),
		uintptr(unsafe.Pointer(&dialog)))
	if failed(uint32(result)) || dialog == nil {
		return nil, ErrNone
	}
	defer dialog.release()
	if !dialog.prepare(r) {
		return nil, ErrNone
	}
	switch result := dialog.call(dialogShow, r.Window); {
	case result == hrCancelled:
		return nil, ErrLeft
	case failed(result):
		return nil, ErrNone
	}
	if r.Save {
		return dialog.result()
	}
	return dialog.results()
}

// Options of IFileDialog: what it asks for and what it leaves alone.
const (
	overwritePrompt = 0x2
	noChangeDir     = 0x8 // else the process would be in another folder from then on
	forceFileSystem = 0x40
	allowMulti      = 0x200
	pathMustExist   = 0x800
	fileMustExist   = 0x1000
)

// prepare has the dialog ask for what is wanted. What it cannot have set it does without, but for the options.
func (o *object) prepare(r *Request) bool {
	var options uint32
	if failed(o.call(dialogGetOptions, uintptr(unsafe.Pointer(&options)))) {
		return false
	}
	options |= noChangeDir | forceFileSystem | pathMustExist
	switch {
	case r.Save:
		options |= overwritePrompt
	case r.Several:
		options |= fileMustExist | allowMulti
	default:
		options |= fileMustExist
	}
	if failed(o.call(dialogSetOptions, uintptr(options))) {
		return false
	}
	o.setText(dialogSetTitle, r.Title)
	o.setKinds(r.Kinds)
	if r.Save {
		o.setText(dialogSetFileName, r.Name)
		if len(r.Kinds) > 0 && len(r.Kinds[0].Extensions) > 0 {
			o.setText(dialogSetDefaultExtension, r.Kinds[0].Extensions[0])
		}
	}
	o.setFolder(r.Folder)
	return true
}

func (o *object) setText(method int, text string) {
	if text16, err := windows.UTF16PtrFromString(text); err == nil && text != "" {
		o.call(method, uintptr(unsafe.Pointer(text16)))
	}
}

// setKinds sets what is shown: pairs of a name and patterns.
func (o *object) setKinds(kinds []Kind) {
	specs := make([][2]*uint16, 0, len(kinds))
	for _, k := range kinds {
		name, err := windows.UTF16PtrFromString(k.Name)
		patterns, err2 := windows.UTF16PtrFromString(patterns(k))
		if err == nil && err2 == nil {
			specs = append(specs, [2]*uint16{name, patterns})
		}
	}
	if len(specs) > 0 {
		o.call(dialogSetFileTypes, uintptr(len(specs)), uintptr(unsafe.Pointer(&specs[0])))
	}
}

func patterns(k Kind) string {
	if len(k.Extensions) == 0 {
		return "*.*"
	}
	all := ""
	for i, e := range k.Extensions {
		if i > 0 {
			all += ";"
		}
		all += "*." + e
	}
	return all
}

func (o *object) setFolder(folder string) {
	folder16, err := windows.UTF16PtrFromString(folder)
	if err != nil || folder == "" {
		return
	}
	var item *object
	result, _, _ := shCreateItemFromParsingName.Call(uintptr(unsafe.Pointer(folder16)), 0, uintptr(unsafe.Pointer(&faceItem)),
		uintptr(unsafe.Pointer(&item)))
	if !failed(uint32(result)) && item != nil {
		o.call(dialogSetFolder, uintptr(unsafe.Pointer(item)))
		item.release()
	}
}

// result is what was chosen to save to.
func (o *object) result() ([]string, error) {
	var item *object
	if failed(o.call(dialogGetResult, uintptr(unsafe.Pointer(&item)))) || item == nil {
		return nil, ErrNone
	}
	path, err := item.path()
	return []string{path}, err
}

// results are what was chosen to open.
func (o *object) results() ([]string, error) {
	var array *object
	if failed(o.call(openGetResults, uintptr(unsafe.Pointer(&array)))) || array == nil {
		return nil, ErrNone
	}
	defer array.release()
	var count uint32
	if failed(array.call(arrayGetCount, uintptr(unsafe.Pointer(&count)))) || count > maxPaths {
		return nil, ErrNone
	}
	paths := make([]string, 0, count)
	for i := range count {
		var item *object
		if failed(array.call(arrayGetItemAt, uintptr(i), uintptr(unsafe.Pointer(&item)))) || item == nil {
			return nil, ErrNone
		}
		path, err := item.path()
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// path is that of an item of the shell, which is released.
func (o *object) path() (string, error) {
	defer o.release()
	const fileSystemPath = 0x80058000
	var text *uint16
	if failed(o.call(itemGetDisplayName, fileSystemPath, uintptr(unsafe.Pointer(&text)))) || text == nil {
		return "", ErrElsewhere
	}
	defer windows.CoTaskMemFree(unsafe.Pointer(text))
	return windows.UTF16PtrToString(text), nil
}
