package sysproxy

import (
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Messages and codes of winuser.h.
const (
	wmQueryEndSession = 0x11
	wmEndSession      = 0x16
	// shutdownLevel puts the watchdog behind ordinary programs, which have 0x280:
	// at the end of a session it is asked after the app has gone.
	shutdownLevel = 0x180
)

var (
	user32            = windows.NewLazySystemDLL("user32.dll")
	kernel32          = windows.NewLazySystemDLL("kernel32.dll")
	registerClass     = user32.NewProc("RegisterClassExW")
	createWindow      = user32.NewProc("CreateWindowExW")
	defWindowProc     = user32.NewProc("DefWindowProcW")
	getMessage        = user32.NewProc("GetMessageW")
	dispatchMessage   = user32.NewProc("DispatchMessageW")
	setShutdownLevel  = kernel32.NewProc("SetProcessShutdownParameters")
	sessionWindowName = windows.StringToUTF16Ptr("PosthouseWatchdog")
)

// windowClass is WNDCLASSEXW.
type windowClass struct {
	size, style             uint32
	procedure               uintptr
	classExtra, windowExtra int32
	instance, icon, cursor  windows.Handle
	background              windows.Handle
	menu, name              *uint16
	smallIcon               windows.Handle
}

// windowMessage is MSG.
type windowMessage struct {
	window         windows.Handle
	message        uint32
	wParam, lParam uintptr
	time           uint32
	x, y           int32
	private        uint32
}

// onSessionEnd calls do when the user logs off or the computer is shut down.
// Windows tells it to windows only, so that there is one, never shown. It stays
// until the process ends; where it cannot be made, the next start repairs.
func onSessionEnd(do func()) {
	_, _, _ = setShutdownLevel.Call(shutdownLevel, 0)
	var once sync.Once
	procedure := windows.NewCallback(func(window windows.Handle, message uint32, wParam, lParam uintptr) uintptr {
		switch message {
		case wmQueryEndSession:
			return 1
		case wmEndSession:
			if wParam != 0 {
				once.Do(do)
			}
			return 0
		}
		r, _, _ := defWindowProc.Call(uintptr(window), uintptr(message), wParam, lParam)
		return r
	})
	go func() {
		runtime.LockOSThread() // a window belongs to its thread
		class := windowClass{procedure: procedure, name: sessionWindowName}
		class.size = uint32(unsafe.Sizeof(class))
		if atom, _, _ := registerClass.Call(uintptr(unsafe.Pointer(&class))); atom == 0 {
			return
		}
		window, _, _ := createWindow.Call(0, uintptr(unsafe.Pointer(sessionWindowName)), uintptr(unsafe.Pointer(sessionWindowName)), 0, 0,
			0, 0, 0, 0, 0, 0, 0)
		if window == 0 {
			return
		}
		var m windowMessage
		for {
			if r, _, _ := getMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0); int32(r) <= 0 {
				return
			}
			_, _, _ = dispatchMessage.Call(uintptr(unsafe.Pointer(&m)))
		}
	}()
}
