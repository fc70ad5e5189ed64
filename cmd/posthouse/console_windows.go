package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// attachParent is ATTACH_PARENT_PROCESS.
const attachParent = ^uintptr(0)

// useConsole has what is printed appear in the console that this was started from.
// A program with windows is not connected to it. It is for those who print and
// end: who stays would end with the console.
func useConsole() {
	if out, err := windows.GetStdHandle(windows.STD_OUTPUT_HANDLE); err == nil && out != 0 {
		if kind, err := windows.GetFileType(out); err == nil && kind != windows.FILE_TYPE_UNKNOWN {
			return // it goes to a file or a pipe
		}
	}
	attach := windows.NewLazySystemDLL("kernel32.dll").NewProc("AttachConsole")
	if ok, _, _ := attach.Call(attachParent); ok == 0 {
		return // there is none
	}
	if console, err := os.OpenFile("CONOUT$", os.O_RDWR, 0); err == nil {
		os.Stdout, os.Stderr = console, console
	}
}
